"""The checks of raw data, by Great Expectations."""
