"""Machines that may do too much: what they hold, through what, since when, and what the policy justifies."""

from collections.abc import Iterable

from demo_org.content.cast import ADMIN, FULL_LICENSE, LEGACY, PLATFORM_LICENSE, Cast
from demo_org.content.company import DOMAIN, PROFILES
from demo_org.content.members import Member
from demo_org.content.powerful import TIER_0, TIER_1, TIER_2
from demo_org.schema.permissions import with_dependencies

EXCESS, TEMPORARY, NOT_API_ONLY = (
    "integration_user_excess_permissions",
    "temporary_access_never_removed",
    "integration_user_not_api_only",
)
JUSTIFIED = f"svc.replication@{DOMAIN}"
LAPSED = f"svc.mirror@{DOMAIN}"
PARTLY = f"svc.erasure@{DOMAIN}"
"""Whose permissions the demo policy justifies: still, no longer, and in part; see `policy`."""


def excess(machine: Member, *granted: tuple[str, str, str]) -> None:
    """Writes down what a machine holds too much: permission, kind of what grants it, and its name."""
    machine.found(
        EXCESS,
        permissions=sorted({permission for permission, _, _ in granted}),
        granted_through=[
            {"permission": permission, "kind": kind, "name": name} for permission, kind, name in sorted(granted)
        ],
    )


def core(cast: Cast) -> None:
    """A machine that reads everything since long ago, one that may rule the org, one whose access is justified."""
    reader = cast.machine("svc.forecast", "Forecast Service")
    assigned = cast.ago(200)
    reader.temporary(
        reader.holds("read_everything", assigned=assigned),
        "read_everything",
        assigned=assigned,
        permissions=["ViewAllData"],
        temporary_name=False,
    )
    excess(reader, ("ViewAllData", "permission_set", "Read Everything"))
    admin = cast.machine("svc.deploy", "Deploy Automation", ADMIN, raised=True)
    excess(admin, *[(each, "profile", PROFILES["admin"].name) for each in (*TIER_0, *TIER_1, *TIER_2)])
    justified = cast.machine(JUSTIFIED, "Replication Service")
    held = justified.holds("read_everything", assigned=cast.ago(300))
    justified.harmless(EXCESS, "the policy justifies it until its last day, today, has ended")
    cast.ledger.look_alike(TEMPORARY, held, "the policy justifies what it gives, and its name is no temporary one")
    _justifications(cast)


def edges(cast: Cast) -> None:
    """Each way to hold a permission and not to hold it, each edge of how long."""
    _assignments(cast)
    _groups(cast)
    _people(cast)
    _api_only(cast)
    _since_when(cast)
    _names(cast)


def _assignments(cast: Cast) -> None:
    none = cast.machine("svc.archive", "Archive Service")
    none.holds("full_data", expires=cast.ledger.now, is_active=True, assigned=cast.ago(100))
    none.holds("user_admin", expires=cast.ago(40), is_active=False, assigned=cast.ago(100))
    none.holds("export", revoked=True, assigned=cast.ago(100))
    none.holds("release", is_active=False, assigned=cast.ago(100))
    none.holds("full_data_on_request", assigned=cast.ago(100))
    none.harmless(
        EXCESS, "its assignments have expired (one at this moment), are revoked, inactive, or need activation"
    )
    for_a_second = cast.machine("svc.harvest", "Harvest Service", raised=True)
    held = for_a_second.holds("full_data", expires=cast.ago(seconds=-1), assigned=cast.ago(100))
    cast.ledger.look_alike(TEMPORARY, held, "it has an expiry date")
    excess(
        for_a_second,
        ("ModifyAllData", "permission_set", "Full Data Access"),
        ("ViewAllData", "permission_set", "Full Data Access"),
    )
    deactivated = cast.machine("svc.pager", "Pager Service", active=False, psl_unused=["user_inactive"], raised=True)
    held = deactivated.holds("full_data", assigned=cast.ago(100))
    deactivated.harmless(EXCESS, "the user is deactivated")
    cast.ledger.look_alike(TEMPORARY, held, "the user is deactivated")


def _groups(cast: Cast) -> None:
    muted = cast.machine("svc.indexer", "Indexer Service", LEGACY)
    muted.holds("muted")
    muted.holds("emergency", assigned=cast.ago(100))
    muted.harmless(EXCESS, "muting leaves nothing of what its group's members give; another group needs activation")
    operator = cast.machine("svc.dataops", "Operations Service")
    assigned = cast.ago(31)
    operator.temporary(
        operator.holds("operators", assigned=assigned),
        "operators",
        assigned=assigned,
        permissions=["DataExport", "ViewAllData"],
        temporary_name=False,
    )
    operator.holds("read_everything", assigned=cast.ago(3))
    excess(
        operator,
        ("DataExport", "group", "Data Operators"),
        ("ViewAllData", "group", "Data Operators"),
        ("ViewAllData", "permission_set", "Read Everything"),
    )
    release = cast.machine("bot.release", "Release Bot", FULL_LICENSE, raised=True)
    release.holds("releases", assigned=cast.ago(5))
    excess(release, ("AuthorApex", "group", "Release Managers"), ("ModifyMetadata", "group", "Release Managers"))


def _justifications(cast: Cast) -> None:
    lapsed = cast.machine(LAPSED, "Mirror Service")
    lapsed.holds("export", assigned=cast.ago(9))
    excess(lapsed, ("DataExport", "permission_set", "Weekly Export"))
    partly = cast.machine(PARTLY, "Erasure Service", raised=True)
    assigned = cast.ago(60)
    held = partly.holds("user_admin", assigned=assigned)
    turned_on = with_dependencies(["ManageUsers", "ResetPasswords"]) & {*TIER_0, *TIER_1, *TIER_2} - {"ManageUsers"}
    partly.temporary(held, "user_admin", assigned=assigned, permissions=sorted(turned_on), temporary_name=False)
    excess(partly, *[(each, "permission_set", "User Administration") for each in turned_on])


def _people(cast: Cast) -> None:
    person = cast.person("siegfried.abel", "Siegfried Abel", "admin", raised=True)
    held = person.holds("tmp_name", assigned=cast.ago(400))
    person.harmless(EXCESS, "no machine: an administrator")
    cast.ledger.look_alike(TEMPORARY, held, "no machine's")


def _api_only(cast: Cast) -> None:
    for local, name, how in (
        ("svc.gate.one", "Gate One Service", {"expires": cast.ledger.now}),
        ("svc.gate.two", "Gate Two Service", {"revoked": True}),
        ("svc.gate.three", "Gate Three Service", {"is_active": False}),
    ):
        machine = cast.machine(local, name, LEGACY)
        machine.holds("api_only", **how)
    in_session = cast.machine("svc.gate.four", "Gate Four Service", LEGACY)
    in_session.holds("api_only_on_request")
    in_force = cast.machine("svc.gate.five", "Gate Five Service", PLATFORM_LICENSE)
    in_force.holds("api_only", expires=cast.ago(days=-30))
    in_force.harmless(NOT_API_ONLY, "its profile and a set make it API-only")


def _since_when(cast: Cast) -> None:
    machine = cast.machine("svc.calendar", "Calendar Service")
    on_the_day, a_second_less = cast.ago(30), cast.ago(30, seconds=-1)
    machine.temporary(
        machine.holds("read_everything", assigned=on_the_day),
        "read_everything",
        assigned=on_the_day,
        permissions=["ViewAllData"],
        temporary_name=False,
    )
    young = machine.holds("export", assigned=a_second_less)
    cast.ledger.look_alike(TEMPORARY, young, "assigned a second less than 30 days ago")
    ends = machine.holds("hot_fix", assigned=cast.ago(90), expires=cast.ago(days=-20))
    cast.ledger.look_alike(TEMPORARY, ends, "it has an expiry date")
    excess(
        machine,
        ("DataExport", "permission_set", "Release weekend"),
        ("DataExport", "permission_set", "Weekly Export"),
        ("ViewAllData", "permission_set", "Read Everything"),
    )


def _names(cast: Cast) -> None:
    machine = cast.machine("svc.timesheet", "Timesheet Service")
    assigned = cast.ago(45)

    def temporary(keys: Iterable[str]) -> None:
        for key in keys:
            machine.temporary(
                machine.holds(key, assigned=assigned), key, assigned=assigned, permissions=[], temporary_name=True
            )

    temporary(["tmp_name", "temporary_label", "break_glass", "hotfix"])
    for key in ("template", "latest", "console"):
        held = machine.holds(key, assigned=assigned)
        cast.ledger.look_alike(TEMPORARY, held, "neither powerful nor with a whole temporary word in its name")
