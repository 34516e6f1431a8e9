"""A slow reading of the rules of findings, in plain Python: it knows nothing of the SQL."""
