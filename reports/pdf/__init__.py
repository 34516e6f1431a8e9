"""A PDF library on ReportLab: layout, tags, text shaping, charts. It knows nothing of what the report says."""
