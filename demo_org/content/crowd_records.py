"""What the crowd leaves behind: logins, sessions, tokens, assignments."""

import duckdb

from demo_org.content.apps import APPS
from demo_org.content.cast import Cast
from demo_org.content.planted import KEY_IN_SQL

AT_WORK = "('active', 'stale_token', 'unused_token')"
"""Kinds of people who use the org day by day."""


def add_records(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    """Writes the records of everyone in the table `crowd`."""
    _assignments(connection, cast)
    _logins(connection, cast)
    _sessions(connection, cast)
    _tokens(connection, cast)


def _assignments(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    ids, access, psls = cast.ledger.ids, cast.access, cast.company.psl_ids
    connection.execute(
        f"""
        insert into org."UserLogin" by name
        select {ids.sql("UserLogin", "place")} as "Id", id as "UserId", false as "IsFrozen",
            created_at as "LastModifiedDate"
        from crowd order by place
        """
    )
    connection.execute(
        f"""
        insert into org."PermissionSetAssignment" by name
        select {ids.sql("PermissionSetAssignment", "3 * place + number")} as "Id", id as "AssigneeId",
            set_id as "PermissionSetId", group_id as "PermissionSetGroupId", true as "IsActive",
            created_at as "SystemModstamp"
        from (
            select place, 0 as number, id, created_at, profile_set_id as set_id, null::varchar as group_id from crowd
            union all
            select place, 1, id, created_at, '{access.set_ids["console"]}', null from crowd
            where profile in ('sales', 'support') and place % 3 = 0
            union all
            select place, 2, id, created_at, '{access.set_ids["analytics"]}', null from crowd
            where kind in {AT_WORK} and profile = 'sales' and place % 4 = 0
            union all
            select place, 2, id, created_at, '{access.aggregated_ids["field"]}', '{access.group_ids["field"]}'
            from crowd
            where kind in {AT_WORK} and profile = 'platform' and place % 4 = 0
        ) order by place, number
        """
    )
    connection.execute(
        f"""
        insert into org."PermissionSetLicenseAssign" by name
        select {ids.sql("PermissionSetLicenseAssign", "place")} as "Id", id as "AssigneeId",
            created_at as "CreatedDate", created_at as "LastModifiedDate", created_at as "SystemModstamp",
            case when kind = 'machine' then '{psls["api"]}' when profile = 'sales' then '{psls["analytics"]}'
                 else '{psls["dispatch"]}' end as "PermissionSetLicenseId"
        from crowd
        where kind = 'machine' or (kind in {AT_WORK} and profile in ('sales', 'platform') and place % 4 = 0)
        order by place
        """
    )


def _logins(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    """Sixty logins in 175 days for those at work, the last of them at `LastLoginDate`; nothing older than 180 days."""
    connection.execute(
        f"""
        insert into org."LoginHistory" by name
        select
            {cast.ledger.ids.sql("LoginHistory", "64 * place + number")} as "Id", id as "UserId",
            signed_in_at as "LoginTime",
            case when kind = 'machine' then 'Remote Access 2.0' when profile = 'partner' then 'Partner Portal'
                 when draw < 60 then 'SAML Sfdc Initiated SSO' when draw < 88 then 'Application'
                 when draw < 97 or number = 0 then 'Lightning Login' else 'Remote Access 2.0' end as "LoginType",
            case when kind = 'machine' then null when "LoginType" = 'Remote Access 2.0' then 'OAuth Web Server' end
                as "LoginSubType",
            case when number > 0 and draw % 31 = 30 then 'Invalid Password' else 'Success' end as "Status",
            case when kind = 'machine' then 'Warehouse Loader' when "LoginSubType" is null then 'Browser'
                 else '{APPS["mail"].label}' end as "Application",
            case when kind = 'machine' then 'Unknown' when draw % 3 = 0 then 'Firefox 143' else 'Chrome 141' end
                as "Browser",
            case when kind = 'machine' then 'Unknown' when draw % 2 = 0 then 'Windows 11' else 'Mac OSX' end
                as "Platform",
            case when kind = 'machine' then 'REST API' else 'N/A' end as "ApiType",
            address as "SourceIp", country as "CountryIso"
        from (
            select crowd.*, number, pick(64 * place + number, 'login', 100) as draw,
                last_login - to_seconds(case when number = 0 then 0
                    else number * 233280 + pick(64 * place + number, 'time', 172800) end) as signed_in_at
            from crowd, range(60) as login(number)
            where last_login is not null
              and (kind in {AT_WORK} or kind = 'machine' or number < 8)
        )
        where signed_in_at > getvariable('now') - interval 180 days and signed_in_at > created_at
        """
    )


def _sessions(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    ids = cast.ledger.ids
    connection.execute(
        f"""
        insert into org."AuthSession" by name
        select
            {ids.sql("AuthSession", "2 * place + number")} as "Id", id as "UsersId", kind_of_session as "SessionType",
            {ids.sql("AuthSession", "2 * place")} as "ParentId", 'SAML Sfdc Initiated SSO' as "LoginType",
            'STANDARD' as "SessionSecurityLevel", address as "SourceIp", 7200 as "NumSecondsValid",
            case when profile = 'partner' then 'Partner' else 'Standard' end as "UserType",
            {ids.sql("LoginHistory", "64 * place")} as "LoginHistoryId",
            getvariable('now') - to_seconds(3600 + pick(place, 'opened', 3000)) as "CreatedDate",
            getvariable('now') - to_seconds(pick(2 * place + number, 'touched', 3600)) as "LastModifiedDate"
        from crowd, (values (0, 'UI'), (1, 'Aura')) as session(number, kind_of_session)
        where kind in {AT_WORK} and place % 7 = 3
        order by place, number
        """
    )


def _tokens(connection: duckdb.DuckDBPyConnection, cast: Cast) -> None:
    apps = ("mail", "bi", "campaigns", "warehouse", "sap", "markup")
    labels = ", ".join(f"({place}, $label_{place}, $menu_{place}, $app_{place})" for place in range(len(apps)))
    parameters: dict[str, str | None] = {}
    for place, key in enumerate(apps):
        parameters |= {
            f"label_{place}": APPS[key].label,
            f"menu_{place}": cast.apps.menu_ids[key],
            f"app_{place}": cast.apps.ids[key],
        }
    connection.execute(
        f"""
        create temporary table crowd_token as
        select
            place, number, token.kind, crowd.id as user_id, username, label, menu, app_id,
            getvariable('now') - to_days(days_old::integer) - to_seconds(pick(4 * place + number, 'granted', 80000))
                as created_at,
            case when days_unused is not null then
                getvariable('now') - to_days(days_unused::integer) - to_seconds(pick(4 * place + number, 'used', 80000))
            end as used_at,
            days_unused, case when token.kind = 'unused_token' then 0 else 1 + pick(place, 'uses', 900) end as uses
        from (
            select place, 0 as number, 'fresh' as kind, place % 2 as app,
                100 + pick(place, 'age', 300) as days_old, pick(place, 'unused', 60) as days_unused
            from crowd where kind in {AT_WORK}
            union all
            select place, 1, 'fresh', 2 + place % 2, 100 + pick(place, 'age2', 300), pick(place, 'unused2', 60)
            from crowd where kind in {AT_WORK} and pick(place, 'second token', 10) < 9
            union all
            select place, 2, kind, case kind when 'stale_token' then 4 when 'unused_token' then 5 else place % 2 end,
                case kind when 'unused_token' then 8 + pick(place, 'age3', 90) else 410 end,
                case kind when 'stale_token' then 90 + pick(place, 'unused3', 300) when 'gone_with_token' then 40 end
            from crowd where kind in ('stale_token', 'unused_token', 'gone_with_token')
        ) as token
        join crowd using (place)
        join (values {labels}) as app(app, label, menu, app_id) using (app)
        order by place, number
        """,
        parameters,
    )
    connection.execute(
        """
        insert into org."OauthToken" by name
        select user_id as "UserId", label as "AppName", menu as "AppMenuItemId", created_at as "CreatedDate",
            used_at as "LastUsedDate", uses as "UseCount"
        from crowd_token order by place, number
        """
    )
    connection.execute(
        f"""
        insert into planted.finding by name
        select
            case kind when 'stale_token' then 'stale_oauth_token' when 'unused_token' then 'never_used_oauth_token'
                else 'orphaned_oauth_token' end as finding_type,
            {KEY_IN_SQL} as subject_id, label as subject_name, user_id, username,
            false as raised,
            json_merge_patch(
                json_object(
                    'app_name', label, 'app_id', app_id, 'token_created_at', {_moment("created_at")},
                    'last_attempt_failed', false
                ),
                case kind
                    when 'stale_token' then json_object(
                        'last_used_at', {_moment("used_at")}, 'use_count', uses, 'days_unused', days_unused)
                    when 'unused_token' then json_object('use_count', uses)
                    else json_object('last_used_at', {_moment("used_at")}, 'reasons', ['user_inactive'])
                end
            ) as own
        from (
            select *, user_id as "UserId", label as "AppName", created_at as "CreatedDate" from crowd_token
            where kind <> 'fresh'
        )
        order by place, number
        """
    )


def _moment(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
