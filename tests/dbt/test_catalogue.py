"""The house rules of finding types, held over dbt's manifest: a new type is two files, and these must be whole."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from spendready_pipeline.catalog import finding_types
from spendready_pipeline.catalog.finding_types import FindingType, load_finding_types
from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.policy.configuration import Thresholds
from tests.dbt.orgs import DBT_PROJECT, THRESHOLDS, Dbt
from tests.finding_types import TYPES

FOLDER = DBT_PROJECT / "models" / "findings"
STEMS = sorted(path.stem for path in FOLDER.glob("*/finding_*.sql"))
COMMON = (
    "finding_id", "finding_type", "severity", "subject_type", "subject_id", "subject_name", "user_id", "username",
    "summary", "detail", "remediation", "own_steps", "annual_cost", "snapshot_at",
)  # fmt: skip


@pytest.fixture(scope="module")
def types(dbt: Dbt) -> dict[str, FindingType]:
    return {each.name: each for each in load_finding_types(dbt.target / "manifest.json")}


def test_the_types_are_those_of_the_rules(types: dict[str, FindingType]) -> None:
    assert set(types) == set(TYPES), "tests/finding_types.yml has a row for each finding type"


@pytest.mark.parametrize("stem", STEMS)
class TestEachType:
    def test_is_two_files_with_one_stem(self, stem: str) -> None:
        (sql,) = FOLDER.glob(f"*/{stem}.sql")
        (model,) = yaml.safe_load(sql.with_suffix(".yml").read_text())["models"]
        assert model["name"] == stem

    def test_is_what_the_rules_say(self, stem: str, types: dict[str, FindingType]) -> None:
        found, rule = types[stem.removeprefix("finding_")], TYPES[stem.removeprefix("finding_")]
        own = [column.name for column in found.columns[len(COMMON) :] if column.name != "price_source"]
        assert (found.severity, found.who_acts, own) == (rule.severity, rule.who_acts, list(rule.columns))
        assert ("price_source" in {column.name for column in found.columns}) == rule.priced
        assert found.uses_integration_signals == rule.signals

    def test_fits_on_a_screen_or_two(self, stem: str) -> None:
        (sql,) = FOLDER.glob(f"*/{stem}.sql")
        assert len(sql.read_text().splitlines()) <= 110

    def test_has_unit_tests_and_one_of_them_for_not_evaluated(self, stem: str, manifest: dict[str, Any]) -> None:
        path = next(f"{path.parent.name}/{stem}.yml" for path in FOLDER.glob(f"*/{stem}.sql"))
        names = [
            each["name"]
            for each in manifest["unit_tests"].values()
            if each["original_file_path"].endswith(f"findings/{path}")
        ]
        name = stem.removeprefix("finding_")
        assert len(names) >= 3
        assert f"{name}_not_evaluated" in names
        assert all(each.startswith(name) for each in names)

    def test_says_what_it_needs_in_words_that_exist(self, stem: str, types: dict[str, FindingType]) -> None:
        finding_type = types[stem.removeprefix("finding_")]
        for need in finding_type.requires:
            assert set(need.fields) <= BY_NAME[need.object].columns.keys()
        assert set(finding_type.thresholds) <= THRESHOLDS.keys()
        assert {each.finding_type for each in finding_type.follows} <= types.keys()
        with (DBT_PROJECT / "seeds" / "controls.csv").open() as seed:
            assert set(finding_type.controls) <= {row["control_id"] for row in csv.DictReader(seed)}

    def test_names_every_threshold_that_it_uses(self, stem: str, types: dict[str, FindingType]) -> None:
        (sql,) = FOLDER.glob(f"*/{stem}.sql")
        used = {name for name in THRESHOLDS if name in sql.read_text()}
        assert used <= set(types[stem.removeprefix("finding_")].thresholds)

    def test_describes_every_column_and_begins_with_the_common_ones(
        self, stem: str, types: dict[str, FindingType]
    ) -> None:
        columns = types[stem.removeprefix("finding_")].columns
        assert tuple(column.name for column in columns[: len(COMMON)]) == COMMON
        assert all(column.description for column in columns)

    def test_shows_columns_that_it_has_and_at_least_one_step_that_holds_for_all(
        self, stem: str, types: dict[str, FindingType]
    ) -> None:
        finding_type = types[stem.removeprefix("finding_")]
        assert set(finding_type.evidence) | set(finding_type.labels) <= {each.name for each in finding_type.columns}
        assert any(isinstance(step, str) and "{" not in step for step in finding_type.steps)

    def test_keeps_one_row_a_finding_by_contract(self, stem: str, manifest: dict[str, Any]) -> None:
        node = manifest["nodes"][f"model.spendready.{stem}"]
        assert node["config"]["contract"]["enforced"]
        assert node["columns"]["finding_id"]["constraints"][0]["type"] == "primary_key"


def test_every_model_is_described(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] in {"model", "seed"}]
    assert [node["name"] for node in models if not node["description"]] == []


def test_every_published_column_is_described(manifest: dict[str, Any]) -> None:
    columns = {
        f"{node['name']}.{column['name']}": column["description"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
        for column in node["columns"].values()
    }
    assert {"findings.price_source", "policy_warnings.warning", "coverage.remediation"} <= columns.keys()
    assert [name for name, description in columns.items() if not description] == []


def test_guardrails_name_what_exists_and_the_defaults_keep_to_them() -> None:
    with (DBT_PROJECT / "seeds" / "controls.csv").open() as seed:
        controls = {row["control_id"] for row in csv.DictReader(seed)}
    with (DBT_PROJECT / "seeds" / "threshold_guardrails.csv").open() as seed:
        guardrails = {row.pop("threshold"): row for row in csv.DictReader(seed)}
    defaults = Thresholds().model_dump()
    assert guardrails.keys() == defaults.keys() - {"unassigned_seats_min"}, "money alone has no control"
    for name, row in guardrails.items():
        assert set(row["controls"].split("; ")) <= controls
        assert row["why"]
        assert row["source"]
        looser = 1 if row["looser_when"] == "more" else -1
        assert row["looser_when"] in {"more", "less"}
        assert looser * (defaults[name] - int(row["tolerated"])) <= 0, name


def test_the_document_is_up_to_date(types: dict[str, FindingType]) -> None:
    assert finding_types.DOCUMENT.read_text() == finding_types.render_document(list(types.values()))


def test_a_mistake_in_a_types_yml_names_file_and_key(manifest: dict[str, Any], tmp_path: Path) -> None:
    node = manifest["nodes"]["model.spendready.finding_inactive_user"]
    wrong = node | {"config": {"meta": {"finding": node["config"]["meta"]["finding"] | {"severity": "urgent"}}}}
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": {"n": wrong}}))
    with pytest.raises(ConfigurationError, match=r"finding_inactive_user\.yml.*severity"):
        load_finding_types(path)


def test_without_a_manifest_it_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="dbt parse"):
        load_finding_types(tmp_path / "manifest.json")
