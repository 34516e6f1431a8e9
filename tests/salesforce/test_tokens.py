"""OauthToken is cut into pieces that one query can give, and every token is in exactly one of them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendready_pipeline.salesforce.extract.tokens import MOST_ROWS, token_scope

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
Token = tuple[str | None, datetime | None]


def matches(token: Token, where: str) -> bool:
    """Reads a condition as Salesforce does: users, and what is said of CreatedDate."""
    user, created = token
    if where == "":
        return True
    users = re.findall(r"'(\w+)'", where) or [None] * where.startswith("UserId = null")
    if user not in users:
        return False
    if "CreatedDate = null" in where:
        return created is None
    bounds = dict(re.findall(r"CreatedDate (>=|<) (\S+)", where))
    if not bounds:
        return True
    start, end = (datetime.fromisoformat(bounds[sign]) for sign in (">=", "<"))
    return created is not None and start <= created < end


def pieces_of(tokens: Sequence[Token], users: Sequence[str]) -> Sequence[str]:
    scope = token_scope(users, NOW)
    assert scope.pieces is not None
    pieces = scope.pieces(len(tokens), lambda where: sum(matches(token, where) for token in tokens))
    return [piece.where for piece in pieces]


def test_one_query_does_for_2500() -> None:
    scope = token_scope([], NOW)
    assert scope.pieces is not None
    assert [piece.where for piece in scope.pieces(MOST_ROWS, lambda _: 0)] == [""]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, *(f"005{number:015}" for number in range(9))]), st.none() | st.integers(0, 10**8)
        ),
        max_size=60,
    )
)
def test_each_token_is_in_one_piece_and_a_piece_too_large_cannot_be_cut(drawn) -> None:
    tokens = [(user, None if age is None else NOW - timedelta(seconds=age)) for user, age in drawn]
    with pytest.MonkeyPatch.context() as patch:  # a cap of 5 and lists of 4, so that small orgs show every cut
        patch.setattr("spendready_pipeline.salesforce.extract.tokens.MOST_ROWS", 5)
        patch.setattr("spendready_pipeline.salesforce.extract.tokens.MOST_USERS", 4)
        pieces = pieces_of(tokens, sorted({f"005{number:015}" for number in range(9)}))
    found = [[token for token in tokens if matches(token, where)] for where in pieces]
    assert sorted(str(token) for piece in found for token in piece) == sorted(map(str, tokens))
    assert all(len(piece) <= 5 or len(set(piece)) == 1 for piece in found)


def test_a_list_of_users_fits_a_uri() -> None:
    users = [f"005{number:015}" for number in range(900)]
    pieces = pieces_of([(user, NOW) for user in users] * 3, users)
    assert len(pieces) == 5
    assert max(len(quote_plus(where)) for where in pieces) < 7_000


def test_counts_that_salesforce_never_finishes_end_at_the_tokens_of_single_users() -> None:
    users = [f"005{number:015}" for number in range(9)]
    counted = []

    def gives_up(where: str) -> None:
        counted.append(where)
        assert len(counted) < 100

    scope = token_scope(users, NOW)
    assert scope.pieces is not None
    pieces = [piece.where for piece in scope.pieces(None, gives_up)]
    assert sorted(pieces) == sorted([*(f"UserId IN ('{user}')" for user in users), "UserId = null"])


def test_a_single_user_is_cut_by_the_day_of_its_tokens() -> None:
    user = "005000000000001AAA"
    tokens: list[Token] = [(user, NOW - timedelta(minutes=number)) for number in range(3000)]
    tokens += [(user, None)] * 40
    pieces = pieces_of(tokens, [user])
    sizes = [sum(matches(token, where) for token in tokens) for where in pieces]
    assert sum(sizes) == len(tokens)
    assert max(sizes) <= MOST_ROWS


def test_tokens_that_name_no_user_are_read_and_cut_too() -> None:
    user = "005000000000001AAA"
    tokens: list[Token] = [(user, NOW)] * 2400
    tokens += [(None, NOW - timedelta(minutes=number)) for number in range(3000)]
    tokens += [(None, None)] * 40
    pieces = pieces_of(tokens, [user])
    sizes = [sum(matches(token, where) for token in tokens) for where in pieces]
    assert sum(sizes) == len(tokens)
    assert max(sizes) <= MOST_ROWS


def test_what_cannot_be_cut_is_asked_for_all_the_same() -> None:
    user = "005000000000001AAA"
    tokens: list[Token] = [(user, NOW)] * 2501
    pieces = pieces_of(tokens, [user])
    assert [sum(matches(token, where) for token in tokens) for where in pieces] == [2501]
