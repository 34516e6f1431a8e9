"""Finds out what a login may read of an org, without writing anything or fetching rows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from spendready_pipeline.catalog.salesforce_objects import OBJECTS, SalesforceObject
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import (
    ApiLimitExceeded,
    OrgUnavailable,
    SalesforceApiError,
    SessionExpired,
)
from spendready_pipeline.salesforce.client.connection import Connection, Reader, connect
from spendready_pipeline.salesforce.configuration import OrgConnection
from spendready_pipeline.salesforce.extract.clock import check_clock
from spendready_pipeline.salesforce.extract.objects import CONCURRENT_QUERIES, count_unless_slow, readable_fields
from spendready_pipeline.salesforce.extract.visibility import Seen, no_audit_possible, refused_visibility, visibility


@dataclass(frozen=True)
class ObjectCheck:
    """What this login may read of one object.

    Attributes:
        object: Salesforce's name.
        status: `read`, `short` (some rows), `own_rows` (only the reader's), `hidden` or `failed`.
        rows: The result of `count()`; None where it failed.
        missing_fields: Fields of the catalog that this org does not have or does not show.
        reason: Why the status is not `read`; empty where it is.
        remediation: The permission to grant; empty where none helps.
        stops_audit: Why no audit is possible; None where this object does not stop one.
    """

    object: str
    status: str
    rows: int | None
    missing_fields: tuple[str, ...] = ()
    reason: str = ""
    remediation: str = ""
    stops_audit: OrgError | None = None


@dataclass(frozen=True)
class OrgCheck:
    """What this login may read of an org.

    Attributes:
        org: The org's name.
        instance_url: The URL of the org.
        api_version: The API version that a run would use.
        reader: The login and its permissions.
        snapshot_at: The org's clock.
        objects: Each object of the catalog, in its order.
        calls_left: API calls left in the last 24 hours; None where not known.
        calls_allowed: API calls that the org has in 24 hours.
        warnings: What the user should know about a sign-in that worked.
        wrong_clock: Why the org's clock, or this machine's, stops an audit; None where it does not.
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
    wrong_clock: OrgError | None = None

    @property
    def stops_audit(self) -> tuple[OrgError, ...]:
        """Why no audit is possible; empty where one is."""
        objects = tuple(each.stops_audit for each in self.objects if each.stops_audit)
        return (self.wrong_clock, *objects) if self.wrong_clock else objects


def check_org(org: OrgConnection) -> OrgCheck:
    """Signs in and finds out what this login may read.

    Raises:
        OrgError: The org could not be reached, or refused the sign-in.
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
            wrong_clock=_wrong_clock(org, connection),
        )


def _wrong_clock(org: OrgConnection, connection: Connection) -> OrgError | None:
    """Compares the org's clock with this machine's, as a run does before it reads anything."""
    local_now = connection.local_now
    try:
        check_clock(
            org.name,
            connection.snapshot_at,
            local_now or connection.snapshot_at,
            org.limits.clock_skew_minutes,
            newest=None,
            is_org_clock=local_now is not None,
        )
    except OrgError as error:
        return error
    return None


def _check_object(connection: Connection, wanted: SalesforceObject) -> ObjectCheck:
    missing: tuple[str, ...] = ()
    rows, refused = None, None
    try:
        described = connection.describe(wanted.name)
        if described is None:
            raise SalesforceApiError(f"{connection.org}: {wanted.name} is not shown", status=404, code="NOT_FOUND")
        fields = readable_fields(wanted, described)
        missing = tuple(each for each in wanted.fields if each not in fields)
        rows = count_unless_slow(connection, wanted.name)
        seen = Seen(rows, rows, rows, _users(connection, wanted, rows))
        found = visibility(wanted, connection.reader, seen)
    except (SessionExpired, ApiLimitExceeded, OrgUnavailable):
        raise
    except SalesforceApiError as error:
        refused, found = error, refused_visibility(wanted, error)
    stopped = no_audit_possible(connection.org, wanted, found, refused)
    return ObjectCheck(wanted.name, found.status, rows, missing, found.reason, found.remediation, stopped)


def _users(connection: Connection, wanted: SalesforceObject, rows: int | None) -> frozenset[str | None]:
    """Returns the users whose rows the reader sees, as far as it matters: none, only itself, or others as well."""
    reader = connection.reader
    if not wanted.own_rows_without or reader.permissions is not None or not rows or reader.user_id is None:
        return frozenset()
    own = connection.count(wanted.name, f"{wanted.own_rows_field} = '{reader.user_id}'")
    return frozenset({reader.user_id[:15]}) | (frozenset() if own == rows else frozenset({None}))
