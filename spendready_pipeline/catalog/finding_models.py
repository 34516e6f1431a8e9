"""The models of finding types, found by their files: a type is added by its two files alone.

dbt has to know what a union reads before it knows any model, so each call of dbt names them in a variable:
`dbt build --vars "$(python -m spendready_pipeline.catalog.finding_models)"`.
"""

import json
from pathlib import Path

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
PREFIX = "finding_"


def finding_models(dbt_project: Path = DBT_PROJECT) -> list[Path]:
    """Gives the SQL file of each finding model, sorted by the name of the model."""
    return sorted((dbt_project / "models" / "findings").glob(f"*/{PREFIX}*.sql"), key=lambda path: path.stem)


def dbt_variables(dbt_project: Path = DBT_PROJECT) -> str:
    """Gives the variables that dbt needs, as its option --vars takes them."""
    return json.dumps({"finding_models": [path.stem for path in finding_models(dbt_project)]})


if __name__ == "__main__":
    print(dbt_variables())
