"""Reads `spendready.yml`: YAML with line numbers, the base of sections, environment variables."""
