"""People and machines that do nothing any more, and those whose last activity is hard to see."""

from datetime import datetime

from demo_org.content.cast import LEGACY, Cast
from demo_org.content.company import DOMAIN
from demo_org.content.members import Member

WAIVED, NO_LONGER_WAIVED = f"clara.wolf@{DOMAIN}", f"emil.wolf@{DOMAIN}"
"""Whose inactivity the demo policy accepts, still and no longer; see `policy`."""
INACTIVE, DORMANT = "inactive_user", "dormant_integration_user"


def inactive(member: Member, last: datetime | None, days: int | None, *, frozen: bool = False) -> Member:
    """Writes down that a person is inactive: since when, or never active at all."""
    return member.found(
        INACTIVE,
        last_activity_at=last,
        days_inactive=days,
        never_logged_in=last is None,
        is_frozen=frozen,
        license_name=member.license_name,
    )


def dormant(machine: Member, last: datetime | None, days: int | None) -> Member:
    """Writes down that a machine is dormant: since when, or never active at all."""
    return machine.found(
        DORMANT,
        last_activity_at=last,
        days_inactive=days,
        never_used=last is None,
        license_name=machine.license_name,
    )


def core(cast: Cast) -> None:
    """People and machines on either side of each limit."""
    inactive(cast.person("marta.ruiz", "Marta Ruiz", last_login=cast.ago(90)), cast.ago(90), 90)
    cast.person("peter.maas", "Peter Maas", last_login=cast.ago(90, seconds=-1)).harmless(
        INACTIVE, "active a second less than 90 days ago"
    )
    inactive(cast.person("sven.lund", "Sven Lund", created=cast.ago(30), last_login=None), None, None)
    cast.person("yuki.mori", "森 ゆき", created=cast.ago(30, seconds=-1), last_login=None).harmless(
        INACTIVE, "never signed in, but created a second less than 30 days ago"
    )
    for local, name, days in ((WAIVED, "Clara Wolf", 160), (NO_LONGER_WAIVED, "Emil Wolf", 161)):
        inactive(cast.person(local, name, last_login=cast.ago(days)), cast.ago(days), days)
    dormant(
        cast.machine(
            "svc.sunset", "Sunset Service", calls=0, last_login=cast.ago(90), signal="name_only",
            psl_unused=["user_dormant"],
        ),
        cast.ago(90),
        90,
    )  # fmt: skip
    cast.machine("svc.dusk", "Dusk Service", calls=0, last_login=cast.ago(90, seconds=-1), signal="name_only").harmless(
        DORMANT, "active a second less than 90 days ago"
    )


def edges(cast: Cast) -> None:
    """Each source of activity, each licence, each state of a user."""
    _sources(cast)
    _refused(cast)
    _states(cast)
    _licenses(cast)
    _machines(cast)


def _sources(cast: Cast) -> None:
    by_login = cast.person("omar.farouk", "عمر فاروق", last_login=cast.ago(170))
    by_login.login(cast.ago(99.5))
    by_login.login(cast.ago(4), status="Invalid Password")
    inactive(by_login, cast.ago(99.5), 99)
    by_token = cast.person("nia.owusu", "Nia Owusu", last_login=cast.ago(200))
    by_token.token("mail", created=cast.ago(380), last_used=cast.ago(95)).stale(95)
    inactive(by_token, cast.ago(95), 95)
    inactive(
        cast.person("dirk.jansen", "Dirk Jansen", last_login=cast.ago(1000), created=cast.ago(2000)),
        cast.ago(1000),
        1000,
    )
    seen_login = cast.person("lea.martin", "Léa Martin", last_login=None)
    seen_login.login(cast.ago(10))
    seen_login.harmless(INACTIVE, "LoginHistory knows of a login that LastLoginDate does not")
    seen_token = cast.person("hana.kim", "김 하나", last_login=cast.ago(150))
    seen_token.token("mail", created=cast.ago(380), last_used=cast.ago(12))
    seen_token.harmless(INACTIVE, "an app uses its token")
    later = cast.person("tom.vance", "Tom Vance", last_login=cast.ago(150))
    later.login(cast.ago(seconds=-30))
    later.harmless(INACTIVE, "signed in a little after the snapshot")
    failed = cast.person("rosa.vidal", "Rosa Vidal", created=cast.ago(200), last_login=None)
    failed.login(cast.ago(3), status="User's password has expired")
    inactive(failed, None, None)


def _refused(cast: Cast) -> None:
    """Salesforce moves a token's last use when the app fails to get in, too (help.salesforce.com, 000205876)."""
    refused = cast.person("astrid.nyman", "Astrid Nyman", last_login=cast.ago(132))
    refused.token("mail", created=cast.ago(380), last_used=cast.ago(20))
    refused.login(cast.ago(20), "Remote Access 2.0", application="SALESFORCE FOR OUTLOOK", status="Restricted IP")
    inactive(refused, cast.ago(132), 132)
    for local, name, application, days, why in (
        ("felix.roth", "Felix Roth", "Tableau", 20, "the app that failed is another one"),
        ("ruben.haas", "Ruben Haas", "Salesforce for Outlook", 21, "the app failed the day before"),
    ):
        used = cast.person(local, name, last_login=cast.ago(133))
        used.token("mail", created=cast.ago(380), last_used=cast.ago(20))
        used.login(cast.ago(days), "Remote Access 2.0", application=application, status="Restricted IP")
        used.harmless(INACTIVE, why)
    retried = cast.person("selma.lind", "Selma Lind", last_login=cast.ago(134))
    retried.token("mail", created=cast.ago(380), last_used=cast.ago(20))
    for status in ("Restricted IP", "Success"):
        retried.login(cast.ago(20), "Remote Access 2.0", application="Salesforce for Outlook", status=status)
    retried.harmless(INACTIVE, "the app failed, and got in later that day")


def _states(cast: Cast) -> None:
    frozen = cast.person("igor.baran", "Igor Baran", last_login=cast.ago(130), frozen=True)
    inactive(frozen, cast.ago(130), 130, frozen=True)
    cast.person("carla.nunez", "Carla Núñez", last_login=cast.ago(200), active=False).harmless(
        INACTIVE, "deactivated, so it holds no licence"
    )
    admin = cast.person("viktor.sand", "Viktor Sand", "admin", last_login=cast.ago(101), raised=True)
    inactive(admin, cast.ago(101), 101)
    promoted = cast.person("ming.zhao", "赵 明", last_login=cast.ago(103), raised=True)
    promoted.holds("full_data", assigned=cast.ago(300))
    inactive(promoted, cast.ago(103), 103)
    candidate = cast.candidate("bot.museum", "Museum Guide", "name_only", last_login=cast.ago(111))
    candidate.harmless(DORMANT, "possibly a machine, which is not enough")
    inactive(candidate, cast.ago(111), 111)


def _licenses(cast: Cast) -> None:
    inactive(cast.person("anke.voss", "Anke Voß", "platform", last_login=cast.ago(140)), cast.ago(140), 140)
    partner = cast.person("reseller.one@partner.example", "Paolo Conti", "partner", last_login=cast.ago(145))
    inactive(partner, cast.ago(145), 145)
    by_logins = cast.person("shopper.one@shop.example", "Irma Toth", "community_login", last_login=cast.ago(146))
    inactive(by_logins, cast.ago(146), 146)
    active = cast.person("reseller.two@partner.example", "Giulia Serra", "partner", last_login=cast.ago(5))
    active.login(cast.ago(5), "Partner Portal")
    active.harmless(INACTIVE, "signed in to the portal")
    paid = cast.person("chat.only", "Chloé Petit", "chatter_only", last_login=cast.ago(146))
    inactive(paid, cast.ago(146), 146)
    for profile in ("chatter_free", "chatter_external", "limited_free"):
        cast.person(f"guest.of.{profile}", "Gast", profile, last_login=cast.ago(400)).harmless(
            INACTIVE, "its licence is free"
        )


def _machines(cast: Cast) -> None:
    never = cast.machine(
        "svc.planned", "Planned Service", created=cast.ago(90), calls=0, signal="name_only",
        psl_unused=["user_dormant"],
    )  # fmt: skip
    dormant(never, None, None)
    cast.machine(
        "svc.coming", "Coming Service", created=cast.ago(90, seconds=-1), calls=0, signal="name_only"
    ).harmless(DORMANT, "never used, but created a second less than 90 days ago")
    costly = cast.machine("svc.legacy.bi", "Legacy BI Service", LEGACY, calls=0, last_login=cast.ago(200))
    costly.call(cast.ago(120))
    dormant(costly, cast.ago(120), 120)
    refreshed = cast.machine("svc.loyalty", "Loyalty Service", calls=0, last_login=cast.ago(300))
    refreshed.token("warehouse", created=cast.ago(380), last_used=cast.ago(89), uses=44)
    refreshed.harmless(DORMANT, "an app uses its token, whatever its last login")
    failing = cast.machine(
        "svc.telemetry", "Telemetry Service", calls=0, last_login=cast.ago(92), signal="name_only",
        psl_unused=["user_dormant"],
    )  # fmt: skip
    failing.call(cast.ago(1), status="Failed: Missing Consumer Key Parameter")
    dormant(failing, cast.ago(92), 92)
    locked_out = cast.machine(
        "svc.locked", "Locked Out Service", calls=0, last_login=cast.ago(210), signal="name_only",
        psl_unused=["user_dormant"],
    )  # fmt: skip
    locked_out.token("warehouse", created=cast.ago(380), last_used=cast.ago(20), uses=27)
    for days in (20, 22, 25):
        locked_out.call(cast.ago(days), "Warehouse Loader", status="Restricted IP")
    dormant(locked_out, cast.ago(210), 210)
    cast.machine(
        "svc.gramophone", "Gramophone Service", calls=0, last_login=cast.ago(500), signal="name_only", active=False,
        psl_unused=["user_inactive"], created=cast.ago(900),
    ).harmless(DORMANT, "the user is deactivated")  # fmt: skip
