"""The crowd: the mass of ordinary people and well-kept machines, made by statements within DuckDB.

What each one is follows from its place (`kind`), and so does what it must be found as; both are written in one go.
Nothing is drawn at random: `pick(place, salt, n)` gives a number below n that depends on the seed.
"""

import json
from collections.abc import Mapping, Sequence

import duckdb

from demo_org.content import crowd_records
from demo_org.content.cast import PROPER, Cast
from demo_org.content.company import LICENSES, PROFILES
from demo_org.content.ids import MACRO
from demo_org.content.names import name_rows
from demo_org.content.planted import moment

KINDS = (
    ("machine", "api_only"),
    ("idle", "sales"),
    ("gone", "support"),
    ("gone_with_token", "sales"),
    ("newcomer", "sales"),
    ("never_came", "platform"),
    ("free", "chatter_free"),
    ("idle", "platform"),
    ("active", "partner"),
    ("stale_token", "sales"),
    ("unused_token", "support"),
    *[("active", "platform")] * 12,
    *[("active", "sales")] * 17,
    *[("active", "support")] * 10,
)
"""Kind and profile by place, over and over."""


def add_crowd(connection: duckdb.DuckDBPyConnection, cast: Cast, users: int, seed: int) -> None:
    """Fills the org up to its number of users.

    Args:
        connection: The org, with the cast landed.
        cast: The cast: its ids, company, sets and apps.
        users: How many users the org has in all.
        seed: The same seed gives the same crowd.
    """
    present = connection.execute('select count(*) from org."User"').fetchall()[0][0]
    if users < present:
        raise ValueError(f"an org has at least {present} users, not {users}")
    connection.execute(MACRO)
    connection.execute(f"create temporary macro pick(place, salt, n) as (hash(place, salt, {int(seed)}) % n)::bigint")
    connection.execute(f"set variable now = timestamptz '{moment(cast.ledger.now)}'")
    _lookup(connection, "crowd_name", name_rows())
    _lookup(connection, "crowd_kind", [_kind(cast, kind, profile) for kind, profile in KINDS])
    _gather(connection, cast, users - present)
    _write_people(connection, cast)
    _write_down(connection)
    crowd_records.add_records(connection, cast)


def _lookup(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, str | None]]) -> None:
    connection.execute(
        f"create temporary table {table} as select (row_number() over ()) - 1 as place, record.* "
        "from (select unnest(from_json($rows::json, $shape)) as record)",
        {"rows": json.dumps(list(rows)), "shape": json.dumps([dict.fromkeys(rows[0], "VARCHAR")])},
    )


def _kind(cast: Cast, kind: str, profile: str) -> dict[str, str | None]:
    license_ = LICENSES[PROFILES[profile].license]
    return {
        "kind": kind,
        "profile": profile,
        "profile_id": cast.company.profile_ids[profile],
        "profile_set_id": cast.company.profile_set_ids[profile],
        "role_id": cast.company.role_ids.get(profile),
        "user_type": PROFILES[profile].user_type,
        "license_name": license_.name,
        "price": str(license_.price) if license_.price and not cast.ledger.is_sandbox else None,
    }


def _gather(connection: duckdb.DuckDBPyConnection, cast: Cast, count: int) -> None:
    """Makes the table `crowd`: who there is, and when each came and was last there."""
    ids = cast.ledger.ids
    connection.execute(
        f"""
        create temporary table crowd as
        select
            person.place, {ids.sql("User", "person.place")} as id, named.* exclude (place), kind.* exclude (place),
            case when kind = 'machine' then 'svc.feed' || person.place
                 else plain_given || '.' || plain_family || person.place end || '@meridian.example' as username,
            case when kind = 'machine' then 'Feed Service ' || person.place
                 else given || ' ' || family end as full_name,
            case when kind = 'machine' then 'feed' || person.place % 1000
                 else left(plain_given, 1) || left(plain_family, 4) end as alias,
            kind not in ('gone', 'gone_with_token') as is_active,
            91 + pick(person.place, 'idle', 300) as idle_days,
            getvariable('now') - case kind
                when 'newcomer' then to_days((1 + pick(person.place, 'created', 28))::integer)
                when 'never_came' then to_days((31 + pick(person.place, 'created', 400))::integer)
                else to_days((420 + pick(person.place, 'created', 2000))::integer)
            end - to_seconds(pick(person.place, 'second', 80000)) as created_at,
            getvariable('now') - case
                when kind in ('newcomer', 'never_came') then null
                when kind in ('idle', 'free')
                    then to_days(idle_days::integer) + to_seconds(pick(person.place, 'at', 86400))
                when kind in ('gone', 'gone_with_token') then to_days((20 + pick(person.place, 'at', 300))::integer)
                when kind = 'machine' then to_seconds(300 + pick(person.place, 'at', 72000))
                else to_seconds(300 + pick(person.place, 'at', 14 * 86400))
            end as last_login,
            '198.18.' || pick(country, 'office', 250) || '.' || (1 + pick(person.place, 'address', 250)) as address
        from range({count}) as person(place)
        join crowd_kind as kind on kind.place = person.place % {len(KINDS)}
        join crowd_name as named
          on named.place = pick(person.place, 'name', (select count(*) from crowd_name))
        order by person.place
        """
    )


def _write_people(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    ids = cast.ledger.ids
    connection.execute(
        f"""
        insert into org."User" by name
        select
            id as "Id", username as "Username", full_name as "Name", alias as "Alias",
            case when kind = 'machine' then null else given end as "FirstName",
            case when kind = 'machine' then full_name else family end as "LastName",
            replace(username, '@', '@mail.') as "Email", split_part(username, '@', 1) as "CommunityNickname",
            user_type as "UserType", is_active as "IsActive", profile_id as "ProfileId",
            role_id as "UserRoleId", country as "Country",
            locale as "LocaleSidKey", last_login as "LastLoginDate", created_at as "CreatedDate",
            created_at as "LastModifiedDate", created_at as "SystemModstamp",
            case when place < 10 then '{ids.number("User", 1)}' else {ids.sql("User", "(place // 10)")} end
                as "ManagerId"
        from crowd order by place
        """
    )


def _write_down(connection: duckdb.DuckDBPyConnection) -> None:
    """Writes down who in the crowd is a machine, and who is inactive."""
    connection.execute(
        f"""
        insert into planted.integration_user
        select id, username, true, 'certain', {[*PROPER.reasons, "name_and_behavior"]} from crowd where kind = 'machine'
        order by place
        """
    )
    connection.execute(
        """
        insert into planted.finding by name
        select
            'inactive_user' as finding_type, id as subject_id, full_name as subject_name, id as user_id, username,
            false as raised, price::decimal(18, 2) as cost,
            json_object(
                'last_activity_at', strftime(last_login, '%Y-%m-%dT%H:%M:%SZ'),
                'days_inactive', case when last_login is not null then idle_days end,
                'never_logged_in', last_login is null, 'is_frozen', false, 'license_name', license_name
            ) as own
        from crowd where kind in ('idle', 'never_came') order by place
        """
    )
