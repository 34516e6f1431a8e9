"""How much of an object a login sees: one rule for `spendready check`, which counts, and for a run, which reads."""

from dataclasses import dataclass

from spendready_pipeline.catalog.salesforce_objects import SalesforceObject
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import UNREADABLE, SalesforceApiError, UnusableAnswer
from spendready_pipeline.salesforce.client.connection import Reader


@dataclass(frozen=True)
class Visibility:
    """How much of an object a login sees.

    Attributes:
        status: `read` whole, `short` of rows, `own_rows` of the reader alone, `hidden` or `failed`.
        reason: Why the status is not `read`; empty where it is.
        remediation: The permission to grant, by its label in Setup; empty where no permission is the cause.
    """

    status: str = "read"
    reason: str = ""
    remediation: str = ""


@dataclass(frozen=True)
class Seen:
    """What Salesforce answered about an object.

    Attributes:
        rows: How many rows there were; None where Salesforce would not count them.
        count_before: `count()` before reading; None where Salesforce would not count.
        count_after: `count()` after reading.
        users: The users that the rows belong to, on 15 characters; two at most, for objects with `own_rows_field`.
    """

    rows: int | None
    count_before: int | None
    count_after: int | None
    users: frozenset[str | None] = frozenset()


def refused_visibility(wanted: SalesforceObject, refused: SalesforceApiError) -> Visibility:
    """Judges an object that Salesforce refused to show; a permission is named only where one is missing."""
    if refused.is_not_visible:
        return Visibility("hidden", f"the org does not show {wanted.name} to this login", wanted.remediation)
    return Visibility("failed", _failure(refused))


def visibility(wanted: SalesforceObject, reader: Reader, seen: Seen) -> Visibility:
    """Judges an object that Salesforce answered for.

    Args:
        wanted: The object.
        reader: Who asked.
        seen: What the answer was.
    """
    if wanted.never_empty and seen.rows == 0:
        reason = f"Salesforce answered without a row of {wanted.name}, and every org has some"
        return Visibility("hidden", reason, wanted.remediation)
    if shows_own_rows(wanted, reader, seen.users):
        return Visibility(
            "own_rows", f"Salesforce shows this login only its own rows of {wanted.name}", wanted.remediation
        )
    before, after = seen.count_before, seen.count_after
    if seen.rows is None or before is None or after is None:
        return Visibility(
            "short", "Salesforce took too long to count the rows, so it is not known whether all were read"
        )
    if not min(before, after) <= seen.rows <= max(before, after):
        counted = f"{before:,}" if before == after else f"{before:,} before and {after:,} after"
        return Visibility("short", f"{seen.rows:,} rows were read, count() said {counted}")
    if wanted.some_rows_without and reader.lacks_all(wanted.some_rows_without):
        reason = f"without {wanted.remediation} this login may see only some rows of {wanted.name}"
        return Visibility("short", reason, wanted.remediation)
    return Visibility()


def shows_own_rows(wanted: SalesforceObject, reader: Reader, users: frozenset[str | None]) -> bool:
    """Tells whether the reader sees only its own rows of an object.

    Its permissions decide. Where they may not be asked, rows that all belong to the reader mean the same, and so does
    no row at all: neither proves that there is no other.
    """
    if not wanted.own_rows_without:
        return False
    lacks = reader.lacks_all(wanted.own_rows_without)
    if lacks is not None:
        return lacks
    return users <= {reader.user_id[:15]} if reader.user_id else len(users) <= 1


def no_audit_possible(
    org: str, wanted: SalesforceObject, found: Visibility, refused: SalesforceApiError | None
) -> OrgError | None:
    """Gives the error that stops an audit, where an object without which there is none could not be read.

    Args:
        org: The org's name.
        wanted: The object.
        found: How much of it the login sees.
        refused: Salesforce's refusal, if there was one.
    """
    if not wanted.essential or found.status not in {"hidden", "failed"}:
        return None
    what = f"{org}: no audit is possible without {wanted.name}, which could not be read: {found.reason}"
    if found.remediation:
        return OrgError(what, f"Grant the login: {found.remediation}")
    return OrgError(what, (refused.remediation if refused else "") or "Run again; see status.salesforce.com")


def _failure(refused: SalesforceApiError) -> str:
    if isinstance(refused, UnusableAnswer):
        return refused.fault
    if refused.code == UNREADABLE:
        return "Salesforce's answer does not have the types that it documents"
    if refused.requires_verification:
        return "the org asks for a high-assurance session (Setup > Session Settings, or the profile)"
    return f"Salesforce answered {refused.code or 'with an error'} (HTTP {refused.status})"
