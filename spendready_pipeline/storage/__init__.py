"""Files, the DuckDB warehouse, and CSV that a spreadsheet opens safely."""
