"""Who is a machine, who may be one, who is neither: each reason alone, and each edge of it."""

from datetime import datetime, timedelta

from demo_org.content.cast import BY_PROFILE, LEGACY, Cast, MachineKind
from demo_org.content.company import DOMAIN
from demo_org.content.members import Member

DECLARED_USERNAME = f"paula.rechnung@{DOMAIN}"
DECLARED_PATTERN = "kiosk-*@*"
EXCLUDE = "svc.human.*@*"
OWN_NAME_WORD = "kopplung"
"""What the demo policy says of users; see `policy`."""

CRM_LICENSE_ONLY = MachineKind("sales", (), api_only=False)
NOBODY = "integration_user_on_interactive_license"
"""The finding type under which those that are no machines stand as look-alikes: all are on a person's licence."""


def core(cast: Cast) -> None:
    """The platform's own users, a declared machine, a likely one, a possible one, and people with telling names."""
    automated = cast.system(
        "autoproc@00d.example", "Automated Process", None, "the user has no profile", user_type="AutomatedProcess"
    )
    automated.token("system_only", created=cast.ago(600), last_used=cast.ago(300)).harmless(
        "stale_oauth_token", "a token of a system user"
    )
    guest = cast.system("help@sites.meridian.example", "Help Center Guest User", "guest", "a site's guest user")
    guest.session("UserSite")
    cast.system("cloud@00d.example", "Platform Integration User", "cloud", "a cloud integration user of the platform")
    # In nearly every org; nobody can freeze, deactivate or change them (Salesforce Help 000384569, 005385258)
    cast.system("integration@00d.example", "Integration User", "insights", "the platform's analytics user").session(
        "UI"
    )
    cast.system("insightssecurity@00d.example", "Security User", "insights_security", "its security user")
    declared = cast.machine(
        DECLARED_USERNAME,
        "Paula Rechnung",
        CRM_LICENSE_ONLY,
        signal="",
        confidence="declared",
        declared=["policy_username"],
    )
    declared.login(cast.ago(70))
    declared.harmless("integration_user_interactive_login", "its browser login is 70 days old")
    likely = cast.machine("o.brien.etl", "Órla O'Brien ETL", CRM_LICENSE_ONLY, calls=9)
    likely.login(cast.ago(60))
    likely.harmless(
        "integration_user_interactive_login", "nine of ten logins are a machine's, and the tenth is too old"
    )
    possible = cast.candidate("data.sync", "Weekly Sync", "name_only", last_login=cast.ago(40))
    possible.login(cast.ago(40))
    possible.calls(8)
    possible.harmless(NOBODY, "eight of nine activities are a machine's: less than 90 %, so possible at most")
    cast.person("jan.etlinger", "Jan Etlinger").harmless(NOBODY, "Etlinger holds no word for a machine")


def edges(cast: Cast) -> None:
    """Each reason alone, each edge of behaviour, each way to write a name."""
    _system(cast)
    _policy(cast)
    _certain(cast)
    _likely(cast)
    _possible(cast)
    _behavior(cast)
    _names(cast)


def _system(cast: Cast) -> None:
    for local, profile in (
        ("insightsintegration", "sales_insights"),
        ("salesforceiq", "sales_iq"),
        ("b2bma", "b2bma"),
        ("cpq", "cpq"),
    ):
        own = cast.system(
            f"{local}@00d.example", "Integration User", profile, "Salesforce's own, by its license's name"
        )
        for finding_type in ("integration_user_excess_permissions", "dormant_integration_user"):
            own.harmless(finding_type, "Salesforce's own integration user")
    cast.system("support@00d.example", "Premier Support", "premier", "Salesforce's support, by its license's name")
    cast.system("agent@00d.example", "Einstein Service Bot", "agent", "an agent's user, by its licence")
    cast.system("proxy@00d.example", "Cross Org Proxy", "proxy", "a proxy user, by its licence")
    cast.system("legacy.noprofile", "Platform Security User", None, "no profile, whatever its type")


def _policy(cast: Cast) -> None:
    pattern = cast.machine(
        "Kiosk-Lobby", "Empfang 受付", CRM_LICENSE_ONLY, signal="", confidence="declared", declared=["policy_pattern"]
    )
    touched = cast.ago(seconds=90)
    pattern.session("UI", touched=touched)
    pattern.found(
        "integration_user_ui_session",
        session_count=1,
        session_types=["UI"],
        source_ips=["198.51.100.17"],
        first_session_at=touched,
        last_session_at=touched,
        login_as=False,
    )
    near = cast.person("kiosks.manager", "Kiko Sakamoto")
    near.session("UI")
    near.harmless("integration_user_ui_session", "its username only nearly matches the policy's pattern")
    excluded = cast.person("svc.human.resources", "Human Resources Desk", last_login=cast.ago(1))
    excluded.login(cast.ago(1))
    excluded.session("UI")
    cast.ledger.integration_user(excluded.id, excluded.username, None, ["policy_exclude", "name_only"])
    excluded.harmless("integration_user_interactive_login", "the policy excludes it")
    shared = cast.person("svc.human.training", "Training Desk", "api_only", last_login=cast.ago(120))
    shared.seat("api", "user_dormant")
    cast.ledger.integration_user(
        shared.id,
        shared.username,
        None,
        [
            "policy_exclude",
            "integration_license",
            "api_only_permission",
            "integration_psl",
            "integration_profile",
            "name_only",
        ],
    )
    shared.harmless("dormant_integration_user", "the policy excludes it, so it is judged as a person")
    shared.found(
        "inactive_user",
        last_activity_at=cast.ago(120),
        days_inactive=120,
        never_logged_in=False,
        is_frozen=False,
        license_name=shared.license_name,
    )


def _certain(cast: Cast) -> None:
    cast.machine("athena", "Athena", MachineKind("bare_machine", ("integration_license",)), signal="").harmless(
        "integration_user_not_api_only", "nothing stops a browser login but its licence, which is enough"
    )
    own = MachineKind("own_api_only", ("integration_license", "api_only_permission"))
    cast.machine("ikarus", "Ikarus", own, signal="").harmless(NOBODY, "an integration license and a profile of its own")
    by_set = cast.machine("minerva", "Minerva", MachineKind("sales", ("api_only_permission",)), signal="")
    by_set.holds("api_only", expires=cast.ago(seconds=-1))
    by_set.harmless("integration_user_not_api_only", "its API-only set still holds for a second")
    by_psl = cast.machine("juno", "Juno", MachineKind("legacy_crm", ("integration_psl",), api_only=False), signal="")
    by_psl.seat("api", why="an assigned set needs the licence")
    by_psl.holds("machine_api")
    returned = cast.person("ceres.lindqvist", "Ceres Lindqvist")
    returned.seat("api", revoked=True, why="it was taken back")
    returned.harmless(NOBODY, "no machine: its licence for API integrations was taken back")
    cast.machine("vesta", "Vesta", BY_PROFILE, signal="")


def _likely(cast: Cast) -> None:
    by_uses = cast.machine("fiori.connector", "Fiori Connector", CRM_LICENSE_ONLY, calls=0, last_login=cast.ago(50))
    by_uses.login(cast.ago(50))
    by_uses.token("sap", created=cast.ago(300), last_used=cast.ago(90, seconds=-1), uses=9).harmless(
        "stale_oauth_token", "used a second less than 90 days ago"
    )
    by_uses.harmless("integration_user_interactive_login", "nine uses of a token and one browser login, 50 days old")
    too_old = cast.machine("svc01", "Kassen Nord", CRM_LICENSE_ONLY, calls=1)
    for day in (180, 181):
        too_old.login(cast.ago(day))
    too_old.harmless("integration_user_interactive_login", "its browser logins are 180 days old: beyond what counts")
    by_alias = cast.machine("gudrun.halle", "Gudrun Halle", CRM_LICENSE_ONLY, alias="APIUser", calls=12)
    by_alias.harmless("inactive_user", "a machine by its alias")
    cast.machine("lagerKopplung", "Lager Nord", LEGACY, calls=5).harmless(
        "inactive_user", "a machine by the policy's own word"
    )
    approved = cast.machine("mulesoft.crm", "MuleSoft CRM", LEGACY, calls=3)
    for number in range(5):
        approved.login(cast.ago(10, hours=number), "Remote Access 2.0", sub_type="OAuth Web Server")
    approved.harmless("integration_user_interactive_login", "approvals count neither for it nor against it")


def _possible(cast: Cast) -> None:
    unused = cast.candidate("middleware.test2", "Ladung 荷物", "name_only", last_login=cast.ago(12))
    unused.harmless(NOBODY, "a telling name without any machine's login")
    old_uses = cast.candidate("old.connector", "Dockside", "name_only", last_login=cast.ago(33))
    old_uses.login(cast.ago(33))
    old_uses.token("sap", created=cast.ago(400), last_used=cast.ago(90), uses=5000).stale(90)
    old_uses.harmless(NOBODY, "its token's uses are 90 days old, so they do not count as a machine's activity")
    failed = cast.candidate("batch.failing", "Fehlläufer", "name_only", last_login=cast.ago(33))
    for number in range(20):
        failed.call(cast.ago(5, hours=number), status="Invalid Password")
    failed.harmless(NOBODY, "its machine logins failed")


def _days(cast: Cast, count: int, days: int) -> list[datetime]:
    """Returns moments spread over so many different days (UTC), the last of them yesterday."""
    noon = cast.ledger.now.replace(hour=12, minute=0, second=0)
    return [noon - timedelta(days=1 + number % days, minutes=number // days) for number in range(count)]


def _behavior(cast: Cast) -> None:
    def caller(local: str, name: str, count: int, days: int, reason: str = "") -> Member:
        if reason:
            member = cast.candidate(local, name, reason, last_login=cast.ago(1))
        else:
            member = cast.person(local, name, last_login=cast.ago(1))
        for at in _days(cast, count, days):
            member.call(at, "Warehouse Loader")
        return member

    caller("oduya.ferro", "Oduya Ferro", 100, 14, "behavior_only").harmless(
        NOBODY, "100 machine logins over 14 days make it possible, no more"
    )
    caller("nils.quist", "Nils Quist", 99, 14).harmless(NOBODY, "99 machine logins")
    caller("ana.prates", "Ana Prates", 100, 13).harmless(NOBODY, "100 machine logins, but over 13 days")
    soap = cast.candidate("soap.lindqvist", "Sofia Åhlund", "behavior_only", last_login=cast.ago(1))
    for at in _days(cast, 100, 14):
        soap.call(at, "N/A", kind="Other Apex API", sub_type="SOAP API", browser="Java (Salesforce.com)")
    soap.harmless(NOBODY, "a SOAP client that calls itself Java: possible, no more")
    phone = cast.person("jonas.feld", "Jonas Feld", last_login=cast.ago(1))
    for at in _days(cast, 100, 14):
        phone.call(at, "Salesforce for iOS", kind="Remote Access Client")
    phone.harmless(NOBODY, "the mobile app of a person, though its browser is Unknown")
    person = caller("li.wen", "李 文", 100, 14)
    person.login(cast.ago(40))
    person.harmless(NOBODY, "100 machine logins, but one with a browser, too")
    person = caller("yusuf.kaya", "Yusuf Kaya", 100, 14)
    person.login(cast.ago(20), "Remote Access 2.0", sub_type="OAuth Web Server", browser="Unknown")
    person.harmless(NOBODY, "100 machine logins, but one approval, too")
    person = caller("ines.duarte", "Inês Duarte", 100, 14)
    person.call(cast.ago(3), "Warehouse Loader", browser="Chrome 115")
    person.harmless(NOBODY, "100 machine logins, but not every browser is Unknown")


def _names(cast: Cast) -> None:
    cast.person("mara.lindt@api.meridian.example", "Mara Lindt").harmless(
        NOBODY, "the word stands in the domain of its username"
    )
    cast.person("pia.systermans", "Pia Systermans").harmless(NOBODY, "no whole word for a machine")
    cast.person("batchelor.kim", "Kim Batchelor").harmless(NOBODY, "no whole word for a machine")
    renamed = cast.machine("HTTPSyncer.north", "HTTPSync North", LEGACY, calls=4)
    renamed.harmless("inactive_user", "a machine by its name: HTTP and Sync are two words")
