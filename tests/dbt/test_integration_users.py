"""Who is an integration user: each reason of the rules alone, each edge of it, and who only looks like one."""

import pytest

from tests.dbt.orgs import Dbt, HandMadeOrg, salesforce_id

UNKNOWN = {"Browser": "Unknown"}
type_of = {"machine": "Remote Access 2.0", "person": "Application", "approval": "Remote Access 2.0"}


def login(
    org: HandMadeOrg, user: str, kind: str, count: int = 1, *, newest: float = 1, days: int = 1, **fields: object
) -> None:
    """Adds logins of a user, spread over so many days, the newest so many days ago."""
    for number in range(count):
        record = {
            "Id": f"{user[:10]}{kind[:2]}{number:04}{newest}",
            "UserId": user,
            "LoginTime": org.ago(days=newest + number % days, seconds=number),
            "LoginType": type_of.get(kind, kind),
            "LoginSubType": "OAuth Web Server" if kind == "approval" else None,
            "Status": "Success",
            "Browser": "Unknown" if kind == "machine" else "Chrome 141",
        }
        org.add("LoginHistory", **record | fields)


@pytest.fixture(scope="module")
def org_of_signals(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> HandMadeOrg:
    """An org in which every signal stands alone, beside what only looks like it."""
    org = HandMadeOrg(tmp_path_factory.mktemp("org") / "warehouse.duckdb")
    crm = org.license("SFDC", "Salesforce")
    for word in ("svc", "api", "integration", "sync", "etl", "bot", "batch", "Kopplung "):
        org.policy("name_words", word=word)
    org.policy("integration_usernames", username=" DECLARED@acme.example ")
    org.policy("username_patterns", pattern="kiosk-?@*")
    org.policy("username_patterns", pattern=" Till_%*@acme.example")
    org.policy("username_excludes", pattern="SVC.human*@*")

    declared_and_policy(org, crm)
    certain(org, crm)
    likely_and_possible(org, crm)
    system(org, crm)

    dbt.build(org, "--select", "+integration_users", "--indirect-selection", "cautious")
    return org


@pytest.fixture
def judged(org_of_signals: HandMadeOrg) -> dict[str, tuple[object, ...]]:
    """Every user with a reason: username's local part to (is integration user, confidence, reasons)."""
    rows = org_of_signals.rows("select * from marts.integration_users")
    return {
        row["username"].split("@")[0]: (row["is_integration_user"], row["confidence"], row["reasons"]) for row in rows
    }


def declared_and_policy(org: HandMadeOrg, crm: str) -> None:
    org.user("declared", crm)
    org.user("Kiosk-7", crm)
    org.user("kiosk-é", crm)
    org.user("kiosk-77", crm)
    org.user("till_%", crm)
    org.user("till-1", crm)
    org.user("svc.human.resources", crm)


def certain(org: HandMadeOrg, crm: str) -> None:
    org.user("licensed", org.license("SALESFORCE_INTEGRATION_USER", "Salesforce Integration User"))
    org.user("licensed.by.name", org.license("PID_Integration", "Salesforce Integration"))
    org.user(
        "known.profile",
        org.add(
            "Profile",
            Id=salesforce_id("00e", "known"),
            Name="Salesforce API Only System Integrations",
            UserLicenseId=salesforce_id("100", "SFDC"),
        ),
    )
    sets = {
        "plain": {},
        "session": {"HasActivationRequired": True},
        "group": {"PermissionSetGroupId": salesforce_id("0PG", "group"), "Type": "Group"},
    }
    for name, fields in sets.items():
        org.add(
            "PermissionSet", Id=salesforce_id("0PS", name), Name=name, Label=name, PermissionsApiUserOnly=True, **fields
        )
    org.add("PermissionSetGroup", Id=salesforce_id("0PG", "group"), DeveloperName="group")
    org.add(
        "PermissionSet",
        Id=salesforce_id("0PS", "muted"),
        Name="muted",
        PermissionSetGroupId=salesforce_id("0PG", "muted"),
        PermissionsApiUserOnly=False,
    )
    org.add("PermissionSetGroup", Id=salesforce_id("0PG", "muted"), DeveloperName="muted")
    org.add(
        "PermissionSetGroupComponent",
        PermissionSetGroupId=salesforce_id("0PG", "muted"),
        PermissionSetId=salesforce_id("0PS", "plain"),
    )
    held = {
        "limited": ("plain", {}),
        "limited.still": ("plain", {"IsActive": True, "IsRevoked": False, "ExpirationDate": org.ago(seconds=-1)}),
        "limited.by.group": ("group", {"PermissionSetGroupId": salesforce_id("0PG", "group")}),
        "not.until.now": ("plain", {"ExpirationDate": org.now}),
        "not.inactive": ("plain", {"IsActive": False}),
        "not.revoked": ("plain", {"IsRevoked": True}),
        "not.in.session": ("session", {}),
        "not.muted": ("plain", {"PermissionSetGroupId": salesforce_id("0PG", "muted")}),
    }
    for name, (permission_set, fields) in held.items():
        user = org.user(name, crm)
        org.add(
            "PermissionSetAssignment",
            Id=f"0Pa{name}",
            AssigneeId=user,
            PermissionSetId=salesforce_id("0PS", permission_set),
            **fields,
        )
    org.add(
        "PermissionSetLicense", Id=salesforce_id("0PL", "api"), PermissionSetLicenseKey="SalesforceAPIIntegrationPsl"
    )
    for name, revoked in (("with.psl", None), ("without.psl", True)):
        org.add(
            "PermissionSetLicenseAssign",
            Id=name,
            AssigneeId=org.user(name, crm),
            IsRevoked=revoked,
            PermissionSetLicenseId=salesforce_id("0PL", "api"),
        )


def likely_and_possible(org: HandMadeOrg, crm: str) -> None:
    def signalled(name: str, machine: int, person: int, **fields: object) -> str:
        user = org.user(name, crm, **fields)
        login(org, user, "machine", machine)
        login(org, user, "person", person)
        return user

    signalled("svc.nine.of.ten", 9, 1)
    signalled("svc.eight.of.nine", 8, 1)
    signalled("svc01", 1, 0)
    signalled("by.alias", 1, 0, Alias="APIUser")
    signalled("by.name", 1, 0, Name="Lager-Kopplung Nord")
    signalled("HTTPSync", 1, 0)
    signalled("rapid.apia", 5, 0, Name="Apia Abbott-Botha Etlinger", Alias="svcx")
    signalled("in.domain", 5, 0, Username="in.domain@api.example")
    login(org, org.user("svc.too.old", crm), "machine", newest=180)
    login(org, org.user("svc.just.within", crm), "machine", LoginTime=org.ago(180, seconds=-1))
    login(org, org.user("svc.failed", crm), "machine", Status="Invalid Password")
    login(org, org.user("svc.approved", crm), "approval", 3)
    for name, used in (("svc.token", org.ago(90, seconds=-1)), ("svc.old.token", org.ago(90))):
        user = org.user(name, crm)
        org.add("OauthToken", UserId=user, AppName="App", LastUsedDate=used, UseCount=9)
        login(org, user, "person")
    for name, count, days in (("machinelike", 100, 14), ("ninety.nine", 99, 14), ("thirteen.days", 100, 13)):
        login(org, org.user(name, crm), "machine", count, days=days)
    for name, extra in (("once.by.person", "person"), ("once.approved", "approval")):
        user = org.user(name, crm)
        login(org, user, "machine", 100, days=14)
        login(org, user, extra, newest=20)
    user = org.user("once.with.browser", crm)
    login(org, user, "machine", 100, days=14)
    login(org, user, "machine", newest=30, Browser="Chrome 115")
    for name, browser in (("soap.client", "Java (Salesforce.com)"), ("lower.case", "java"), ("null.browser", None)):
        user = org.user(name, crm)
        login(org, user, "machine", 99, days=14)
        login(org, user, "machine", newest=30, Browser=browser)
    gone = org.user("bot.gone", crm, IsActive=False)
    login(org, gone, "machine", 2)


def system(org: HandMadeOrg, crm: str) -> None:
    org.user("automated.api", None, UserType="AutomatedProcess")
    org.user("without.profile.svc", None)
    org.user("guest.bot", crm, UserType="Guest")
    org.user("cloud", crm, UserType="CloudIntegrationUser")
    org.user("agent", org.license("PID_DigitalAgent_Sales", "Agent"))
    org.user("named.like.system", org.license("OTHER_KEY", "XOrg Proxy User"))
    org.user("agent.by.name", org.license("OTHER_INSIGHTS", "sales insights Integration User"))
    org.user("nearly.named", org.license("OTHER_NAME", "Sales Insights Integration Users"))
    org.user("unread.profile", salesforce_id("00e", "hidden"))
    org.user("tomorrow.type", crm, UserType="Tomorrow")


DECLARED, CERTAIN, LIKELY, POSSIBLE = "declared", "certain", "likely", "possible"
EXPECTED = {
    "declared": (True, DECLARED, ["policy_username"]),
    "Kiosk-7": (True, DECLARED, ["policy_pattern"]),
    "kiosk-é": (True, DECLARED, ["policy_pattern"]),
    "till_%": (True, DECLARED, ["policy_pattern"]),
    "svc.human.resources": (False, None, ["policy_exclude", "name_only"]),
    "licensed": (True, CERTAIN, ["integration_license"]),
    "licensed.by.name": (True, CERTAIN, ["integration_license"]),
    "known.profile": (True, CERTAIN, ["integration_profile"]),
    "limited": (True, CERTAIN, ["api_only_permission"]),
    "limited.still": (True, CERTAIN, ["api_only_permission"]),
    "limited.by.group": (True, CERTAIN, ["api_only_permission"]),
    "with.psl": (True, CERTAIN, ["integration_psl"]),
    "svc.nine.of.ten": (True, LIKELY, ["name_and_behavior"]),
    "svc.eight.of.nine": (False, POSSIBLE, ["name_only"]),
    "svc01": (True, LIKELY, ["name_and_behavior"]),
    "by.alias": (True, LIKELY, ["name_and_behavior"]),
    "by.name": (True, LIKELY, ["name_and_behavior"]),
    "HTTPSync": (True, LIKELY, ["name_and_behavior"]),
    "svc.too.old": (False, POSSIBLE, ["name_only"]),
    "svc.just.within": (True, LIKELY, ["name_and_behavior"]),
    "svc.failed": (False, POSSIBLE, ["name_only"]),
    "svc.approved": (False, POSSIBLE, ["name_only"]),
    "svc.token": (True, LIKELY, ["name_and_behavior"]),
    "svc.old.token": (False, POSSIBLE, ["name_only"]),
    "machinelike": (False, POSSIBLE, ["behavior_only"]),
    "bot.gone": (True, LIKELY, ["name_and_behavior"]),
    "automated.api": (False, None, ["system_user"]),
    "without.profile.svc": (False, None, ["system_user"]),
    "guest.bot": (False, None, ["system_user"]),
    "cloud": (False, None, ["system_user"]),
    "agent": (False, None, ["system_user"]),
    "agent.by.name": (False, None, ["system_user"]),
    "soap.client": (False, POSSIBLE, ["behavior_only"]),
}
NOBODY = [
    "kiosk-77", "not.until.now", "not.inactive", "not.revoked", "not.in.session", "not.muted", "without.psl",
    "rapid.apia", "in.domain", "ninety.nine", "thirteen.days", "once.by.person", "once.approved", "once.with.browser",
    "unread.profile", "tomorrow.type", "nearly.named", "lower.case", "null.browser",
    "named.like.system",
]  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_reasons_and_confidence(judged: dict[str, tuple[object, ...]], name: str) -> None:
    assert judged[name] == EXPECTED[name]


@pytest.mark.parametrize("name", NOBODY)
def test_who_only_looks_like_one(judged: dict[str, tuple[object, ...]], name: str) -> None:
    assert name not in judged


def test_nobody_else_is_named(judged: dict[str, tuple[object, ...]]) -> None:
    assert judged.keys() == EXPECTED.keys()
