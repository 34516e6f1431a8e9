"""Requests to a Salesforce org: signing in, the read-only guard, retries, and answers made values."""
