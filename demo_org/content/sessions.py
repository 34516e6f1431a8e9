"""Machines with browser sessions, and sessions that only look like it."""

from demo_org.content.cast import BY_PROFILE, PROPER, Cast

UI_FAMILY = (
    "Aura", "ChatterNetworks", "Content", "LightningContainerComponent", "SiteStudio", "SubstituteUser",
    "TempUIFrontdoor", "UI", "Visualforce",
)  # fmt: skip
NO_BROWSER = (
    "API",
    "APIOnlyUser",
    "TempAuraExchange",
    "OauthApprovalUI",
    "Oauth2",
    "STREAMING_API",
    "InternalServiceCall",
)
FOUND = "integration_user_ui_session"


def core(cast: Cast) -> None:
    """A machine in the browser: one session whose Lightning part counts with its parent."""
    machine = cast.machine("svc.sap.orders", "SAP Orders Interface")
    machine.login(cast.ago(hours=3))
    opened, reloaded = cast.ago(hours=3), cast.ago(hours=2)
    parent = machine.session("UI", created=opened, touched=cast.ago(hours=1))
    machine.session("Aura", created=reloaded, touched=cast.ago(seconds=300), parent=parent)
    machine.found(
        FOUND,
        session_count=1,
        session_types=["Aura", "UI"],
        source_ips=["198.51.100.17"],
        first_session_at=opened,
        last_session_at=reloaded,
        login_as=False,
    )
    machine.found(
        "integration_user_interactive_login",
        login_count=1,
        login_types=["Application"],
        source_ips=["198.51.100.17"],
        countries=["DE"],
        browsers=["Chrome 141"],
        first_login_at=opened,
        last_login_at=opened,
    )
    expired = cast.machine("svc.sap.stock", "SAP Stock Interface")
    expired.session("UI", touched=cast.ago(seconds=7200), seconds_valid=7200)
    expired.session("Oauth2", login_type="Remote Access 2.0")
    expired.harmless(FOUND, "its browser session expired at this very moment; the live one is an API session")


def edges(cast: Cast) -> None:
    """Each kind of session, each edge of its time, each kind of user."""
    _kinds(cast)
    _moments(cast)
    _users(cast)


def _kinds(cast: Cast) -> None:
    every = cast.machine("etl.catalogue", "Catalogue ETL")
    touched = cast.ago(seconds=60)
    for place, kind in enumerate(UI_FAMILY):
        every.session(kind, touched=touched, ip=f"198.51.100.{20 + place % 3}")
    every.found(
        FOUND,
        session_count=len(UI_FAMILY),
        session_types=list(UI_FAMILY),
        source_ips=["198.51.100.20", "198.51.100.21", "198.51.100.22"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=True,
    )
    login_as = cast.machine("bot.returns", "Returns Bot")
    touched = cast.ago(hours=1)
    login_as.session("SubstituteUser", touched=touched, ip="2001:db8:17::5", login_type="SysAdmin Switch")
    login_as.found(
        FOUND,
        session_count=1,
        session_types=["SubstituteUser"],
        source_ips=["2001:db8:17::5"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=True,
    )
    handed_over = cast.machine("svc.frontdoor", "Frontdoor Service")
    handed_over.session("TempUiFrontdoor", touched=touched)
    handed_over.found(
        FOUND,
        session_count=1,
        session_types=["TempUiFrontdoor"],
        source_ips=["198.51.100.17"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=False,
    )
    none = cast.machine("api.tickets", "Tickets API")
    for kind in NO_BROWSER:
        none.session(kind, ip="203.0.113.40", login_type="Remote Access 2.0")
    none.harmless(FOUND, "its live sessions are no browser's; APIOnlyUser is the password page of an API-only user")


def _moments(cast: Cast) -> None:
    last_second = cast.machine("sync.prices", "Prices Sync")
    touched = cast.ago(seconds=7199)
    last_second.session("Visualforce", touched=touched, seconds_valid=7200)
    later = cast.ago(seconds=-45)
    last_second.session("Content", touched=later, created=later, seconds_valid=900, ip="198.51.100.99")
    last_second.found(
        FOUND,
        session_count=2,
        session_types=["Content", "Visualforce"],
        source_ips=["198.51.100.17", "198.51.100.99"],
        first_session_at=touched,
        last_session_at=later,
        login_as=False,
    )
    child = cast.machine("sync.rates", "Rates Sync")
    parent = child.session("UI", touched=cast.ago(hours=5))
    touched = cast.ago(seconds=30)
    child.session("Aura", touched=touched, parent=parent)
    child.session("Aura", touched=touched, parent=parent)
    child.found(
        FOUND,
        session_count=1,
        session_types=["Aura"],
        source_ips=["198.51.100.17"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=False,
    )
    over = cast.machine("sync.taxes", "Taxes Sync")
    over.session("Aura", touched=cast.ago(seconds=7201), seconds_valid=7200)
    over.harmless(FOUND, "its session expired a second ago")


def _users(cast: Cast) -> None:
    gone = cast.machine(
        "svc.fax", "Fax Service", PROPER, active=False, psl_unused=["user_inactive"], created=cast.ago(1200)
    )
    gone.session("UI")
    gone.harmless(FOUND, "the user is deactivated")
    candidate = cast.candidate("robert.service", "Robert Service", "name_only")
    candidate.session("UI")
    candidate.harmless(FOUND, "possibly a machine, which is not enough: Service is a family name")
    person = cast.person("apia.abbott", "Apia Abbott")
    person.session("UI")
    person.session("SubstituteUser")
    person.harmless(FOUND, "no machine: Apia and Abbott hold no word for one")
    known = cast.machine("hermes", "Hermes", BY_PROFILE, signal="")
    touched = cast.ago(seconds=120)
    known.session("UI", touched=touched)
    known.found(
        FOUND,
        session_count=1,
        session_types=["UI"],
        source_ips=["198.51.100.17"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=False,
    )
    # A session without a user, as the object allows
    cast.ledger.add(
        "AuthSession",
        UsersId=None,
        LoginType="Application",
        SessionType="UI",
        SourceIp="198.51.100.250",
        NumSecondsValid=7200,
        CreatedDate=cast.ago(hours=1),
        LastModifiedDate=cast.ago(hours=1),
    )
