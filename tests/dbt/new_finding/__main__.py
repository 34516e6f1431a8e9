"""`make finding TYPE=... THEME=...`: writes the files of a new finding type, and prints what is left to do.

The template is a whole finding type, of frozen users, so that it builds and its own tests pass before it is changed.
"""

import argparse
import re
from pathlib import Path
from string import Template

REPOSITORY = Path(__file__).resolve().parents[3]
TEMPLATES = Path(__file__).parent
RULES = Path("tests") / "finding_types.yml"
LEFT_TO_DO = """Left to do, in this order (CONTRIBUTING.md has the commands):
  1. {sql}: the rule, and the columns that it shows
  2. {yml}: the texts, what it requires, the columns, and unit tests at the edges of the rule
  3. {rules}: what the rules say of the type
  4. tests/dbt/oracle/reading/: the rule again, in plain Python
  5. demo_org/content/: users that are a finding, and users that look like one
  6. make docs, make sample, and a line in CHANGELOG.md"""


def new_finding(finding_type: str, theme: str, repository: Path = REPOSITORY) -> list[Path]:
    """Writes the files of a finding type, and adds its row to the table of the rules.

    Args:
        finding_type: Its name, e.g. `stale_oauth_token`.
        theme: The folder of the models, e.g. `tokens`.
        repository: The checkout to write into.

    Returns:
        The files, relative to the checkout.

    Raises:
        FileExistsError: There is such a finding type.
    """
    folder = Path("dbt_project") / "models" / "findings"
    if list((repository / folder).glob(f"*/finding_{finding_type}.*")):
        raise FileExistsError(f"There is a finding type {finding_type}")
    words = {"type": finding_type, "title": finding_type.replace("_", " ").capitalize()}
    sql, yml = (folder / theme / f"finding_{finding_type}.{ending}" for ending in ("sql", "yml"))
    (repository / folder / theme).mkdir(exist_ok=True)
    for path, template in ((sql, "finding.sql"), (yml, "finding.yml")):
        (repository / path).write_text(_filled(template, words))
    with (repository / RULES).open("a") as rules:
        rules.write(_filled("rule.yml", words))
    return [sql, yml, RULES]


def _filled(template: str, words: dict[str, str]) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(words)


def main() -> None:
    """Writes the files and prints what is left to do."""
    parser = argparse.ArgumentParser(prog="make finding", description=__doc__)
    parser.add_argument("type", metavar="TYPE", help="e.g. stale_oauth_token")
    parser.add_argument("theme", metavar="THEME", help="a folder of dbt_project/models/findings, e.g. tokens")
    asked = parser.parse_args()
    for name, value in (("TYPE", asked.type), ("THEME", asked.theme)):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            parser.error(f"{name} is {value!r}: lower-case letters, digits and underscores, a letter first")
    try:
        sql, yml, rules = new_finding(asked.type, asked.theme)
    except FileExistsError as error:
        parser.error(str(error))
    print(LEFT_TO_DO.format(sql=sql, yml=yml, rules=rules))


if __name__ == "__main__":
    main()
