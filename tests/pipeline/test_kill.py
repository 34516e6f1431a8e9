"""A run that is killed (SIGKILL) in the middle costs nothing but itself; `make crash` does the same at 50 moments."""

import random

import pytest

from tests.pipeline.crash import MOMENTS, Crashes

pytestmark = [
    pytest.mark.slow,  # two whole audits first, and two for each kill
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("kill"),
]


@pytest.fixture(scope="module")
def crashes(tmp_path_factory: pytest.TempPathFactory) -> Crashes:
    return Crashes(tmp_path_factory.mktemp("crashes"))


@pytest.mark.parametrize("stage", ["load", "deliver"])
def test_after_a_kill_the_next_run_gives_what_an_undisturbed_one_gives(crashes: Crashes, stage: str) -> None:
    moment = next(each for each in MOMENTS if each.stage == stage)
    assert crashes.trial([moment], random.Random(stage))[-1].problems == []
