"""The program: settings, Salesforce, warehouse, quality, catalogue of findings, evidence, publishing, command line.

Knows Dagster only in `definitions` and `resources`. What the pipeline's stages are stands in `assets`.
"""
