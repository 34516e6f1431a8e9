"""How the dbt project is laid out: who reads what, and where a model is described."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.policy.configuration import Policy
from spendready_pipeline.policy.load import load_policy
from tests.dbt.orgs import DBT_PROJECT

REPOSITORY = DBT_PROJECT.parent
DESCRIBED = sorted(
    path
    for folder, suffix in (("models", "sql"), ("seeds", "csv"))
    for path in (DBT_PROJECT / folder).rglob(f"*.{suffix}")
)
YMLS = sorted(path for folder in ("models", "seeds") for path in (DBT_PROJECT / folder).rglob("*.yml"))


def test_only_staging_reads_raw_and_policy(manifest: dict[str, Any]) -> None:
    readers = {
        node["name"]: node["fqn"][1]
        for node in manifest["nodes"].values()
        if any(each.startswith("source.") for each in node.get("depends_on", {}).get("nodes", []))
    }
    assert {name for name, layer in readers.items() if layer != "staging"} == set()


def test_every_table_of_raw_and_policy_is_staged_once(manifest: dict[str, Any]) -> None:
    policy = load_policy(Policy(), duckdb.connect())
    written_by_a_run = {"snapshot", "extraction", "check_result"}
    staged = Counter(
        tuple(source.split(".")[2:])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["fqn"][1] == "staging"
        and not node["name"].endswith(("set_permissions", "license_permissions"))
        for source in node["depends_on"]["nodes"]
    )
    objects = {each.table for each in BY_NAME.values()}
    assert staged == Counter(
        [*(("salesforce", table) for table in objects | written_by_a_run), *(("policy", table) for table in policy)]
    )


@pytest.mark.parametrize("room", ["review", "publish"])
def test_what_people_read_comes_from_the_marts(room: str) -> None:
    """The report and the published files read the same tables, none of them past staging."""
    sources = {path.name: path.read_text() for path in (REPOSITORY / "spendready_pipeline" / room).glob("*.py")}
    assert sources
    assert {
        name: found for name, text in sources.items() if (found := re.findall(r"\b(?:raw|policy)\.\w+", text))
    } == {}


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_a_model_or_seed_is_described_in_the_yml_beside_it_and_alone(path: Path) -> None:
    described = yaml.safe_load(path.with_suffix(".yml").read_text())
    (model,) = described["models" if path.suffix == ".sql" else "seeds"]
    assert model["name"] == path.stem
    assert {each["model"] for each in described.get("unit_tests", [])} <= {path.stem}


def test_other_ymls_declare_sources_alone() -> None:
    others = {path for path in YMLS if path.with_suffix(".sql") not in DESCRIBED} - {
        path.with_suffix(".yml") for path in DESCRIBED
    }
    assert {path.name for path in others} == {"_sources.yml"}
    assert all(yaml.safe_load(path.read_text()).keys() == {"sources"} for path in others)


@pytest.mark.parametrize("path", YMLS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_descriptions_are_whole(path: Path) -> None:
    """Without quotes, YAML ends a text in braces at its first comma, and makes a key of the rest."""
    text = path.read_text()
    assert re.findall(r".*: >$", text, re.MULTILINE) == [], "a folded text ends in a newline; use >-"
    for described in _described(yaml.safe_load(text)):
        assert described["description"] == described["description"].strip()
        assert [key for key, value in described.items() if value is None] == []


def _described(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping that has a description."""
    if isinstance(value, dict) and "description" in value:
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _described(each)
