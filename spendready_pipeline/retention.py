"""How long what runs leave behind is kept: the section `keep` of the settings."""

MIN_EVIDENCE_DAYS = 366
"""A year and a day. PCI DSS v4.0, 10.5.1, asks for twelve months of audit history; a SOC 2 type 2 report usually
covers twelve months."""
MOST_DAYS = 36_500
