"""OauthToken, of which one query gives 2,500 rows at most, whatever it says about being done.

So it is asked for in pieces that have no more: by users, halved until they fit, and a single user's by CreatedDate.
Tokens that name no user (describe: UserId is nillable) are a piece of their own. `count()` afterwards tells whether all
came (Object Reference, OauthToken, Usage).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from spendready_pipeline.salesforce.extract.objects import CONCURRENT_QUERIES, Count, Scope
from spendready_pipeline.salesforce.extract.partitions import Piece
from spendready_pipeline.salesforce.extract.soql import literal

NAME = "OauthToken"
MOST_ROWS = 2_500
MOST_USERS = 200
"""How many Ids an IN list has, so that the URI stays short."""
_BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)
"""Before there was a Salesforce."""


@dataclass(frozen=True)
class _AllTokens:
    """Every token, in one query; those of users that cannot be seen included."""

    users: Sequence[str]
    now: datetime
    where: str = ""

    def halves(self) -> Sequence[Piece]:
        """Gives the tokens of the users that can be seen, and those that name no user."""
        named = [_Piece(self.users, self.now)] if len(self.users) <= MOST_USERS else _groups(self.users, self.now)
        return [*named, _Piece((), self.now)] if self.users else []


@dataclass(frozen=True)
class _Piece:
    """The tokens of some users, or of none that is named; `between` two moments, or `undated`: without CreatedDate."""

    users: Sequence[str]
    now: datetime
    between: tuple[datetime, datetime] | None = None
    undated: bool = False

    @property
    def where(self) -> str:
        quoted = ",".join(f"'{user}'" for user in self.users)
        users = f"UserId IN ({quoted})" if self.users else "UserId = null"
        if self.undated:
            return f"{users} AND CreatedDate = null"
        if self.between is None:
            return users
        start, end = self.between
        return f"{users} AND CreatedDate >= {literal(start)} AND CreatedDate < {literal(end)}"

    def halves(self) -> Sequence["_Piece"]:
        """Gives smaller pieces that together are this one; none where it cannot be cut any further."""
        if len(self.users) > 1:
            middle = len(self.users) // 2
            return [replace(self, users=self.users[:middle]), replace(self, users=self.users[middle:])]
        if self.undated:
            return []
        if self.between is None:
            return [replace(self, undated=True), replace(self, between=(_BEGINNING, self.now + timedelta(days=1)))]
        start, end = self.between
        middle_of_time = (start + (end - start) / 2).replace(microsecond=0)
        if middle_of_time <= start:
            return []
        return [replace(self, between=(start, middle_of_time)), replace(self, between=(middle_of_time, end))]


def _groups(users: Sequence[str], now: datetime) -> list[_Piece]:
    return [_Piece(users[start : start + MOST_USERS], now) for start in range(0, len(users), MOST_USERS)]


def token_scope(user_ids: Sequence[str], now: datetime) -> Scope:
    """Gives the scope of OauthToken.

    A piece that cannot be cut is asked for all the same: the rows are then short of `count()`.

    Args:
        user_ids: The Ids of the org's users.
        now: The moment of the snapshot.
    """

    def pieces(total: int | None, count: Count) -> Sequence[Piece]:
        if total is not None and total <= MOST_ROWS:
            return [_AllTokens(user_ids, now)]
        groups = [*_groups(user_ids, now), _Piece((), now)]
        with ThreadPoolExecutor(CONCURRENT_QUERIES) as pool:
            cut = pool.map(lambda group: list(_small_enough(group, count)), groups)
            return [piece for pieces in cut for piece in pieces] or [_AllTokens(user_ids, now)]

    return Scope("", pieces)


def _small_enough(piece: _Piece, count: Count) -> Iterator[_Piece]:
    rows = count(piece.where)
    if rows == 0:
        return
    if rows is None:  # a smaller piece is counted sooner, but a single user's is small enough to be read
        halves = piece.halves() if len(piece.users) > 1 else ()
    else:
        halves = piece.halves() if rows > MOST_ROWS else ()
    if not halves:
        yield piece
    for half in halves:
        yield from _small_enough(half, count)
