"""The demo org's content as an API client would see it: whole, well-formed, the same each time, of any size."""

import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo_org.content import READER_USERNAME, build_org
from demo_org.content.ids import Ids, long_id
from demo_org.schema import SOBJECTS

NOW = datetime(2026, 11, 2, 6, 0, 0, tzinfo=UTC)
TABLES = [each for each in SOBJECTS.values() if not each.running_user_only]


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query over a built org gives."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An org of 200 users."""
    path = tmp_path_factory.mktemp("content") / "content.duckdb"
    build_org(path, users=200, seed=1, now=NOW)
    return path


@pytest.fixture
def org(content: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to it."""
    with duckdb.connect(str(content), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def tables_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order in which it lies there."""
    names = rows(path, "select table_schema, table_name from information_schema.tables order by all")
    return {f"{schema}.{name}": rows(path, f'select * from {schema}."{name}"') for schema, name in names}


def test_the_same_arguments_give_the_same_content(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.duckdb" for name in ("one", "two", "other_seed")]
    for path, seed in zip(paths, (3, 3, 4), strict=True):
        build_org(path, users=260, seed=seed, now=NOW)
    one, two, other_seed = map(tables_of, paths)
    assert one == two
    names, other_names = (rows(path, 'select "Name" from org."User" order by "Id"') for path in paths[1:])
    assert sum(name != other for name, other in zip(names, other_names, strict=True)) > 30
    assert {name for name in one if one[name] == other_seed[name]} <= {
        f"org.{name}" for name in ("LoginGeo", "PackageLicense", "SetupAuditTrail", "SetupEntityAccess")
    }


def test_a_moment_in_another_time_zone_is_the_same_moment(tmp_path: Path) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9))) + timedelta(microseconds=999_999)
    build_org(tmp_path / "utc.duckdb", users=50, seed=1, now=NOW)
    build_org(tmp_path / "tokyo.duckdb", users=50, seed=1, now=elsewhere)
    assert tables_of(tmp_path / "utc.duckdb") == tables_of(tmp_path / "tokyo.duckdb")


@pytest.mark.parametrize("users", [50, 199, 200, 1234])
def test_it_has_as_many_users_as_asked_for(tmp_path: Path, users: int) -> None:
    build_org(tmp_path / "content.duckdb", users=users, seed=1, now=NOW)
    assert rows(tmp_path / "content.duckdb", 'select count(*), count(distinct "Username") from org."User"') == [
        (users, users)
    ]


def test_the_cap_on_tokens_bites_at_two_thousand_users_and_not_at_two_hundred(content: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    build_org(tmp_path / "content.duckdb", users=2000, seed=1, now=NOW)
    assert time.monotonic() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000  # KiB
    assert rows(tmp_path / "content.duckdb", 'select count(*) from org."OauthToken"')[0][0] > 2500
    assert rows(content, 'select count(*) from org."OauthToken"')[0][0] < 2500


@pytest.mark.parametrize(
    ("users", "now", "message"),
    [(49, NOW, "at least 50 users"), (200, NOW.replace(tzinfo=None), "no time zone")],
)
def test_impossible_arguments_are_refused(tmp_path: Path, users: int, now: datetime, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_org(tmp_path / "content.duckdb", users=users, seed=1, now=now)
    assert not (tmp_path / "content.duckdb").exists()


def test_a_file_that_exists_is_not_written_over(content: Path) -> None:
    before = content.read_bytes()
    with pytest.raises(FileExistsError):
        build_org(content, users=50, seed=1, now=NOW)
    assert content.read_bytes() == before


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001A0000006Vm9u", "001A0000006Vm9uIAC"),
        ("00D000000000001", "00D000000000001EAA"),
        ("5" * 15, "5" * 15 + "AAA"),
    ],
)
def test_the_checksum_is_salesforces(short: str, long: str) -> None:
    assert long_id(short) == long


def test_ids_made_in_sets_are_those_made_one_by_one(org: duckdb.DuckDBPyConnection) -> None:
    ids = Ids(seed=1)
    made_in_sets = org.execute("""select "Id" from org."User" where "Username" like 'svc.feed0@%'""").fetchall()
    assert made_in_sets == [(ids.number("User", Ids.CROWD),)]


def test_every_id_has_its_prefix_and_checksum(org: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES:
        found = org.execute(f'select "Id" from org."{table.name}" where "Id" is not null').fetchall()
        for (record_id,) in found:
            assert len(record_id) == 18
            assert record_id == long_id(record_id[:15])
            assert record_id[:3] == table.key_prefix
        if table.name != "OauthToken":
            assert len(set(found)) == len(found), table.name


def test_every_field_holds_what_its_declaration_allows(org: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES:
        for field in table.fields:
            column = f'select count(*) from org."{table.name}" where "{field.name}"'
            if not field.nillable:
                assert org.execute(f"{column} is null").fetchall() == [(0,)], f"{table.name}.{field.name}"
            if field.length and field.type.column_type == "VARCHAR":
                too_long = f'{column} is not null and length("{field.name}") > {field.length}'
                assert org.execute(too_long).fetchall() == [(0,)], f"{table.name}.{field.name}"


def test_every_reference_leads_to_a_record(org: duckdb.DuckDBPyConnection) -> None:
    looked_at = 0
    for table in TABLES:
        for field in table.fields:
            targets = [name for name in field.reference_to if name in SOBJECTS]
            if targets:
                everything = " union all ".join(f'select "Id" from org."{name}"' for name in targets)
                lost = org.execute(
                    f'select "{field.name}" from org."{table.name}" '
                    f'where "{field.name}" is not null and "{field.name}" not in ({everything})'
                ).fetchall()
                assert lost == [], f"{table.name}.{field.name}"
                looked_at += 1
    assert looked_at > 20


def test_apps_of_menu_items_are_installed_or_gone_and_some_ids_are_short(org: duckdb.DuckDBPyConnection) -> None:
    lengths = org.execute(
        'select distinct length("ApplicationId") from org."AppMenuItem" where "ApplicationId" is not null order by 1'
    ).fetchall()
    assert lengths == [(15,), (18,)]
    installed = """select left("Id", 15) from org."ConnectedApplication"
        union all select left("Id", 15) from org."ExternalClientApplication" """
    gone = org.execute(f'select count(*) from org."AppMenuItem" where left("ApplicationId", 15) not in ({installed})')
    assert gone.fetchall()[0][0] >= 2


def test_used_licences_are_those_of_active_users(org: duckdb.DuckDBPyConnection) -> None:
    wrong = org.execute(
        """
        select license."Name" from org."UserLicense" as license
        where "UsedLicenses" <> (
            select count(*) from org."User" as member
            join org."Profile" as profile on profile."Id" = member."ProfileId"
            where member."IsActive" and profile."UserLicenseId" = license."Id"
        )
        """
    ).fetchall()
    assert wrong == []
    assert org.execute('select bool_or("UsedLicenses" > 50) from org."UserLicense"').fetchall() == [(True,)]


def test_everyone_with_a_profile_is_assigned_its_permission_set(org: duckdb.DuckDBPyConnection) -> None:
    without = org.execute(
        """
        select count(*) from org."User" as member where "ProfileId" is not null and not exists (
            select 1 from org."PermissionSetAssignment" as assignment
            join org."PermissionSet" as held on held."Id" = assignment."PermissionSetId"
            where assignment."AssigneeId" = member."Id" and held."ProfileId" = member."ProfileId"
        )
        """
    ).fetchall()
    assert without == [(0,)]


def test_logins_go_back_180_days_and_the_newest_may_be_a_little_late(org: duckdb.DuckDBPyConnection) -> None:
    oldest, newest = org.execute('select min("LoginTime"), max("LoginTime") from org."LoginHistory"').fetchall()[0]
    assert NOW - timedelta(days=182) < oldest < NOW - timedelta(days=175)
    assert NOW < newest < NOW + timedelta(minutes=5)


def test_the_reader_holds_what_a_complete_audit_needs(org: duckdb.DuckDBPyConnection) -> None:
    needed = ("ApiEnabled", "ViewSetup", "ManageUsers", "CustomizeApplication", "ViewAllUsers", "ViewAllProfiles")
    granted = org.execute(
        f"""
        select {", ".join(f'bool_or(held."Permissions{name}")' for name in (*needed, "MonitorLoginHistory"))}
        from org."User" as member
        join org."PermissionSetAssignment" as assignment on assignment."AssigneeId" = member."Id"
        join org."PermissionSet" as held on held."Id" = assignment."PermissionSetId"
        where member."Username" = '{READER_USERNAME}' and member."IsActive"
        """
    ).fetchall()
    assert granted == [(True,) * 7]


def test_text_is_as_wild_as_in_a_real_org(org: duckdb.DuckDBPyConnection) -> None:
    apps = " ".join(name for (name,) in org.execute('select distinct "AppName" from org."OauthToken"').fetchall())
    people = " ".join(name for (name,) in org.execute('select "Name" from org."User"').fetchall())
    for text in ("🚀", "\n", ", ", "<b>&amp;", '=HYPERLINK("', "<script>"):
        assert text in apps
    for text in ("Łukasz", "田中", "نور", "O'Brien", "Елена", "<aoife@"):
        assert text in people


def test_tokens_hold_credentials_that_nobody_may_read(org: duckdb.DuckDBPyConnection) -> None:
    secrets = ("AccessToken", "RequestToken", "DeleteToken")
    empty = " or ".join(f"coalesce(\"{name}\", '') = ''" for name in secrets)
    assert org.execute(f'select count(*) from org."OauthToken" where {empty}').fetchall() == [(0,)]


def test_a_sandbox_says_so(tmp_path: Path) -> None:
    build_org(tmp_path / "content.duckdb", users=50, seed=1, now=NOW, is_sandbox=True)
    assert rows(tmp_path / "content.duckdb", 'select "IsSandbox" from org."Organization"') == [(True,)]
    priced = "finding_type = 'license_seats_unassigned' or cost is not null"
    assert rows(tmp_path / "content.duckdb", f"select count(*) from planted.finding where {priced}") == [(0,)]
