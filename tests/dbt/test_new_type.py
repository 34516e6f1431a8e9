"""A finding type is two files: everything else follows. `make finding` writes them."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from spendready_pipeline.catalog.finding_types import load_finding_types
from tests.dbt.new_finding.__main__ import RULES, new_finding
from tests.dbt.orgs import DBT_PROJECT, Dbt, HandMadeOrg
from tests.finding_types import FindingType


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make finding` writes into."""
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    (tmp_path / RULES).parent.mkdir()
    (tmp_path / RULES).touch()
    return tmp_path


def test_two_files_make_a_finding_type(quiet_org: HandMadeOrg, checkout: Path) -> None:
    sql, yml, _ = new_finding("snowed_in", "people", checkout)
    assert {path.name for path in (checkout / sql).parent.iterdir()} == {sql.name, yml.name}
    org = quiet_org.copy(checkout)
    org.add("UserLogin", UserId=org.rows("select Id from raw.user")[0]["Id"], IsFrozen=True)
    dbt = Dbt(checkout / "target", checkout / "dbt_project")
    dbt.build(org)

    (found,) = org.rows("select * from marts.findings where finding_type = 'snowed_in'")
    assert (found["status"], found["who_acts"], found["evidence"]) == ("new", "it", {"is_frozen": True})
    assert (found["summary"], found["detail"]) == ("person@acme.example is frozen", "Frozen")
    (coverage,) = org.rows("select status from marts.coverage where finding_type = 'snowed_in'")
    assert coverage["status"] == "evaluated"
    dbt.unit_test(org, "finding_snowed_in")


def test_what_it_adds_to_the_rules_is_what_its_yml_says(checkout: Path) -> None:
    new_finding("snowed_in", "people", checkout)
    new_finding("snowed_out", "people", checkout)
    rules = {name: FindingType(**row) for name, row in yaml.safe_load((checkout / RULES).read_text()).items()}
    Dbt(checkout / "target", checkout / "dbt_project")
    types = {each.name: each for each in load_finding_types(checkout / "target" / "manifest.json")}
    assert rules.keys() == {"snowed_in", "snowed_out"}
    for name, rule in rules.items():
        assert (types[name].severity, types[name].who_acts) == (rule.severity, rule.who_acts)
        assert [column.name for column in types[name].columns[-len(rule.columns) :]] == list(rule.columns)
        assert types[name].title == name.replace("_", " ").capitalize()


def test_no_finding_type_is_written_over(checkout: Path) -> None:
    with pytest.raises(FileExistsError, match="stale_oauth_token"):
        new_finding("stale_oauth_token", "people", checkout)


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("{nobody} is late", "No column nobody: {nobody}"),
        ("{username|loud} is late", "No format loud: {username|loud}"),
    ],
)
def test_a_mistake_in_a_sentence_stops_the_build(
    dbt: Dbt, quiet_org: HandMadeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detail: str, told: str
) -> None:
    meta = dbt.manifest.nodes["model.spendready.finding_stale_oauth_token"].config.meta
    monkeypatch.setitem(meta["finding"], "detail", detail)
    with pytest.raises(AssertionError, match=re.escape(told)):
        dbt.build(quiet_org.copy(tmp_path), "--select", "finding_stale_oauth_token")


def test_a_build_without_the_names_of_the_models_says_how_to_give_them(
    dbt: Dbt, quiet_org: HandMadeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "variables", "{}")
    with pytest.raises(AssertionError, match="make dbt"):
        dbt.build(quiet_org.copy(tmp_path), "--select", "int_findings")
