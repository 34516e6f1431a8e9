"""What a login says: its kind, and which of them count."""

from collections.abc import Iterator
from datetime import datetime

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading.org import Org
from tests.dbt.oracle.reading.words import letters_and_digits, seed

BY_PASSWORD = {"OAuth Username-Password", "OauthUsernamePassword"}
BY_SOAP = {"Other Apex API", "OtherApi"}


def kind(login: Row) -> str:
    """Interactive, approval, machine, login_as, or other: an unknown label, or one that is none of these.

    A label with its sub-type comes before the label alone, and a password link is an approval where a browser login
    would be interactive. Labels and API values are compared by letters and digits.
    """
    kinds = {
        (letters_and_digits(row["login_type"]), letters_and_digits(row["login_sub_type"])): row["kind"]
        for row in seed("login_kinds")
        if row["login_type"]
    }
    label, sub_type = letters_and_digits(login["LoginType"]), letters_and_digits(login["LoginSubType"])
    broad = kinds.get((label, "")) or "other"
    if broad == "interactive" and sub_type == "uipasswordreset":
        return "approval"
    return kinds.get((label, sub_type)) or broad


def is_headless(login: Row) -> bool:
    """No browser: `Unknown`, or a SOAP client, which calls itself Java."""
    browser: str = login["Browser"] or ""
    return browser == "Unknown" or browser.startswith("Java")


def clients(records: list[Row]) -> list[str]:
    """The client programs that logins name: names of one program are one, the first of those seen."""
    aliases = {letters_and_digits(row["application"]): row["client"] for row in seed("client_aliases")}
    names: dict[str, list[str]] = {}
    for application in values(records, "Application"):
        if application not in {"N/A", "Browser"}:
            names.setdefault(aliases.get(letters_and_digits(application), application), []).append(application)
    return sorted(map(min, names.values()))


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
