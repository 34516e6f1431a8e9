"""Looks for audits that are missing."""
