"""OauthToken is cut into pieces that one query can give, and every token is in exactly one of them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from spendready_pipeline.salesforce.oauth_tokens import MOST_ROWS, token_scope

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
Token = tuple[str, datetime | None]


def matches(token: Token, where: str) -> bool:
    """Reads a condition as Salesforce does: users, and what is said of CreatedDate."""
    user, created = token
    if where == "":
        return True
    users = re.findall(r"'(\w+)'", where)
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
    scope = token_scope(lambda: users, NOW)
    assert scope.pieces is not None
    return scope.pieces(len(tokens), lambda where: sum(matches(token, where) for token in tokens))


def test_one_query_does_for_2500() -> None:
    scope = token_scope(lambda: [], NOW)
    assert scope.pieces is not None
    assert scope.pieces(MOST_ROWS, lambda _: 0) == [""]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 1500), min_size=1, max_size=450).filter(lambda numbers: sum(numbers) > MOST_ROWS),
    st.randoms(use_true_random=False),
)
def test_each_token_is_in_one_piece_and_no_piece_is_too_large(numbers, random) -> None:
    users = [f"005{number:015}" for number in range(len(numbers))]
    tokens = [
        (user, NOW - timedelta(seconds=random.randrange(10**8)))
        for user, number in zip(users, numbers, strict=True)
        for _ in range(number // 60)
    ]
    tokens += [(users[0], NOW)] * (MOST_ROWS - 5)  # one user near the cap
    pieces = pieces_of(tokens, users)
    sizes = [sum(matches(token, where) for token in tokens) for where in pieces]
    assert sum(sizes) == len(tokens)
    assert max(sizes) <= MOST_ROWS
    assert all(len(where) < 5_000 for where in pieces)


def test_a_single_user_is_cut_by_the_day_of_its_tokens() -> None:
    user = "005000000000001AAA"
    tokens: list[Token] = [(user, NOW - timedelta(minutes=number)) for number in range(6000)]
    tokens += [(user, None)] * 40
    pieces = pieces_of(tokens, [user])
    sizes = [sum(matches(token, where) for token in tokens) for where in pieces]
    assert sum(sizes) == len(tokens)
    assert max(sizes) <= MOST_ROWS


def test_what_cannot_be_cut_is_asked_for_all_the_same() -> None:
    user = "005000000000001AAA"
    tokens: list[Token] = [(user, NOW)] * 3000
    pieces = pieces_of(tokens, [user])
    assert [sum(matches(token, where) for token in tokens) for where in pieces] == [3000]
