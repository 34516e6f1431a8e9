"""What a login says: its kind, and which of them count."""

from collections.abc import Iterator
from datetime import datetime

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading.org import Org
from tests.dbt.oracle.reading.words import seed

BY_PASSWORD = {"OAuth Username-Password", "OauthUsernamePassword"}
BY_SOAP = {"Other Apex API", "OtherApi"}


def kind(login: Row) -> str:
    """Interactive, approval, machine, login_as, or other: a label that nobody knows.

    A label with its sub-type comes before the label alone.
    """
    kinds = {(row["login_type"], row["login_sub_type"]): row["kind"] for row in seed("login_kinds")}
    label, sub_type = login["LoginType"], login["LoginSubType"] or ""
    return kinds.get((label, sub_type)) or kinds.get((label, "")) or "other"


def is_password_login(login: Row) -> bool:
    """OAuth username-password, or SOAP login()."""
    return login["LoginSubType"] in BY_PASSWORD or login["LoginType"] in BY_SOAP


def successes(org: Org, user: Row, since: datetime | None = None) -> Iterator[Row]:
    """A user's successful logins: of all that are stored, or later than a moment."""
    for login in org.of("LoginHistory", "UserId", user["Id"]):
        if (
            login["Status"] == "Success"
            and login["LoginTime"] is not None
            and (not since or login["LoginTime"] > since)
        ):
            yield login


def in_window(org: Org, user: Row) -> list[Row]:
    """A user's successful logins of the login window."""
    return list(successes(org, user, org.limit("login_window_days")))


def values(records: list[Row], *fields: str) -> list[str]:
    """The different values of fields, sorted; null and empty are none."""
    return sorted({each[name] for each in records for name in fields if each[name]})
