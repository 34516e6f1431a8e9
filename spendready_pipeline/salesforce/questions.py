"""Questions about the audit's assumptions that only a real org can answer, the answers, and what they mean.

Each question is a read within the guard's limits, or is left to a person where it takes another user or a change of
settings. No answer names a token, and none is stored.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from spendready_pipeline.catalog.salesforce_objects import KNOWN_PERMISSIONS
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import (
    ApiLimitExceeded,
    OrgUnavailable,
    SalesforceApiError,
    SessionExpired,
)
from spendready_pipeline.salesforce.client.connection import Connection, connect
from spendready_pipeline.salesforce.configuration import OrgConnection
from spendready_pipeline.text import counted

IDS_AT_ONCE = 200
SLOW_SECONDS = 60
"""Half of Salesforce's limit for a query (Salesforce Developer Limits Quick Reference, 120 seconds)."""

EXPECTED_KEYS = {
    "Salesforce Integration": "SALESFORCE_INTEGRATION_USER",
    "Analytics Cloud Integration User": "INSIGHTS_INTEGRATION_USER",
    "Sales Insights Integration User": "INSIGHTS_INTEGRATION_USER",
}
"""Keys of Salesforce's own licenses, by name, as the audit knows them."""

Record = Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """An org's answer, in numbers or values as it sent them, and what it means for this audit."""

    found: str
    meaning: str


@dataclass(frozen=True)
class Question:
    """An assumption of the audit that an org can confirm.

    Attributes:
        text: The question.
        asks: The requests in their order; SOQL, or a path under the API version.
        ask: Sends them; None where a person has to find out.
        by_hand: What a person does as well, or instead.
    """

    text: str
    asks: tuple[str, ...] = ()
    ask: Callable[[Connection, Sequence[str]], Answer] | None = None
    by_hand: str = ""


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question and its answer; None where it was not sent."""

    question: Question
    answer: Answer | None


def ask_org(org: OrgConnection) -> list[AnsweredQuestion]:
    """Signs in and asks all questions that can be asked.

    Raises:
        OrgError: The org could not be reached, or refused the sign-in.
    """
    with connect(org) as connection:
        return [AnsweredQuestion(each, _answer(connection, each)) for each in QUESTIONS]


def _answer(connection: Connection, question: Question) -> Answer | None:
    if question.ask is None:
        return None
    try:
        return question.ask(connection, question.asks)
    except (SessionExpired, ApiLimitExceeded, OrgUnavailable):
        raise
    except SalesforceApiError as refused:
        code = refused.code or f"HTTP {refused.status}"
        return Answer(f"Salesforce refused ({code})", "Not known: this login may not ask, or the org does not have it")


def _values(records: Sequence[Record], field: str) -> list[str]:
    return sorted({answers.text(each.get(field)) or "(empty)" for each in records})


def _described(connection: Connection, name: str, soql: str) -> list[Record]:
    """Runs a query with only those of its fields that this org has."""
    fields, source, rest = soql.removeprefix("SELECT ").partition(" FROM ")
    known = connection.describe(name) or {}
    return connection.records(
        f"SELECT {', '.join(each for each in fields.split(', ') if each in known) or 'Id'}{source}{rest}"
    )


def _plain(name: str | None) -> str:
    return "".join(each for each in (name or "").lower() if each.isalnum())


def _listed(values: Sequence[str], limit: int = 8) -> str:
    more = len(values) - limit
    return ", ".join(values[:limit]) + (f" and {more} more" if more > 0 else "") or "none"


def _external_apps(connection: Connection, asks: Sequence[str]) -> Answer:
    tokens = connection.records(asks[0])
    known = {_plain(answers.text(each.get("AppName"))) for each in tokens}
    apps = connection.client_apps_in_use()
    missing = sorted(each for each in apps if _plain(each) not in known)
    without = f"without a token among the first {len(tokens):,}: {_listed(missing)}"
    found = f"{counted(len(apps), 'app')} with OAuth usage; {without}"
    if not apps:
        return Answer(found, "Not known yet: no external client app has been used")
    if missing:
        return Answer(found, "Their tokens may be missing from OauthToken: see Setup > External Client Apps")
    return Answer(found, "The checks of tokens see external client apps, too")


def _license_keys(connection: Connection, asks: Sequence[str]) -> Answer:
    licenses = _described(connection, "UserLicense", asks[0])
    keys = {answers.text(each.get("Name")): answers.text(each.get("LicenseDefinitionKey")) for each in licenses}
    present = {name: keys[name] for name in (*EXPECTED_KEYS, "Chatter Free") if name in keys}
    by_logins = sum(each.get("MonthlyLoginsEntitlement") is not None for each in licenses)
    values = _listed([f"{name} = {key}" for name, key in present.items()])
    other = [name for name, key in present.items() if name in EXPECTED_KEYS and key != EXPECTED_KEYS[name]]
    meaning = "As expected" if present else "The org has none of the licenses in question"
    if other:
        meaning = f"Another key than expected: {_listed(other)}. These licenses are recognized by name all the same"
    return Answer(f"{values}; paid by logins: {by_logins}", meaning)


def _view_all_profiles(connection: Connection, asks: Sequence[str]) -> Answer:
    rows = connection.records(asks[0])
    if not rows:
        return Answer("no such license", "Does not apply: the org has no license Salesforce API Integration")
    allowed = rows[0].get("MaximumPermissionsViewAllProfiles") is True
    meaning = (
        "The audit user can hold View All Profiles on an integration license"
        if allowed
        else "An audit user on an integration license cannot: where profile filtering is on, profile names are missing"
    )
    return Answer(str(allowed).lower(), meaning)


def _statuses(connection: Connection, asks: Sequence[str]) -> Answer:
    values = _values(connection.records(asks[0]), "Status")
    succeeded = "Success" in values
    meaning = (
        "As expected: the audit recognizes logins that succeeded"
        if succeeded
        else "No Success: set the audit user's language to English, and ask again"
    )
    return Answer(f"{_listed(values)}", meaning)


def _tokens_without_user(connection: Connection, asks: Sequence[str]) -> Answer:
    number = connection.total(asks[0])
    meaning = "The audit treats them as tokens of an unknown user" if number else "As expected"
    return Answer(f"{counted(number, 'token')} without a user", meaning)


def _token_ids(connection: Connection, asks: Sequence[str]) -> Answer:
    rows = connection.records(asks[0])
    ids = [answers.text(each.get("Id")) for each in rows]
    prefixes = _listed(sorted({each[:3] if each else "(empty)" for each in ids}))
    if not rows:
        return Answer("no tokens", "Not known yet: the org has no token")
    stable = all(ids)
    meaning = (
        "A token keeps its finding by its Id" if stable else "A token keeps its finding by user, app and creation date"
    )
    return Answer(f"Ids begin with {prefixes}", meaning)


def _login_types(connection: Connection, asks: Sequence[str]) -> Answer:
    rows = connection.records(asks[0])
    machine = Counter(
        f"{answers.text(each.get('LoginType'))} / {answers.text(each.get('LoginSubType')) or '-'} / "
        f"{answers.text(each.get('Browser')) or '-'}"
        for each in rows
        if answers.text(each.get("LoginType")) in {"Remote Access Client", "Remote Access 2.0", "Other Apex API"}
    )
    meaning = (
        "Remote Access Client with a browser is a person, as the audit takes it; one that always has Browser Unknown "
        "may be a program. SOAP clients have Unknown or Java"
    )
    return Answer(_listed(sorted(machine)), meaning)


def _menu_items(connection: Connection, asks: Sequence[str]) -> Answer:
    meaning = (
        "Compare with the number that an admin gets. The same: the audit can match every token to its app. Fewer: "
        "the audit knows some apps by name alone, and may list one as not installed"
    )
    return Answer(counted(connection.total(asks[0]), "row"), meaning)


def _session_types(connection: Connection, asks: Sequence[str]) -> Answer:
    values = _values(connection.records(asks[0]), "SessionType")
    return Answer(_listed(values, 12), "Types that the audit does not know are named in the report's coverage")


def _license_permissions(connection: Connection, asks: Sequence[str]) -> Answer:
    offered = {
        answers.text(row.get("DeveloperName")) or "": sum(value is True for value in row.values())
        for row in _described(connection, "PermissionSetLicense", asks[0])
    }
    by_number = sorted(offered.items(), key=lambda each: (-each[1], each[0]))
    meaning = (
        f"Of {len(KNOWN_PERMISSIONS)} permissions looked at. A license that offers nearly all is never found unused "
        "while its user holds any of them"
    )
    return Answer(_listed([f"{name} {number}" for name, number in by_number]), meaning)


def _count_logins(connection: Connection, asks: Sequence[str]) -> Answer:
    began = time.monotonic()
    number = connection.total(asks[0])
    seconds = time.monotonic() - began
    meaning = (
        "Near the limit of 120 seconds: LoginHistory may fail in this org"
        if seconds > SLOW_SECONDS
        else "Counted well within the limit of 120 seconds"
    )
    return Answer(f"{counted(number, 'row')} in {seconds:.0f} s", meaning)


def _unseen_users(connection: Connection, asks: Sequence[str]) -> Answer:
    found = {answers.record_id(each.get("UserId")) for each in connection.records(asks[0])} - {None}
    ids = sorted(each for each in found if each)
    seen = 0
    for first in range(0, len(ids), IDS_AT_ONCE):
        some = ", ".join(f"'{each}'" for each in ids[first : first + IDS_AT_ONCE])
        seen += connection.count("User", f"Id IN ({some})")
    unseen = len(ids) - seen
    meaning = (
        "A license manager's logins, or users that this login may not see: compare with View All Users"
        if unseen
        else "Every login is of a user that this login sees"
    )
    return Answer(f"{unseen:,} of {counted(len(ids), 'user')} without a row in User", meaning)


_OFFERED = ", ".join(f"MaximumPermissions{each}" for each in KNOWN_PERMISSIONS)

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Are tokens of external client apps in OauthToken?",
        ("SELECT AppName, AppMenuItemId, UserId FROM OauthToken", "apps/oauth/usage"),
        _external_apps,
        "Compare with Setup > External Client Apps > OAuth Usage",
    ),
    Question(
        "Do Salesforce's own licenses have the keys that the audit knows?",
        ("SELECT LicenseDefinitionKey, Name, MonthlyLoginsEntitlement FROM UserLicense",),
        _license_keys,
    ),
    Question(
        "Can a user on an integration license hold View All Profiles?",
        (
            "SELECT MaximumPermissionsViewAllProfiles FROM PermissionSetLicense "
            "WHERE DeveloperName = 'SalesforceAPIIntegrationPsl'",
        ),
        _view_all_profiles,
    ),
    Question(
        "Is the status of a login English?",
        ("SELECT Status, LoginType FROM LoginHistory ORDER BY LoginTime DESC LIMIT 200",),
        _statuses,
        "Set the audit user's language to German and ask again: does Success stay?",
    ),
    Question(
        "Does every token name its user?",
        ("SELECT count() FROM OauthToken WHERE UserId = null",),
        _tokens_without_user,
    ),
    Question("Do tokens have Ids?", ("SELECT Id, UserId FROM OauthToken LIMIT 5",), _token_ids),
    Question(
        "Which logins are a program's?",
        (
            "SELECT LoginType, LoginSubType, Browser, COUNT(Id) FROM LoginHistory "
            "WHERE LoginTime = LAST_N_DAYS:30 GROUP BY LoginType, LoginSubType, Browser",
        ),
        _login_types,
    ),
    Question(
        "What does Salesforce answer without View Setup and Configuration?",
        by_hand="Ask for UserLicense, PermissionSet and PermissionSetAssignment as a user without it: INVALID_TYPE, or "
        "no rows? The audit takes both for a missing permission",
    ),
    Question(
        "Does the audit user see every app of the App Launcher?",
        ("SELECT count() FROM AppMenuItem",),
        _menu_items,
        "Ask the same as an admin, and compare the numbers",
    ),
    Question("Which types of sessions are there?", ("SELECT SessionType, LoginType FROM AuthSession",), _session_types),
    Question(
        "Do permission set licenses offer few permissions?",
        (f"SELECT DeveloperName, {_OFFERED} FROM PermissionSetLicense",),  # noqa: S608 - SOQL, fixed names
        _license_permissions,
        "Look at the rows of Salesforce API Integration and of a managed package",
    ),
    Question("Can Salesforce count the logins in time?", ("SELECT count() FROM LoginHistory",), _count_logins),
    Question(
        "Are there logins of users that User does not have?",
        (
            "SELECT UserId FROM LoginHistory WHERE LoginTime = LAST_N_DAYS:30 GROUP BY UserId LIMIT 2000",
            "SELECT count() FROM User WHERE Id IN (...)",
        ),
        _unseen_users,
    ),
    Question(
        "Does the org ask for a high-assurance session?",
        by_hand="Setup > Session Settings and the audit user's profile: where a High Assurance session is required, "
        "Salesforce answers INSUFFICIENT_ACCESS: Requires Extra Verification, and no permission helps",
    ),
)
