"""What `make test` asserts of the models, asked of each mutant: a mutant is killed when one of them would fail."""

from collections.abc import Iterator
from pathlib import Path

from tests.dbt.mutation.mutants import Mutant, mutants_of
from tests.dbt.mutation.orgs import BuiltOrg
from tests.dbt.mutation.unit_tests import DOES_NOT_RUN, UnitTest, unit_tests
from tests.dbt.orgs import DBT_PROJECT, Dbt, HandMadeOrg
from tests.dbt.test_planted import ORGS, planted_org

REMEMBERED = ["int_observations", "finding_history", "findings"]
"""A finding's memory and status; what else people query only chooses columns."""


def finding_models() -> list[str]:
    """The model of every finding type."""
    return sorted(path.stem for path in (DBT_PROJECT / "models").glob("findings/*/finding_*.sql"))


def shared_models() -> list[str]:
    """What the finding types share. Not all that tests assert of it is tried here: see `Suite`."""
    paths = (DBT_PROJECT / "models").glob("intermediate/int_*.sql")
    return sorted(path.stem for path in paths if path.stem not in REMEMBERED)


class Suite:
    """The models' unit tests, then the planted orgs of test_planted.py, the quick ones first.

    What only another test asserts (the truth tables of coverage, of integration users, of a finding's history) is not
    tried: a mutant that it alone kills is told as a survivor.

    Args:
        folder: An empty folder to build orgs in.
        chosen: The models to break.
    """

    def __init__(self, folder: Path, chosen: list[str]) -> None:
        dbt = Dbt(folder / "dbt")
        self.tests = self._unit_tests(dbt, folder, chosen)
        self.sql = {model: dbt.compiled(model) for model in chosen}
        self.orgs: list[BuiltOrg] = []
        for number, parameters in enumerate(ORGS.values()):
            place = folder / str(number)
            place.mkdir()
            self.orgs.append(BuiltOrg(dbt, planted_org(dbt, place, *parameters)))

    def tried(self, model: str, projections: bool = False) -> Iterator[tuple[Mutant, str | None]]:
        """Every mutant of a model that runs, and what kills it; those of what a row shows only when asked for."""
        tests = self.tests.get(model, [])
        if any(test.fails(self.sql[model]) for test in tests):
            raise AssertionError(f"A unit test of {model} fails here and not in dbt")
        for mutant in mutants_of(model, self.sql[model]):
            if not (mutant.is_predicate or projections):
                continue
            try:
                killer = next((test.name for test in tests if test.fails(mutant.sql)), None)
            except DOES_NOT_RUN:
                continue
            if not killer and any(org.kills(mutant) for org in self.orgs):
                killer = "test_planted.py"
            yield mutant, killer

    @staticmethod
    def _unit_tests(dbt: Dbt, folder: Path, chosen: list[str]) -> dict[str, list[UnitTest]]:
        org = HandMadeOrg(folder / "warehouse.duckdb")
        dbt.build(org)
        dbt.unit_test(org)
        return unit_tests(dbt, chosen)
