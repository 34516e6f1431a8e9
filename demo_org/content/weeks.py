"""The weeks before: what the org was like one and two weeks before the moment that it was built for.

The content as built is the truth. An earlier week is the same org rewound: records that came later are not shown (the
server holds them back, see `soql.scope`), people and machines did at the same hour what they do now, seats are counted
anew, and `STORY` says what else was different. Going back to now restores every record as it was built.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from demo_org.content.company import DOMAIN
from demo_org.content.planted import moment

FIRST_WEEK = 2
"""How many weeks back the story begins."""

REWOUND = ("User", "OauthToken", "AuthSession", "PermissionSetAssignment", "PermissionSetLicenseAssign", "UserLicense",
           "PermissionSetLicense")  # fmt: skip
"""The objects whose records were different; LoginHistory was not, for what has happened does not change."""


@dataclass(frozen=True)
class Event:
    """What was different in earlier weeks.

    Attributes:
        weeks: How many weeks back it was so.
        what: What happened since, as the report of the following week has to show it.
        sql: Makes it so; the variables `as_of` and `now` hold the week's moment and the one built for.
    """

    weeks: tuple[int, ...]
    what: str
    sql: str


def _user(local: str) -> str:
    return f"""(select "Id" from org."User" where "Username" = '{local}@{DOMAIN}')"""


def _token(local: str, app: str, *, created: int, last_used: str) -> str:
    """A token like another's; its moments count from now, for they are part of its identity."""
    return f"""
        insert into org."OauthToken" by name
        select * replace (
            {_user(local)} as "UserId", getvariable('now') - interval {created} days as "CreatedDate",
            {last_used} as "LastUsedDate", 0 as "UseCount"
        )
        from org."OauthToken" where "UserId" = {_user("lukasz.wozniak")} and "AppName" = '{app}' limit 1
    """


STORY = (
    Event(
        (2, 1),
        "Quentin Roy's stale token was revoked",
        _token("quentin.roy", "Tableau", created=400, last_used="getvariable('now') - interval 120 days"),
    ),
    Event(
        (2,),
        "Peter Maas revoked a token that was never used",
        _token("peter.maas", "Warehouse Loader", created=60, last_used="null"),
    ),
    Event(
        (2, 1),
        "Carla Núñez, inactive for long, was deactivated",
        f"""update org."User" set "IsActive" = true where "Id" = {_user("carla.nunez")}""",
    ),
    Event(
        (2,),
        "Greta Holm was deactivated, and left a token behind",
        f"""update org."User" set "IsActive" = true where "Id" = {_user("greta.holm")}""",
    ),
    Event(
        (1,),
        "nobody was in the SAP Orders Interface's browser session; the week after somebody is again",
        f"""delete from org."AuthSession" where "UsersId" = {_user("svc.sap.orders")}""",
    ),
    Event(
        (1,),
        "Petra Simon's licence was taken back; the week after it is assigned again",
        f"""
        update org."PermissionSetLicenseAssign" set "IsRevoked" = true where "AssigneeId" = {_user("petra.simon")}
        """,
    ),
    Event(
        (2,),
        "the Billing Service was given its present name",
        f"""
        update org."User"
        set "Username" = 'svc.payments@{DOMAIN}', "Name" = 'Payments Service', "FirstName" = 'Payments'
        where "Id" = {_user("svc.billing")}
        """,
    ),
    Event(
        (2,),
        "the API Only User set was taken from the Gate Two Service",
        f"""
        update org."PermissionSetAssignment" set "IsRevoked" = false where "AssigneeId" = {_user("svc.gate.two")}
        """,
    ),
    Event(
        (2,),
        "five seats of Salesforce and one of Platform Encryption were bought",
        """
        update org."UserLicense" set "TotalLicenses" = "TotalLicenses" - 5 where "LicenseDefinitionKey" = 'SFDC';
        update org."PermissionSetLicense" set "TotalLicenses" = "TotalLicenses" - 1
        where "PermissionSetLicenseKey" = 'PlatformEncryptionPsl'
        """,
    ),
)


def rewind(connection: duckdb.DuckDBPyConnection, now: datetime, weeks: int) -> None:
    """Makes an org's content what it was some weeks before.

    Args:
        connection: The org's content, in whichever week it was left.
        now: The moment that it was built for.
        weeks: How many whole weeks back; 0: as it was built.
    """
    connection.begin()
    _restore(connection)
    if weeks:
        _keep(connection)
        connection.execute(f"set variable now = timestamptz '{moment(now)}'")
        connection.execute(f"set variable as_of = timestamptz '{moment(now - timedelta(weeks=weeks))}'")
        connection.execute(f"set variable back = interval {7 * weeks} days")
        _run(connection, HABITS)
        _run(connection, (each.sql for each in STORY if weeks in each.weeks))
        _run(connection, SEATS)
    connection.commit()


def _run(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    for sql in statements:
        connection.execute(sql)


def _keep(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema as_built")
    _run(connection, (f'create table as_built."{each}" as from org."{each}"' for each in REWOUND))


def _restore(connection: duckdb.DuckDBPyConnection) -> None:
    if not connection.execute("from duckdb_schemas() where schema_name = 'as_built'").fetchall():
        return
    for each in REWOUND:
        connection.execute(f'delete from org."{each}"')
        connection.execute(f'insert into org."{each}" from as_built."{each}"')
    connection.execute("drop schema as_built cascade")


HABITS = (
    """
    update org."User" set "LastLoginDate" = "LastLoginDate" - getvariable('back')
    where "LastLoginDate" > getvariable('as_of')
    """,
    """
    update org."OauthToken" set "LastUsedDate" = "LastUsedDate" - getvariable('back')
    where "LastUsedDate" > getvariable('as_of')
    """,
    """
    update org."AuthSession" set
        "CreatedDate" = "CreatedDate" - getvariable('back'),
        "LastModifiedDate" = "LastModifiedDate" - getvariable('back')
    """,
)
"""Who signed in, used a token or had a session in the days before now did so in those before then."""

SEATS = (
    """
    update org."UserLicense" as license set "UsedLicenses" = (
        select count(*) from org."User" as member join org."Profile" as profile on profile."Id" = member."ProfileId"
        where profile."UserLicenseId" = license."Id" and member."IsActive"
          and member."CreatedDate" <= getvariable('as_of')
    )
    """,
    """
    update org."PermissionSetLicense" as license set "UsedLicenses" = (
        select count(*) from org."PermissionSetLicenseAssign" as held
        where held."PermissionSetLicenseId" = license."Id" and not held."IsRevoked"
          and held."CreatedDate" <= getvariable('as_of')
    )
    """,
)
"""Who was not there yet, or was active still, counts as of then."""
