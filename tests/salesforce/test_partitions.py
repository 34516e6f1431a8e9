"""A piece that Salesforce gives up on is cut in two: every row is in one of them, and in no other."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spendready_pipeline.salesforce.extract.partitions import IdRange, Piece, TimeWindow
from spendready_pipeline.salesforce.extract.tokens import token_scope

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
IDS = st.text(alphabet="019AZaz", min_size=12, max_size=12).map(lambda tail: f"005{tail}")


def leaves(piece: Piece, depth: int) -> Sequence[Piece]:
    halves = piece.halves() if depth else ()
    return [leaf for half in halves for leaf in leaves(half, depth - 1)] or [piece]


def has_id(piece: Piece, record_id: str) -> bool:
    assert isinstance(piece, IdRange)
    return (piece.start or "") <= record_id and (piece.end is None or record_id < piece.end)


@given(st.lists(IDS, min_size=1, max_size=20), IDS)
def test_each_id_is_in_one_piece_even_one_beyond_the_first_and_last(ids, other) -> None:
    pieces = leaves(IdRange(lambda: (min(ids), max(ids))), 4)
    for record_id in [*ids, other]:
        assert sum(has_id(piece, record_id) for piece in pieces) == 1


def test_an_id_range_is_written_as_a_condition_and_cut_near_its_middle() -> None:
    everything = IdRange(lambda: ("005000000000001AAA", "005000000000009AAA"))
    assert everything.where == ""
    low, high = everything.halves()
    assert (low.where, high.where) == ("Id < '005000000000005'", "Id >= '005000000000005'")
    assert high.halves()[0].where == "Id >= '005000000000005' AND Id < '005000000000007'"


def test_an_object_whose_ids_cannot_be_asked_or_are_one_cannot_be_cut() -> None:
    assert IdRange(lambda: None).halves() == ()
    assert IdRange(lambda: ("005000000000001AAA", "005000000000001AAA")).halves() == ()


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_each_moment_is_in_one_window_and_the_last_stays_open(seconds, at) -> None:
    window = TimeWindow("LoginTime", NOW, NOW + timedelta(seconds=seconds), is_open=True)
    moment = NOW + timedelta(seconds=at)
    parts = [piece for piece in leaves(window, 5) if isinstance(piece, TimeWindow)]
    assert sum(part.start <= moment and (part.is_open or moment < part.end) for part in parts) == 1


def test_a_window_is_written_as_a_condition_and_cut_in_the_middle() -> None:
    window = TimeWindow("LoginTime", NOW, NOW + timedelta(hours=2), is_open=True)
    assert [half.where for half in window.halves()] == [
        "LoginTime >= 2026-11-02T06:00:00Z AND LoginTime < 2026-11-02T07:00:00Z",
        "LoginTime >= 2026-11-02T07:00:00Z",
    ]
    assert TimeWindow("LoginTime", NOW, NOW + timedelta(seconds=1)).halves() == ()


def test_all_tokens_are_cut_by_user_and_those_without_a_user_stay() -> None:
    scope = token_scope(["005000000000001AAA", "005000000000002AAA"], NOW)
    assert scope.pieces is not None
    (everything,) = scope.pieces(2, lambda _: 2)
    assert [half.where for half in everything.halves()] == [
        "UserId IN ('005000000000001AAA','005000000000002AAA')",
        "UserId = null",
    ]
