"""SOQL over the demo org: text is parsed (`grammar`), resolved against the schema, and run as SQL on schema `org`.

Only names that the schema declares ever reach the SQL; every literal goes as a parameter.
"""
