"""Salesforce, read-only: sign-in, the guarded session, the catalogue of objects, extraction.

Nothing here knows Dagster, dbt or which org is the demo.
"""
