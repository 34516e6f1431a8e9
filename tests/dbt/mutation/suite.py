"""The tests of `make test`, run again on what each mutant made: a mutant is killed when one of them fails."""

import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.dbt.mutation.mutants import Mutant, mutants_of
from tests.dbt.mutation.orgs import BuiltOrg
from tests.dbt.mutation.unit_tests import DOES_NOT_RUN, unit_tests
from tests.dbt.orgs import DBT_PROJECT, Dbt, HandMadeOrg

HERE = Path(__file__).resolve().parents[1]
UNIT_TESTS, *OTHERS = "test_unit_tests.py", "test_coverage.py", "test_integration_users.py", "test_planted.py"
"""The first leaves the models' unit tests compiled; each of the others looks at orgs that were built once."""
REMEMBERED = {"marts/finding_history", "marts/findings"}
"""Of what people query, the models that decide; the rest only choose columns."""


def models() -> list[str]:
    """The models that decide: every finding type, what they share, and a finding's status."""
    folder = DBT_PROJECT / "models"
    paths = [*sorted(folder.glob("findings/*/finding_*.sql")), *sorted(folder.glob("intermediate/int_*.sql"))]
    return [path.stem for path in paths] + [Path(each).name for each in sorted(REMEMBERED)]


class Suite:
    """A pytest plugin whose run loop tries every mutant on the tests.

    Args:
        chosen: The models to break.

    Attributes:
        mutants: Every mutant that runs.
        killers: What kills each mutant that is killed: a unit test or a test's node id.
        ready: Whether the tests pass on the models as they are; else nothing was tried.
    """

    def __init__(self, chosen: list[str]) -> None:
        self.chosen = chosen
        self.mutants: list[Mutant] = []
        self.killers: dict[Mutant, str] = {}
        self.ready = False
        self.failure = "pytest did not start"
        self.in_place: Mutant | None = None
        self.built: tuple[Dbt, HandMadeOrg]
        self.asked: set[str] = set()

    @property
    def alive(self) -> list[Mutant]:
        """The mutants that nothing has killed yet."""
        return [each for each in self.mutants if each not in self.killers]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Runs the tests as they are, then on each mutant, one built org after the other."""
        with pytest.MonkeyPatch.context() as patch:
            self._watch(patch)
            unit_test, *others = [list(group) for _, group in groupby(session.items, key=_org_of)]
            if self._failure(unit_test, then=others[0][0]):
                return True
            self._try_unit_tests()
            self._tell(UNIT_TESTS)
            for group, following in zip(others, [*others[1:], None], strict=True):
                self.asked.clear()
                if self._failure(group):
                    return True
                self._try(group)
                self._tell(group[0].path.name)
                runtestprotocol(group[0], nextitem=following[0] if following else None, log=False)
        self.ready = True
        return True

    def _tell(self, tests: str) -> None:
        print(f"{tests}: {len(self.alive)} of {len(self.mutants)} mutants are alive", file=sys.stderr)

    def _watch(self, patch: pytest.MonkeyPatch) -> None:
        """Learns which org a test built, and gives a mutant's SQL to a test that asks for its model's."""
        build, compiled = Dbt.build, Dbt.compiled

        def watched_build(dbt: Dbt, org: HandMadeOrg, *arguments: str) -> None:
            build(dbt, org, *arguments)
            self.built = dbt, org

        def watched_compiled(dbt: Dbt, model: str) -> str:
            self.asked.add(model)
            return self.in_place.sql if self.in_place and self.in_place.model == model else compiled(dbt, model)

        patch.setattr(Dbt, "build", watched_build)
        patch.setattr(Dbt, "compiled", watched_compiled)

    def _try_unit_tests(self) -> None:
        dbt, _ = self.built
        tests = unit_tests(dbt, self.chosen)
        for model in self.chosen:
            if any(test.fails(dbt.compiled(model)) for test in tests.get(model, [])):
                raise AssertionError(f"A unit test of {model} fails here and not in dbt")
            for mutant in mutants_of(model, dbt.compiled(model)):
                try:
                    dbt_test = next((test.name for test in tests.get(model, []) if test.fails(mutant.sql)), None)
                except DOES_NOT_RUN:
                    continue
                self.mutants.append(mutant)
                if dbt_test:
                    self.killers[mutant] = dbt_test

    def _try(self, group: list[pytest.Item]) -> None:
        asked = set(self.asked)
        org = BuiltOrg(*self.built)
        for mutant in self.alive:
            changed = org.put_in_place(mutant)
            self.in_place = mutant
            if changed is None:
                self.killers[mutant] = f"the build for {group[0].path.name}"
            elif changed or mutant.model in asked:
                killer = self._failure(group)
                if killer:
                    self.killers[mutant] = killer
            self.in_place = None
            org.put_back()

    def _failure(self, group: list[pytest.Item], then: pytest.Item | None = None) -> str | None:
        """Runs tests until one fails, and gives its name; what they share stays set up."""
        for number, item in enumerate(group):
            reports = runtestprotocol(item, nextitem=then or group[number - 1], log=False)
            failed = next((report for report in reports if report.failed), None)
            if failed:
                self.failure = f"{item.nodeid}\n{failed.longrepr}"
                return item.nodeid
        return None


def _org_of(item: pytest.Item) -> tuple[Path, Any]:
    callspec = getattr(item, "callspec", None)
    return item.path, callspec.params.get("demo") if callspec else None


def run(suite: Suite) -> None:
    """Runs pytest with the plugin, in this process; says why, where the tests fail on the models as they are."""
    files = [str(HERE / name) for name in (UNIT_TESTS, *OTHERS)]
    quiet = ["--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:xdist", "--timeout=0"]
    pytest.main([*files, *quiet], plugins=[suite])
    if not suite.ready:
        raise SystemExit(f"The tests fail on the models as they are, so nothing was tried:\n{suite.failure}")
