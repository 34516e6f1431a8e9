"""An oracle over the finding models: odd orgs, dbt's own SQL over them, and a slow reading of the rules."""
