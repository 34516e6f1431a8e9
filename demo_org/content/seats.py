"""Permission set licences that nobody needs any more, and seats that nobody holds."""

import duckdb

from demo_org.content.cast import Cast
from demo_org.content.company import LICENSES, PSLS, Company, License, SeatLicense
from demo_org.content.idle import inactive
from demo_org.content.ledger import Ledger


def core(cast: Cast) -> None:
    """A licence whose set was taken away, and one whose set is still there."""
    cast.person("petra.simon", "Petra Simon").seat("analytics", "not_needed")
    needed = cast.person("quentin.roy", "Quentin Roy")
    needed.holds("analytics")
    needed.seat("analytics", why="an assigned set needs the licence")


def edges(cast: Cast) -> None:
    """Each reason, each way in which a licence may be needed, each exception."""
    _unused(cast)
    _needed(cast)


def _unused(cast: Cast) -> None:
    gone = cast.person("ulla.stern", "Ulla Stern", active=False, last_login=cast.ago(40))
    gone.holds("analytics")
    gone.seat("analytics", "user_inactive")
    gone.seat("dispatch", "user_inactive", "not_needed")
    idle = cast.person("pavel.svoboda", "Pavel Svoboda", last_login=cast.ago(110))
    idle.holds("analytics")
    idle.seat("analytics", "user_dormant")
    idle.seat("encryption", "user_dormant", "not_needed")
    inactive(idle, cast.ago(110), 110)
    lapsed = cast.person("dora.kiss", "Dóra Kiss")
    lapsed.holds("analytics", expires=cast.ledger.now)
    lapsed.seat("analytics", "not_needed")
    lapsed.holds("key_custodian", revoked=True)
    lapsed.seat("encryption", "not_needed")
    admin = cast.person("leif.berg", "Leif Berg", "admin", raised=True)
    admin.seat("dispatch", "not_needed")


def _needed(cast: Cast) -> None:
    field = cast.person("malik.diallo", "Malik Diallo")
    field.holds("field")
    field.seat("dispatch", why="a member set of its group needs the licence")
    custodian = cast.person("ingrid.moe", "Ingrid Moe")
    custodian.holds("key_custodian")
    custodian.seat("encryption", why="a set without a licence gives what the licence offers")
    seller = cast.person("bela.toth", "Béla Tóth")
    seller.seat("sales_user", why="it works without a permission set")
    seller.seat("identity", why="it works without a permission set")
    seller.seat("analytics", revoked=True, why="it was taken back")


def fill(connection: duckdb.DuckDBPyConnection, company: Company, ledger: Ledger) -> None:
    """Counts the seats that are used, adds the spare ones, and writes down the licences with seats to spare.

    A deactivated user holds no user licence (Object Reference, UserLicense.UsedLicenses).
    """
    connection.execute(
        """
        update org."UserLicense" as license
        set "UsedLicenses" = used.seats, "TotalLicenses" = license."TotalLicenses" + used.seats
        from (
            select profile."UserLicenseId" as license_id, count(*) as seats
            from org."User" as member join org."Profile" as profile on profile."Id" = member."ProfileId"
            where member."IsActive" group by all
        ) as used
        where used.license_id = license."Id"
        """
    )
    connection.execute(
        """
        update org."PermissionSetLicense" as license
        set "UsedLicenses" = used.seats, "TotalLicenses" = license."TotalLicenses" + used.seats
        from (
            select "PermissionSetLicenseId" as license_id, count(*) as seats
            from org."PermissionSetLicenseAssign" where not "IsRevoked" group by all
        ) as used
        where used.license_id = license."Id"
        """
    )
    for table, kind, ids, licenses in (
        ("UserLicense", "user_license", company.license_ids, LICENSES),
        ("PermissionSetLicense", "permission_set_license", company.psl_ids, PSLS),
    ):
        totals: dict[str, int] = dict(connection.execute(f'select "Id", "TotalLicenses" from org."{table}"').fetchall())
        for key, each in licenses.items():
            _write_down(ledger, kind, ids[key], each, totals[ids[key]])


def _write_down(ledger: Ledger, kind: str, license_id: str, each: License | SeatLicense, total: int) -> None:
    name = each.name if isinstance(each, License) else each.label
    harmless = "a sandbox has no prices" if each.findable and ledger.is_sandbox else each.harmless
    if harmless:
        ledger.look_alike("license_seats_unassigned", license_id, harmless)
    if each.findable and each.price is not None and not ledger.is_sandbox:
        own = {
            "license_name": name,
            "license_key": each.key,
            "license_kind": kind,
            "total_seats": total,
            "used_seats": total - each.spare,
            "unassigned_seats": each.spare,
        }
        ledger.finding("license_seats_unassigned", (license_id, name), own, cost=each.spare * each.price)
