"""What real orgs send, in small: who is accused there and who is not."""

from datetime import timedelta
from typing import Any

from tests.dbt.oracle.built import Models
from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.orgs import NOW, salesforce_id

ORGANIZATION = {
    "Id": "00D000000000001AAA",
    "Name": "Acme",
    "OrganizationType": "Enterprise Edition",
    "IsSandbox": False,
}
HEADLESS = {"Status": "Success", "Browser": "Unknown", "LoginType": "Remote Access 2.0"}
TOKEN = {"CreatedDate": NOW - timedelta(days=40), "LastUsedDate": NOW - timedelta(days=1), "UseCount": 9}


class Company:
    """An org that is put together record by record and built by the models.

    Args:
        models: The models, which build one org after another.
    """

    def __init__(self, models: Models) -> None:
        self.models = models
        self.tables: dict[str, list[Row]] = {"Organization": [ORGANIZATION]}
        self.policy: dict[str, list[Row]] = {"name_words": [{"word": "svc"}]}

    def add(self, prefix: str, sobject: str, **fields: Any) -> str:
        """Adds a record and gives its Id."""
        rows = self.tables.setdefault(sobject, [])
        rows.append({"Id": salesforce_id(prefix, f"x{len(rows):04}")} | fields)
        return str(rows[-1]["Id"])

    def user(
        self, username: str, license_name: str = "Salesforce", profile: str = "Sales", gives: tuple[str, ...] = ()
    ) -> str:
        """Adds an active user of a license and profile of its own, created long ago, that has never logged in."""
        license_id = self.add("100", "UserLicense", Name=license_name, LicenseDefinitionKey="KEY", Status="Active")
        profile_id = self.add("00e", "Profile", Name=profile, UserLicenseId=license_id)
        user = self.add(
            "005", "User", Username=username, UserType="Standard", IsActive=True, ProfileId=profile_id,
            CreatedDate=NOW - timedelta(days=800),
        )  # fmt: skip
        permissions = {f"Permissions{name}": True for name in gives}
        own = self.add("0PS", "PermissionSet", Name="X", IsOwnedByProfile=True, ProfileId=profile_id, **permissions)
        self.add("0Pa", "PermissionSetAssignment", AssigneeId=user, PermissionSetId=own, IsActive=True)
        return user

    def declare(self, username: str, license_name: str = "Salesforce Integration", **fields: Any) -> str:
        """Adds a user that the policy declares to be an integration user."""
        self.policy.setdefault("integration_usernames", []).append({"username": username})
        return self.user(username, license_name, **fields)

    def logins(self, user: str, count: int, *, days: int = 1, **fields: Any) -> None:
        """Adds logins of a user, spread over so many days up to yesterday."""
        for number in range(count):
            at = NOW - timedelta(days=1 + number % days, minutes=number)
            self.add("0Ya", "LoginHistory", UserId=user, LoginTime=at, **HEADLESS | fields)

    def token(self, user: str | None, app: str, **fields: Any) -> None:
        """Adds a token that was used yesterday."""
        self.add("0CQ", "OauthToken", UserId=user, AppName=app, **TOKEN | fields)

    def findings(self, *types: str) -> list[dict[str, Any]]:
        """Builds the org and gives its findings, or those of some types, by username and subject."""
        self.models.build(OddOrg(self.tables, self.policy))
        found = self.models.rows("select * from marts.findings order by username, subject_name")
        return [each for each in found if not types or each["finding_type"] in types]

    def judged(self) -> dict[str, tuple[bool, str | None, list[str]]]:
        """Builds the org and gives who is an integration user, how surely and why."""
        self.models.build(OddOrg(self.tables, self.policy))
        return {
            row["username"]: (row["is_integration_user"], row["confidence"], row["reasons"])
            for row in self.models.rows("select * from marts.integration_users")
        }


OWN_USERS = [
    ("insightsintegration@00d5g000001023keaa.ext", "Sales Insights Integration User", "Sales Insights Integration User",
     ("ApiUserOnly", "ViewAllData")),
    ("salesforceiq@00d5g000001023keaa", "SalesforceIQ Integration User", "SalesforceIQ Integration User",
     ("ApiUserOnly", "ViewAllData")),
    ("b2bma@00d5g000001023keaa", "B2BMA Integration User", "B2BMA Integration User",
     ("ApiUserOnly", "ViewAllData")),
    ("cpq@acme.example", "CPQ Integration User", "CPQ Integration User", ("ApiUserOnly",)),
    ("integration@00d5g000001023keaa.com", "Analytics Cloud Integration User", "Analytics Cloud Integration User",
     ("ApiUserOnly", "QueryAllFiles", "ViewAllData")),
    ("insightssecurity@00d5g000001023keaa.com", "Analytics Cloud Integration User", "Analytics Cloud Security User",
     ("ApiUserOnly",)),
]  # fmt: skip


def test_salesforces_own_integration_users_are_not_accused(models: Models) -> None:
    org = Company(models)
    for username, license_name, profile, gives in OWN_USERS:
        org.user(username, license_name, profile, gives)
    assert org.judged() == {username: (False, None, ["system_user"]) for username, *_ in OWN_USERS}
    assert org.findings() == []


def test_a_users_own_profile_of_such_a_name_makes_no_system_user(models: Models) -> None:
    org = Company(models)
    org.user("someone@acme.example", profile="Analytics Cloud Security User", gives=("ApiUserOnly", "ViewAllData"))
    assert org.judged()["someone@acme.example"] == (True, "certain", ["api_only_permission"])


def test_a_user_whose_profile_was_not_read_is_a_gap_and_no_system_user(models: Models) -> None:
    org = Company(models)
    org.user("svc.hidden@acme.example")
    org.user("svc.none@acme.example")
    org.tables["User"][0]["ProfileId"] = salesforce_id("00e", "hidden")
    org.tables["User"][1]["ProfileId"] = None
    judged = org.judged()
    assert judged["svc.hidden@acme.example"] == (False, "possible", ["name_only"])
    assert judged["svc.none@acme.example"] == (False, None, ["system_user"])


def test_login_types_of_programs_make_a_likely_integration_user(models: Models) -> None:
    org = Company(models)
    programs = (
        "AJAX Toolkit", "Apex Office Toolkit", "DB Replication", "DataJunction", "Excel Integration",
        "Outlook Integration", "Salesforce Outlook Integration",
    )  # fmt: skip
    for kind in (*programs, "AppStore", "Community"):
        org.logins(org.user(f"svc.{kind.lower().replace(' ', '.')}@acme.example"), 20, LoginType=kind)
    judged = org.judged()
    likely = {name for name, (_, confidence, _) in judged.items() if confidence == "likely"}
    assert likely == {f"svc.{kind.lower().replace(' ', '.')}@acme.example" for kind in programs}
    assert len(judged) == len(programs) + 2
    assert org.models.rows("select * from marts.coverage where reason is not null and reason like '%not known%'") == []


def test_a_password_that_is_set_by_the_mailed_link_is_no_interactive_login(models: Models) -> None:
    org = Company(models)
    user = org.declare("svc.new@acme.example")
    org.logins(user, 1, LoginType="Application", LoginSubType="UI Password Reset", Browser="Chrome 142")
    assert org.findings("integration_user_interactive_login") == []
    org.logins(user, 1, LoginType="Application", LoginSubType="UI Username-Password", Browser="Chrome 142")
    (found,) = org.findings("integration_user_interactive_login")
    assert found["username"] == "svc.new@acme.example"


def test_salesforces_own_clients_and_other_spellings_are_told_apart_from_unmanaged_apps(models: Models) -> None:
    org = Company(models)
    user = org.user("someone@acme.example")
    own = [
        "Dataloader Bulk",
        "Dataloader Partner",
        "Salesforce CLI",
        "Salesforce for iOS",
        "SalesforceA",
        "orgfarm_app_1",
    ]
    for app in (*own, "Orders_Bridge", "invoice push"):
        org.token(user, app)
    org.add("0xI", "ExternalClientApplication", MasterLabel="Orders Bridge", DeveloperName="Orders_Bridge")
    org.add("0H4", "ConnectedApplication", Name="Invoice Push")
    found = org.findings("unmanaged_app")
    assert {each["subject_name"]: (each["severity"], each["evidence"]["reasons"]) for each in found} == {
        app: ("low", ["salesforce_client"]) for app in own
    }
    assert all("If nobody does, revoke its tokens and block it." in each["remediation"] for each in found)
    org.policy["approved_apps"] = [{"app": "salesforce cli"}]
    found = org.findings("unmanaged_app")
    assert "Salesforce CLI" not in {each["subject_name"] for each in found}
    assert {each["severity"] for each in found} == {"medium"}


def test_app_usage_has_one_row_for_two_spellings_of_an_app(models: Models) -> None:
    org = Company(models)
    user = org.user("svc.orders@acme.example")
    org.token(user, "Orders Bridge")
    org.token(user, "Orders_Bridge")
    org.logins(user, 3, Application="orders bridge")
    org.add("0xI", "ExternalClientApplication", MasterLabel="Bridge for Orders", DeveloperName="Orders_Bridge")
    org.findings()
    (row,) = org.models.rows("select tokens, logins, app_id from marts.app_usage")
    assert (row["tokens"], row["logins"], row["app_id"][:3]) == (2, 3, "0xI")


def test_an_org_without_any_connected_app_accuses_none_of_not_being_installed(models: Models) -> None:
    org = Company(models)
    org.token(org.user("someone@acme.example"), "Salesforce CLI")
    org.token(org.user("another@acme.example"), "Invoice Push")
    (found,) = org.findings("unmanaged_app")
    assert (found["subject_name"], found["severity"]) == ("Salesforce CLI", "low")
    (coverage,) = org.models.rows("select status, reason from marts.coverage where finding_type = 'unmanaged_app'")
    assert coverage["status"] == "partial"
    assert "ConnectedApplication is empty though there are tokens" in coverage["reason"]


def test_a_soap_client_that_calls_itself_java_is_a_candidate(models: Models) -> None:
    org = Company(models)
    soap = {"LoginType": "Other Apex API", "LoginSubType": "SOAP API", "Application": "N/A"}
    for name, browser in (("java", "Java (Salesforce.com)"), ("unknown", "Unknown"), ("chrome", "Chrome 142")):
        org.logins(org.user(f"{name}@acme.example"), 130, days=65, Browser=browser, **soap)
    possible = (False, "possible", ["behavior_only"])
    assert org.judged() == {"java@acme.example": possible, "unknown@acme.example": possible}


def test_a_person_with_the_mobile_app_is_no_machine(models: Models) -> None:
    org = Company(models)
    person = org.user("someone@acme.example")
    org.logins(person, 130, days=65, LoginType="Remote Access Client", Application="Salesforce for iOS")
    assert org.judged() == {}


def test_data_loader_is_one_application_under_its_two_names(models: Models) -> None:
    org = Company(models)
    one, shared = org.declare("svc.loader@acme.example"), org.declare("svc.shared@acme.example")
    for user in (one, shared):
        for application in ("Dataloader Partner", "Dataloader Bulk"):
            org.logins(user, 20, LoginSubType="OAuth Refresh Token", Application=application)
    org.logins(shared, 1, Application="Another")
    (found,) = org.findings("shared_integration_credentials")
    assert found["username"] == "svc.shared@acme.example"
    assert found["evidence"]["applications"] == ["Another", "Dataloader Bulk"]


def test_a_vendors_known_network_is_not_counted(models: Models) -> None:
    org = Company(models)
    user = org.declare("svc.office@acme.example")
    for address in ("203.0.113.9", "198.51.100.7"):
        org.logins(user, 1, LoginType="Application", Browser="Chrome 142", SourceIp=address)
    assert len(org.findings("shared_integration_credentials")) == 1
    org.policy["known_networks"] = [{"network": "203.0.113.0/24"}]
    assert org.findings("shared_integration_credentials") == []


def test_a_session_type_is_compared_without_case(models: Models) -> None:
    org = Company(models)
    for name, kind in (("eca", "TempUiFrontdoor"), ("case", "TempUIFrontdoor")):
        org.add(
            "0Ak", "AuthSession", UsersId=org.declare(f"svc.{name}@acme.example"), SessionType=kind,
            NumSecondsValid=7200, LastModifiedDate=NOW,
        )  # fmt: skip
    found = org.findings("integration_user_ui_session")
    assert {each["username"]: (each["severity"], each["evidence"]["session_types"]) for each in found} == {
        "svc.eca@acme.example": ("high", ["TempUiFrontdoor"]),
        "svc.case@acme.example": ("high", ["TempUIFrontdoor"]),
    }
