"""The demo org: a local stand-in of a Salesforce org, for trying SpendReady out and for its tests.

`schema` declares its objects, `soql` answers queries over them, `describe` tells what they are. The org's content
is a DuckDB file: schema `org` holds one table an object; nothing else in the file can be reached through it.
"""
