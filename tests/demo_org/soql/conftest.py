"""A tiny org, written by hand, that the query engine is asked about."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from demo_org.schema import PERMISSIONS, create_tables
from demo_org.soql.engine import Answer, Engine, Reader, SoqlError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""A Friday."""
ADMIN = Reader("005000000000001AAA", frozenset(PERMISSIONS))
PLAIN = Reader("005000000000003AAA", frozenset({"ApiEnabled"}))

Rows = list[dict[str, Any]]
Ask = Callable[..., Rows]
Refused = Callable[..., SoqlError]

CONTENT = """
INSERT INTO org."User" BY NAME SELECT * FROM (VALUES
  ('005000000000001AAA', 'ann@acme.test', 'Ann Able', 'Able', 'Ann', true, '00e000000000001AAA', NULL,
   TIMESTAMPTZ '2026-11-01 10:11:12.5+00', TIMESTAMPTZ '2025-01-01 00:00:00+00'),
  ('005000000000002AAA', 'bob@acme.test', 'bob "B" O''Neil', 'O''Neil', 'bob', false, '00e000000000002AAA',
   '005000000000001AAA', NULL, TIMESTAMPTZ '2025-02-01 00:00:00+00'),
  ('005000000000003AAA', 'svc@acme.test', 'Sync_User 100%', 'Sync_User 100%', NULL, true, '00e000000000002AAA',
   '005000000000001AAA', TIMESTAMPTZ '2026-11-19 23:59:59+00', TIMESTAMPTZ '2025-03-01 00:00:00+00'),
  ('005000000000004AAA', 'auto@acme.test', 'Automated Process', 'Process', 'Automated', true, NULL, NULL, NULL,
   TIMESTAMPTZ '2024-01-01 00:00:00+00'),
  ('005000000000A05AAI', 'upper@acme.test', 'Zoë', 'Zoë', NULL, true, '00e000000000002AAA', NULL, NULL,
   TIMESTAMPTZ '2025-04-01 00:00:00+00'),
  ('005000000000a05AAA', 'lower@acme.test', 'zed', 'zed', NULL, false, '00e000000000002AAA', NULL, NULL,
   TIMESTAMPTZ '2025-05-01 00:00:00+00')
) AS t("Id", "Username", "Name", "LastName", "FirstName", "IsActive", "ProfileId", "ManagerId", "LastLoginDate",
       "CreatedDate");
INSERT INTO org."Profile" BY NAME SELECT * FROM (VALUES
  ('00e000000000001AAA', 'System Administrator', '100000000000001AAA'),
  ('00e000000000002AAA', 'Standard User', '100000000000001AAA'),
  ('00e000000000003AAA', 'Unused', '100000000000002AAA')
) AS t("Id", "Name", "UserLicenseId");
INSERT INTO org."UserLicense" BY NAME SELECT * FROM (VALUES
  ('100000000000001AAA', 'Salesforce', 'SFDC', 10, 4), ('100000000000002AAA', 'Chatter Free', 'PID_CHATTER', 5000, 0)
) AS t("Id", "Name", "LicenseDefinitionKey", "TotalLicenses", "UsedLicenses");
INSERT INTO org."PermissionSet" BY NAME SELECT * FROM (VALUES
  ('0PS000000000001AAA', 'Reports', true, '0PL000000000001AAA'), ('0PS000000000002AAA', 'Admins', false, NULL)
) AS t("Id", "Name", "PermissionsRunReports", "LicenseId");
INSERT INTO org."PermissionSetAssignment" BY NAME SELECT * FROM (VALUES
  ('0Pa000000000001AAA', '005000000000001AAA', '0PS000000000001AAA'),
  ('0Pa000000000002AAA', '005000000000001AAA', '0PS000000000002AAA'),
  ('0Pa000000000003AAA', '005000000000003AAA', '0PS000000000001AAA')
) AS t("Id", "AssigneeId", "PermissionSetId");
INSERT INTO org."PermissionSetLicense" BY NAME SELECT * FROM (VALUES
  ('0PL000000000001AAA', 'Kept', 'KeptPsl', DATE '2027-01-31', false),
  ('0PL000000000002AAA', 'Gone', 'GonePsl', DATE '2026-11-20', true)
) AS t("Id", "DeveloperName", "PermissionSetLicenseKey", "ExpirationDate", "IsDeleted");
INSERT INTO org."LoginHistory" BY NAME SELECT * FROM (VALUES
  ('0Ya000000000001AAA', '005000000000001AAA', TIMESTAMPTZ '2026-11-01 10:11:12+00', 'Application', 'Success'),
  ('0Ya000000000002AAA', '005000000000003AAA', TIMESTAMPTZ '2026-11-19 23:59:59+00', 'Remote Access 2.0', 'Success'),
  ('0Ya000000000003AAA', '005000000000003AAA', TIMESTAMPTZ '2026-11-20 00:00:00+00', 'Remote Access 2.0',
   'Invalid Password')
) AS t("Id", "UserId", "LoginTime", "LoginType", "Status");
INSERT INTO org."AuthSession" BY NAME SELECT * FROM (VALUES
  ('0Ak000000000001AAA', '005000000000001AAA', 'UI', '10.0.0.1', 7200, '0Ya000000000001AAA'),
  ('0Ak000000000002AAA', '005000000000003AAA', 'API', '10.0.0.2', 7200, '0Ya000000000002AAA')
) AS t("Id", "UsersId", "SessionType", "SourceIp", "NumSecondsValid", "LoginHistoryId");
INSERT INTO org."OauthToken" BY NAME SELECT * FROM (VALUES
  (NULL, '005000000000001AAA', 'Data, "Loader"', 7), (NULL, '005000000000003AAA', NULL, 0)
) AS t("Id", "UserId", "AppName", "UseCount");
INSERT INTO org."UserLogin" BY NAME SELECT * FROM (VALUES ('0Yw000000000001AAA', '005000000000002AAA', true))
  AS t("Id", "UserId", "IsFrozen");
CREATE SCHEMA planted;
CREATE TABLE planted.finding (secret VARCHAR);
INSERT INTO planted.finding VALUES ('never shown');
"""


@pytest.fixture(scope="package")
def org() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute(CONTENT)
        yield connection


@pytest.fixture(scope="package")
def engine(org: duckdb.DuckDBPyConnection) -> Engine:
    return Engine(org, NOW)


@pytest.fixture(scope="package")
def answer(engine: Engine) -> Callable[..., Answer]:
    """Asks a query and gives the answer itself."""

    def answer(soql: str, reader: Reader = ADMIN, api_version: float = 66.0, all_rows: bool = False) -> Answer:
        return engine.query(soql, reader, api_version, all_rows)

    return answer


@pytest.fixture(scope="package")
def ask(answer: Callable[..., Answer]) -> Ask:
    """Asks a query and gives its records without their `attributes`."""

    def ask(soql: str, *arguments: Any, **options: Any) -> Rows:
        with answer(soql, *arguments, **options) as found:
            return [_bare(each) for each in found.rows(0, 1000)]

    return ask


@pytest.fixture(scope="package")
def names(ask: Ask) -> Callable[..., list[str]]:
    """Asks for the first names (before the @) of the users that a WHERE finds, in the order of their usernames."""

    def names(where: str, *arguments: Any, **options: Any) -> list[str]:
        rows = ask(f"SELECT Username FROM User WHERE {where} ORDER BY Username", *arguments, **options)
        return [row["Username"].partition("@")[0] for row in rows]

    return names


@pytest.fixture(scope="package")
def refused(engine: Engine) -> Refused:
    """Asks a query that must be refused and gives the refusal."""

    def refused(soql: str, reader: Reader = ADMIN, api_version: float = 66.0) -> SoqlError:
        with pytest.raises(SoqlError) as caught:
            engine.query(soql, reader, api_version).close()
        assert caught.value.status == 400
        return caught.value

    return refused


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key != "attributes"}
    return [_bare(item) for item in value] if isinstance(value, list) else value
