"""What a login may read of an org, found out beforehand; nothing is written and no rows are fetched."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from spendready_pipeline.salesforce.connection import Connection, Reader, connect
from spendready_pipeline.salesforce.extraction import CONCURRENT_QUERIES, readable_fields
from spendready_pipeline.salesforce.landing import shows_own_rows
from spendready_pipeline.salesforce.objects import OBJECTS, SalesforceObject
from spendready_pipeline.salesforce.refusals import CallsUsedUp, OrgRefusal, OrgUnavailable, SessionEnded
from spendready_pipeline.settings import OrgSettings


@dataclass(frozen=True)
class ObjectCheck:
    """What this login may read of an object.

    Attributes:
        object: Salesforce's name.
        status: `read`, `own_rows` of the reader alone, `hidden` or `failed`.
        rows: What `count()` says; None where it could not be asked.
        missing_fields: Fields of the catalogue that this org does not have or does not show.
        reason: Why the status is not `read`; empty where it is.
        cure: What to grant; empty where nothing is to be granted.
    """

    object: str
    status: str
    rows: int | None
    missing_fields: tuple[str, ...] = ()
    reason: str = ""
    cure: str = ""


@dataclass(frozen=True)
class OrgCheck:
    """What this login may read of an org.

    Attributes:
        org: The org's name.
        instance_url: Where it is.
        api_version: The API version that a run would use.
        reader: The login, and what it may do.
        snapshot_at: The org's clock.
        objects: Each object of the catalogue, in its order.
        calls_left: API calls left in the last 24 hours; None where the org does not say.
        calls_allowed: API calls that the org has in 24 hours.
        warnings: What the user has to know of signing in, although it worked.
    """

    org: str
    instance_url: str
    api_version: str
    reader: Reader
    snapshot_at: datetime
    objects: tuple[ObjectCheck, ...]
    calls_left: int | None
    calls_allowed: int | None
    warnings: tuple[str, ...] = ()


def check_org(org: OrgSettings) -> OrgCheck:
    """Signs in and finds out what this login may read.

    Raises:
        OrgError: The org could not be reached, or refused to sign this login in.
    """
    with connect(org) as connection:
        with ThreadPoolExecutor(CONCURRENT_QUERIES) as pool:
            objects = tuple(pool.map(partial(_check_object, connection), OBJECTS))
        left, allowed = connection.calls_left() or (None, None)
        return OrgCheck(
            org=connection.org,
            instance_url=connection.instance_url,
            api_version=connection.api_version,
            reader=connection.reader,
            snapshot_at=connection.snapshot_at,
            objects=objects,
            calls_left=left,
            calls_allowed=allowed,
            warnings=connection.warnings,
        )


def _check_object(connection: Connection, wanted: SalesforceObject) -> ObjectCheck:
    try:
        described = connection.describe(wanted.name)
        rows = connection.count(wanted.name) if described else None
        users = _users(connection, wanted, rows)
    except (SessionEnded, CallsUsedUp, OrgUnavailable):
        raise
    except OrgRefusal as refused:
        if not refused.hides:
            return ObjectCheck(wanted.name, "failed", None, reason=f"Salesforce answered {refused.code}")
        described = rows = None
    if described is None:
        return ObjectCheck(wanted.name, "hidden", None, (), "the org does not show it to this login", wanted.cure)
    fields = readable_fields(wanted, described)
    missing = tuple(each for each in wanted.fields if each not in fields)
    if shows_own_rows(wanted, connection.reader, users):
        reason = "Salesforce shows this login only its own rows"
        return ObjectCheck(wanted.name, "own_rows", rows, missing, reason, wanted.cure)
    return ObjectCheck(wanted.name, "read", rows, missing)


def _users(connection: Connection, wanted: SalesforceObject, rows: int | None) -> frozenset[str | None]:
    """Gives the users whose rows the reader sees, as far as it matters: none, itself alone, or others as well."""
    reader = connection.reader
    if not wanted.own_rows_without or reader.permissions is not None or not rows or reader.user_id is None:
        return frozenset()
    own = connection.count(wanted.name, f"{wanted.own_rows_field} = '{reader.user_id}'")
    return frozenset({reader.user_id[:15]}) | (frozenset() if own == rows else frozenset({None}))
