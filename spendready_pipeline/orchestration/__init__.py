"""All that knows Dagster, with `assets/`: definitions, resources, dbt, runs. No stage's work is done here."""
