"""The catalogue of finding types: what `dbt_project/models/findings/*/finding_<type>.yml` say, as dbt's manifest has.

A finding type is its two files; whoever else needs to know about one, reads it here. As a command
(`python -m spendready_pipeline.catalog.finding_types`) it writes `docs/findings.md`.
"""

import csv
import json
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spendready_pipeline.catalog.finding_models import DBT_PROJECT, PREFIX, dbt_variables
from spendready_pipeline.catalog.labels import SEVERITIES, TEAMS
from spendready_pipeline.errors import ConfigurationError

DOCUMENT = DBT_PROJECT.parent / "docs" / "findings.md"
CONTROLS = DBT_PROJECT / "seeds" / "controls.csv"
SIGNALS = "model.spendready.int_integration_users"
"""The model whose yml has what tells integration users from people."""
COMMON_COLUMNS = 14
"""How many columns every finding type's table begins with; the rest are its own."""

Severity = Literal["critical", "high", "medium", "low"]
Effect = Literal["partial", "not_evaluated"]
Short = Literal["partial", "not_evaluated", "evaluated"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Requirement(_Closed):
    """An object that a finding type needs, and what its absence does to the type.

    Attributes:
        object: Salesforce's name, as in the object catalogue.
        fields: Fields without which the object is worth nothing to the type.
        missing: What becomes of the type where object or field cannot be read, or only the reader's own rows can.
        short: What becomes of it where fewer rows were read than the org has; `evaluated` where another requirement
            of the type says that.
        history: For logins: they must be known for this many days, or for the days of this threshold.
        gap: What the absence means, and in which direction it misleads.
    """

    object: str
    fields: tuple[str, ...] = ()
    missing: Effect
    short: Short = "partial"
    history: str | None = None
    gap: str


class Follow(_Closed):
    """Another finding type whose rows this one takes: in these states of it, this one is partial."""

    finding_type: str
    statuses: tuple[Effect, ...]
    gap: str


class Column(_Closed):
    """A column of a finding type's table."""

    name: str
    data_type: str
    description: str


class Choice(_Closed):
    """A text that applies under a condition.

    Attributes:
        when: The condition, in SQL over the columns of the model; None for a text that applies otherwise.
    """

    when: str | None = None
    text: str


Template = str | Choice | tuple[Choice, ...]
"""A sentence with placeholders; `dbt_project/macros/sentences.sql` describes and renders it."""


class FindingType(_Closed):
    """A kind of risk or waste.

    Attributes:
        name: What it is called everywhere, e.g. `stale_oauth_token`.
        title: The problem that its findings have in common.
        description: What is looked at.
        severity: Its base severity; a finding of an active user that controls the org weighs one step more.
        controls: Ids of the controls that it is evidence for (dbt's seed `controls`).
        who_acts: Whose work it is.
        uses_integration_signals: It judges integration users, so it suffers where their signals cannot be read.
        requires: What it needs.
        signals: What tells integration users from people, where it judges them.
        follows: The types that it takes rows from.
        thresholds: Names of the policy's thresholds that it uses.
        risk: What can happen, one sentence.
        summary: A finding in a sentence.
        detail: The same for a row that already names its subject.
        evidence: Columns that a row of the report shows beside the detail.
        labels: The words for the codes of a column.
        steps: How to resolve a finding. A text without placeholders holds for every finding of the type.
        theme: The folder that its model stands in.
        columns: The columns of its table, the common ones included.
    """

    name: str
    title: str
    description: str
    severity: Severity
    controls: tuple[str, ...]
    who_acts: Literal["security", "it", "revops"]
    uses_integration_signals: bool = False
    requires: tuple[Requirement, ...] = Field(min_length=1)
    signals: tuple[Requirement, ...] = ()
    follows: tuple[Follow, ...] = ()
    thresholds: tuple[str, ...]
    risk: str
    summary: Template
    detail: Template
    evidence: tuple[str, ...]
    labels: dict[str, dict[str, str]] = {}
    steps: tuple[Template, ...] = Field(min_length=1)
    theme: str
    columns: tuple[Column, ...]


def load_finding_types(manifest_path: Path) -> list[FindingType]:
    """Reads the finding types from dbt's manifest, sorted by name.

    Args:
        manifest_path: dbt's `target/manifest.json`.

    Raises:
        ConfigurationError: There is no manifest, or a finding's yml says what no finding type knows.
    """
    try:
        nodes = json.loads(manifest_path.read_bytes())["nodes"]
    except FileNotFoundError:
        raise ConfigurationError(f"{manifest_path} is not there", "dbt parse writes it") from None
    signals = nodes[SIGNALS]["config"]["meta"]["requires"] if SIGNALS in nodes else []
    return sorted(
        (
            _finding_type(node, signals)
            for node in nodes.values()
            if node["resource_type"] == "model" and "finding" in node["config"]["meta"]
        ),
        key=lambda finding_type: finding_type.name,
    )


def _finding_type(node: dict[str, Any], signals: list[dict[str, Any]]) -> FindingType:
    finding = node["config"]["meta"]["finding"]
    try:
        return FindingType(
            **finding,
            signals=tuple(Requirement(**each) for each in signals) if finding.get("uses_integration_signals") else (),
            name=node["name"].removeprefix(PREFIX),
            description=node["description"].strip(),
            theme=node["fqn"][-2],
            columns=tuple(
                Column(name=column["name"], data_type=column["data_type"], description=column["description"])
                for column in node["columns"].values()
            ),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{node['patch_path']}: config.meta.finding.{where}: {first['msg']}") from None


def render_document(types: list[FindingType]) -> str:
    """`docs/findings.md`: every finding type for the person who reads a finding and asks what it means."""
    worst_first = sorted(types, key=lambda each: (SEVERITIES.index(each.severity), each.name))
    lines = [
        "# Findings",
        "",
        "Written by `python -m spendready_pipeline.catalog.finding_types` from the models in",
        "`dbt_project/models/findings`.",
        "",
        "A finding of an active user that controls the org (tier 0) has the severity one level above its type's. Its",
        "`summary` and `remediation` also have what depends on the finding; a `{...}` below stands for a value of it.",
        "Integration users are recognized by the policy, profile, license, API-only permission and permission set",
        "license, and by their names together with the logins of 180 days and the use of tokens.",
        "",
        "| Type | Severity | Who acts | Problem |",
        "|---|---|---|---|",
        *(
            f"| [`{each.name}`](#{each.name}) | {each.severity} | {TEAMS[each.who_acts]} | {each.title} |"
            for each in worst_first
        ),
    ]
    for each in worst_first:
        lines += ["", f"## {each.name}", "", each.description, "", f"**Risk.** {each.risk.strip()}", ""]
        lines += ["**What to do.**", "", *(f"1. {_in_words(step)}" for step in each.steps), ""]
        if each.thresholds:
            lines += [f"**Thresholds.** {', '.join(f'`{name}`' for name in each.thresholds)}", ""]
        lines += [f"**Controls.** {', '.join(each.controls) or 'none: it is about money'}", ""]
        lines += ["| what it needs | without it |", "|---|---|", *_requirements(each)]
        own = each.columns[COMMON_COLUMNS:]
        lines += ["", f"| column of `{PREFIX}{each.name}` | meaning |", "|---|---|"]
        lines += [f"| `{column.name}` | {column.description} |" for column in own]
    lines += ["", "## Controls", "", "What findings are evidence for, in our words; no opinion on whether it is met."]
    lines += ["", "| control | framework | in our words |", "|---|---|---|", *_controls(types)]
    return "\n".join(lines) + "\n"


def _in_words(template: Template) -> str:
    """A template for a person who reads the documentation."""
    if isinstance(template, str):
        return template.strip()
    choices = (template,) if isinstance(template, Choice) else template
    return " ".join(
        f"{f'If `{each.when}`' if each.when else 'Otherwise'}: {each.text.strip().rstrip('.')}." for each in choices
    )


def _controls(types: list[FindingType]) -> list[str]:
    used = {control for each in types for control in each.controls}
    with CONTROLS.open(newline="") as seed:
        return [
            f"| {row['control_id']} | {row['framework']} | {row['wording']} |"
            for row in csv.DictReader(seed)
            if row["control_id"] in used
        ]


def _requirements(finding_type: FindingType) -> list[str]:
    rows = [
        f"| {', '.join(f'{need.object}.{name}' for name in need.fields) or need.object} "
        f"| {need.missing.replace('_', ' ')}: {need.gap} |"
        for need in finding_type.requires
    ]
    if finding_type.uses_integration_signals:
        rows.append(
            "| the signals of integration users "
            "| partial: one that only the lost signal shows is missed, or a person is listed as one |"
        )
    return rows


def main() -> None:
    """Has dbt parse the project, and writes the document."""
    from dbt.cli.main import dbtRunner  # it takes seconds, and only this command needs it

    with tempfile.TemporaryDirectory() as target:
        folder = str(DBT_PROJECT)
        parsed = dbtRunner().invoke(
            [
                *("--quiet", "parse", "--project-dir", folder, "--profiles-dir", folder),
                *("--target-path", target, "--vars", dbt_variables()),
            ]
        )
        if not parsed.success:
            raise SystemExit(1)  # dbt has said why
        DOCUMENT.write_text(render_document(load_finding_types(Path(target) / "manifest.json")))


if __name__ == "__main__":
    main()
