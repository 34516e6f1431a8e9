"""Machines that were signed in to by a person, and logins that do not count."""

from demo_org.content.cast import FULL_LICENSE, LEGACY, Cast

FOUND = "integration_user_interactive_login"
INTERACTIVE = (
    "Application",
    "Certificate-based login",
    "Chatter Communities External User",
    "Community",
    "Customer Service Portal",
    "Customer Service Portal Third-Party SSO",
    "Employee Login to Community",
    "HOTP YubiKey",
    "Help And Training",
    "Lightning Login",
    "Partner Portal",
    "Partner Portal Third-Party SSO",
    "Passwordless Login",
    "Passwordless Login via Passkeys",
    "SAML Customer Service Portal SSO",
    "SAML Idp Initiated SSO",
    "SAML Partner Portal SSO",
    "SAML Sfdc Initiated SSO",
    "SAML Site SSO",
    "Salesforce.com Website",
    "Self-Service",
    "Third Party SSO",
)
"""Labels of logins in a browser (describe of LoginHistory.LoginType, API 66)."""
MACHINES = (
    "AJAX Toolkit",
    "Apex Office Toolkit",
    "AppExchange",
    "DB Replication",
    "DataJunction",
    "Excel Integration",
    "Networks Portal API Only",
    "Offline Client",
    "Outlook Integration",
    "Partner Product",
    "Salesforce Outlook Integration",
    "Sync",
)
"""Labels of programs' logins; Remote Access 2.0 and Other Apex API have stories of their own."""
NEITHER = ("AppStore", "Order Center", "Sales Anywhere", "Signup", "Validate")
"""Labels that are known to be neither a person's nor a program's."""
APPROVALS = (
    "OAuth Web Server",
    "OAuth User-Agent",
    "OAuth User-Agent with ID Token",
    "OAuth Web Server for Hybrid Apps",
    "OAuth User-Agent for Hybrid Apps",
)
"""Labels of sub-types with which a person approved an app."""
MACHINE_SUB_TYPES = (
    "OAuth Client Credentials",
    "OAuth Refresh Token",
    "OAuth Refresh Token for Hybrid Apps",
    "OAuth Token Exchange",
    "OAuth Token Exchange for Hybrid Apps",
    None,
)


def core(cast: Cast) -> None:
    """A machine on a person's licence that someone signs in to, and one whose only login is too old by a moment."""
    machine = cast.machine("svc.billing", "Billing Service", LEGACY)
    first, last = cast.ago(20), cast.ago(hours=5)
    machine.login(first, "SAML Sfdc Initiated SSO", ip="198.51.100.30", country="PL", browser="Firefox 143")
    machine.login(last)
    machine.found(
        FOUND,
        login_count=2,
        login_types=["Application", "SAML Sfdc Initiated SSO"],
        source_ips=["198.51.100.17", "198.51.100.30"],
        countries=["DE", "PL"],
        browsers=["Chrome 141", "Firefox 143"],
        first_login_at=first,
        last_login_at=last,
    )
    old = cast.machine("svc.freight", "Freight Service")
    old.login(cast.ago(30))
    old.harmless(FOUND, "its only browser login is exactly 30 days old: outside the window")


def edges(cast: Cast) -> None:
    """Each label, each edge of the window, each login that does not count."""
    _labels(cast)
    _moments(cast)
    _not_counting(cast)


def _labels(cast: Cast) -> None:
    every = cast.machine("api.partners", "Partners API", FULL_LICENSE, calls=250)
    at = cast.ago(4)
    for label in INTERACTIVE:
        every.login(at, label, browser="Safari 18")
    every.found(
        FOUND,
        login_count=len(INTERACTIVE),
        login_types=list(INTERACTIVE),
        source_ips=["198.51.100.17"],
        countries=["DE"],
        browsers=["Safari 18"],
        first_login_at=at,
        last_login_at=at,
    )
    login_as = cast.machine("batch.nightly", "Nightly Batch")
    at = cast.ago(9)
    login_as.login(at, "SysAdmin Switch", ip="Salesforce.com IP", country=None)
    login_as.found(
        FOUND,
        login_count=1,
        login_types=["SysAdmin Switch"],
        source_ips=["Salesforce.com IP"],
        countries=[],
        browsers=["Chrome 141"],
        first_login_at=at,
        last_login_at=at,
    )


def _moments(cast: Cast) -> None:
    for local, name, at in (
        ("svc.customs", "Customs Service", cast.ago(30, seconds=-1)),
        ("svc.parcels", "Parcels Service", cast.ago(seconds=-90)),
    ):
        machine = cast.machine(local, name, last_login=max(at, cast.ago(0.05)))
        machine.login(at, "Lightning Login")
        machine.found(
            FOUND,
            login_count=1,
            login_types=["Lightning Login"],
            source_ips=["198.51.100.17"],
            countries=["DE"],
            browsers=["Chrome 141"],
            first_login_at=at,
            last_login_at=at,
        )


def _not_counting(cast: Cast) -> None:
    failed = cast.machine("svc.labels", "Labels Service")
    for status in (
        "Invalid Password",
        "Failed: Missing Consumer Key Parameter, see\nthe app's <setup>",
        "Restricted IP",
    ):
        failed.login(cast.ago(2), status=status)
    failed.harmless(FOUND, "its browser logins failed")
    approval = cast.machine("svc.newsletter", "Newsletter Service")
    for sub_type in APPROVALS:
        approval.login(cast.ago(3), "Remote Access 2.0", sub_type=sub_type, application="Campaigns 🚀 日本語")
    approval.login(cast.ago(3), "Remote Access Client", application="Campaigns 🚀 日本語")
    approval.harmless(FOUND, "a person approved an app in its name: neither a browser session nor a machine's login")
    machine_only = cast.machine("svc.exports", "Exports Service", calls=0, last_login=cast.ago(1))
    for machine_sub_type in MACHINE_SUB_TYPES:
        machine_only.call(cast.ago(1), sub_type=machine_sub_type)
    for label in MACHINES:
        machine_only.call(cast.ago(2), kind=label)
    machine_only.harmless(FOUND, "every login is a machine's, refresh and token exchange included")
    unknown = cast.machine("svc.robots", "Lager Service")
    for label in ("Quantum Login", *NEITHER):
        unknown.login(cast.ago(2), label)
    unknown.harmless(FOUND, "a login type that is unknown or none of either is neither a browser's nor a machine's")
    invited = cast.machine("svc.arrivals", "Arrivals Service")
    invited.login(cast.ago(6), sub_type="UI Password Reset")
    invited.harmless(FOUND, "its password was set by the link in a mail")
    gone = cast.machine("svc.telex", "Telex Service", active=False, psl_unused=["user_inactive"])
    gone.login(cast.ago(6))
    gone.harmless(FOUND, "the user is deactivated")
    candidate = cast.candidate("willem.bot", "Willem Bot", "name_only")
    candidate.harmless(FOUND, "possibly a machine, which is not enough: Bot is a family name")
    person = cast.person("thandi.botha", "Thandi Botha")
    person.harmless(FOUND, "no machine: Botha holds no word for one")
