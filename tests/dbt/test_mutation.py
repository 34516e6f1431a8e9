"""The machinery of `make mutation`: a broken rule is noticed, and one that means the same has its reason."""

from pathlib import Path

import pytest

from tests.dbt.mutation.equivalents import Equivalents
from tests.dbt.mutation.mutants import Mutant, mutants_of
from tests.dbt.mutation.unit_tests import UnitTest, unit_tests
from tests.dbt.orgs import Dbt, HandMadeOrg

MODEL = "finding_license_seats_unassigned"
EDGE = "licenses.expires_on >= snapshot.snapshot_date  ->  licenses.expires_on > snapshot.snapshot_date"


@pytest.fixture(scope="module")
def tests(dbt: Dbt, quiet_org: HandMadeOrg) -> list[UnitTest]:
    dbt.unit_test(quiet_org, MODEL)
    return unit_tests(dbt, [MODEL])[MODEL]


def test_a_rule_moved_by_one_day_is_killed_by_the_unit_test_of_its_edge(dbt: Dbt, tests: list[UnitTest]) -> None:
    sql = dbt.compiled(MODEL)
    (moved,) = (each for each in mutants_of(MODEL, sql) if each.change == EDGE)
    assert moved.is_predicate
    assert not [test.name for test in tests if test.fails(sql)]
    assert [test.name for test in tests if test.fails(moved.sql)] == ["license_seats_unassigned_at_the_threshold"]


def test_a_predicate_is_what_joins_keeps_or_compares() -> None:
    sql = "select coalesce(a, 1) as a, list(b) filter (where b is not null) as b from t where a > 2 and b"
    predicates = {each.change for each in mutants_of("m", sql) if each.is_predicate}
    others = {each.change for each in mutants_of("m", sql) if not each.is_predicate}
    assert predicates >= {"a > 2  ->  a >= 2", "a > 2  ->  a > 3", "without and: b", "and -> or: a > 2 AND b"}
    assert others >= {"COALESCE(a, 1)  ->  a"}
    assert not any("FILTER" in change for change in predicates)


def test_a_survivor_is_explained_by_its_reason_and_a_reason_without_one_is_stale(tmp_path: Path) -> None:
    listed = tmp_path / "equivalent.yml"
    listed.write_text("m:\n  It means the same:\n    - 'a[1] -> *'\n  It was fixed:\n    - gone\n")
    same, gap = (Mutant("m", change, "select 1", True) for change in ("a[1] -> b", "a1 -> b"))
    equivalents = Equivalents.read(listed)
    assert equivalents.explain(same) == "It means the same"
    assert equivalents.explain(gap) is None
    assert equivalents.stale([same, gap], ["m"]) == [("m", "gone")]
    assert equivalents.stale([same, gap], ["another"]) == []
