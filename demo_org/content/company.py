"""The company whose org this is: its licences, profiles and permission set licences."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from demo_org.content.ledger import Ledger
from demo_org.content.powerful import TIER_0, TIER_1, TIER_2

NAME = "Meridian Instruments – Präzision & Café"
DOMAIN = "meridian.example"
READER_USERNAME = f"spendready@{DOMAIN}"
"""The user that the audit signs in as."""


@dataclass(frozen=True)
class License:
    """A user licence.

    Attributes:
        key: LicenseDefinitionKey (Object Reference, UserLicense; those of machines as seen in the field).
        spare: Seats that nobody holds.
        price: A seat's price a year by the demo policy; None where the company has not given one.
        findable: Its spare seats are a finding.
        harmless: Else why they are none.
        monthly_logins: Logins a month that it is paid by, and that were used; None where it is paid by seats.
    """

    name: str
    key: str
    spare: int = 0
    price: Decimal | None = None
    findable: bool = False
    harmless: str = ""
    status: str = "Active"
    monthly_logins: tuple[int, int] | None = None

    @property
    def seat_price(self) -> Decimal | None:
        """What a seat costs a year; None where it is paid by logins: the policy's price is not of a seat."""
        return None if self.monthly_logins or self.key.endswith("_Login") else self.price


LICENSES = {
    "crm": License("Salesforce", "SFDC", 7, Decimal(2100), findable=True),
    "platform": License("Salesforce Platform", "AUL", 0, Decimal(300), harmless="every seat is taken"),
    "partner": License("Partner Community", "PID_Partner_Community", 1, Decimal("420.50"), findable=True),
    "machine": License("Salesforce Integration", "SALESFORCE_INTEGRATION_USER", 3, harmless="no price"),
    "chatter_free": License("Chatter Free", "PID_CHATTER_FREE", 4990, harmless="no price"),
    "chatter_external": License("Chatter External", "PID_CHATTER_EXTERNAL", 500, harmless="no price"),
    "one_app": License("Lightning Platform - One App", "FDC_ONE", 10, Decimal(0), harmless="its price is zero"),
    "knowledge": License(
        "Knowledge Only User", "PID_KNOWLEDGE", 25, Decimal(600), harmless="the licence is disabled", status="Disabled"
    ),
    # Paid by logins: some twenty seats come with each login of a month
    "community_login": License(
        "Customer Community Login",
        "PID_Customer_Community_Login",
        4000,
        Decimal(24),
        monthly_logins=(200, 12),
        harmless="paid by logins, not by seats",
    ),
    "partner_login": License(
        "Partner Community Login",
        "PID_Partner_Community_Login",
        400,
        Decimal(60),
        harmless="paid by logins, as its key says",
    ),
    "chatter_only": License("Chatter Only", "PID_CHATTER", 2, harmless="no price"),
    "limited_free": License("Salesforce Limited Access - Free", "PID_LIMITED_ACCESS_FREE", 900, harmless="no price"),
    "guest": License("Guest User License", "PID_Guest_User", 24),
    "insights": License("Analytics Cloud Integration User", "INSIGHTS_INTEGRATION_USER", 1),
    "sales_insights": License("Sales Insights Integration User", "PID_SALES_INSIGHTS_INTEGRATION", 1),
    "sales_iq": License("SalesforceIQ Integration User", "PID_SALESFORCEIQ_INTEGRATION", 1),
    "b2bma": License("B2BMA Integration User", "PID_B2BMA_INTEGRATION"),
    "cpq": License("CPQ Integration User", "PID_CPQ_INTEGRATION"),
    "premier": License("Premier Support", "PID_PREMIER_SUPPORT"),
    "cloud": License("Cloud Integration User", "CLOUD_INTEGRATION_USER"),
    "agent": License("Einstein Agent", "PID_DigitalAgent_Service", 9),
    "proxy": License("XOrg Proxy User", "PID_XOrg_Proxy_User"),
}
"""PID_CHATTER is Chatter Only; the keys of Chatter Free and of most of the platform's own are not published."""

ADMIN = (
    "ApiEnabled", "ViewSetup", "ViewAllUsers", "ViewAllProfiles", "MonitorLoginHistory",
    *TIER_0, *TIER_1, *TIER_2,
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A profile: its licence (a key of LICENSES), and what its own permission set gives."""

    name: str
    license: str
    permissions: tuple[str, ...] = ()
    user_type: str = "Standard"


API_ONLY = ("ApiEnabled", "ApiUserOnly")

PROFILES = {
    "admin": Profile("System Administrator", "crm", ADMIN),
    "sales": Profile("Vertrieb / Sales", "crm", ("ApiEnabled",)),
    "support": Profile("Customer Care", "crm"),
    "platform": Profile("Standard Platform User", "platform"),
    "partner": Profile("Partner Community User", "partner", user_type="PowerPartner"),
    "community_login": Profile("Customer Community Login User", "community_login", user_type="CspLitePortal"),
    "api_only": Profile("Minimum Access - API Only Integrations", "machine", API_ONLY),
    "own_api_only": Profile("Machine Interfaces", "machine", API_ONLY),
    "bare_machine": Profile("Connected Machines", "machine", ("ApiEnabled",)),
    "api_only_crm": Profile("API Only CRM", "crm", API_ONLY),
    "legacy_crm": Profile("Legacy Interfaces", "crm", ("ApiEnabled",)),
    "platform_machine": Profile("Platform Interfaces", "platform", API_ONLY),
    "known_profile": Profile("Salesforce API Only System Integrations", "crm", ("ApiEnabled",)),
    "chatter_free": Profile("Chatter Free User", "chatter_free", user_type="CsnOnly"),
    "chatter_external": Profile("Chatter External User", "chatter_external", user_type="CsnOnly"),
    "guest": Profile("Help Center Profile", "guest", user_type="Guest"),
    "chatter_only": Profile("Chatter Only User", "chatter_only"),
    "limited_free": Profile("Limited Access User", "limited_free", ("ApiEnabled",)),
    "insights": Profile(
        "Analytics Cloud Integration User",
        "insights",
        (*API_ONLY, "QueryAllFiles", "ViewAllData", "ViewAllUsers", "ViewSetup"),
    ),
    "insights_security": Profile("Analytics Cloud Security User", "insights", (*API_ONLY, "ViewAllUsers", "ViewSetup")),
    "sales_insights": Profile(
        "Sales Insights Integration User", "sales_insights", (*API_ONLY, "ViewAllData", "ViewAllUsers", "ViewSetup")
    ),
    "sales_iq": Profile("SalesforceIQ Integration User", "sales_iq", (*API_ONLY, "ViewAllData", "ViewSetup")),
    "b2bma": Profile("B2BMA Integration User", "b2bma", (*API_ONLY, "ViewAllData", "ViewAllUsers", "ViewSetup")),
    "cpq": Profile("CPQ Integration User", "cpq", API_ONLY),
    "premier": Profile("Premier Support User", "premier", ADMIN),
    "cloud": Profile("Cloud Integration User", "cloud", ("ApiEnabled",), user_type="CloudIntegrationUser"),
    "agent": Profile("Einstein Agent User", "agent", ("ApiEnabled",)),
    "proxy": Profile("Cross Org Data Proxy User", "proxy"),
}
"""`known_profile` is one of the profiles known for machines, on a full licence and without API Only User."""


ROLES = {
    "admin": "IT & Security",
    "sales": "Vertrieb Europa",
    "support": "Customer Care",
    "platform": "運用 Operations",
}
"""Roles below the management's, by the profile whose people have them."""


@dataclass(frozen=True)
class SeatLicense:
    """A permission set licence; `expires` in days from today, `offers` are its MaximumPermissions.

    `developer_name` is its DeveloperName where that is not its key, and then what the policy's price calls it.
    """

    label: str
    key: str
    spare: int
    price: Decimal | None = None
    findable: bool = False
    harmless: str = ""
    expires: int | None = None
    status: str = "Active"
    offers: tuple[str, ...] = ()
    developer_name: str = ""


PSLS = {
    "api": SeatLicense("Salesforce API Integration", "SalesforceAPIIntegrationPsl", 50, harmless="no price",
                       offers=("ApiEnabled", "ApiUserOnly")),
    "analytics": SeatLicense("CRM Analytics Plus", "EinsteinAnalyticsPlusPsl", 0, Decimal(900),
                             harmless="every seat is taken"),
    "dispatch": SeatLicense("Field Service Dispatcher", "FieldServiceDispatcherPsl", 12, harmless="no price"),
    "encryption": SeatLicense("Platform Encryption", "PlatformEncryptionPsl", 1, Decimal(480), findable=True,
                              offers=("ManageEncryptionKeys",)),
    "sales_user": SeatLicense("Sales User", "SalesUserPsl", 30, harmless="no price"),
    "identity": SeatLicense("Identity Connect", "IdentityConnect", 5, harmless="no price"),
    "ends_today": SeatLicense("Survey Response Pack", "SurveyResponsePackPsl", 4, Decimal(60), findable=True,
                              expires=0),
    "ended": SeatLicense("Einstein Call Coaching", "EinsteinCallCoachingPsl", 20, Decimal(240), expires=-1,
                         harmless="it expired yesterday"),
    "disabled": SeatLicense("Maps Advanced", "MapsAdvancedPsl", 8, Decimal(150), harmless="the licence is disabled",
                            status="Disabled"),
    "cpq": SeatLicense("Salesforce CPQ License", "SalesforceCPQ.CPQStandardPerm", 7, Decimal(900), findable=True,
                       developer_name="SalesforceCPQ_CPQStandardPerm"),
    "overdrawn": SeatLicense("Inbox", "InboxPsl", -1, Decimal(300), harmless="more seats are used than bought"),
}  # fmt: skip


class Company:
    """The company's licences, profiles and permission set licences, with the ids they have in this org.

    Attributes:
        license_ids: Id by key of LICENSES.
        profile_ids: Id by key of PROFILES.
        profile_set_ids: Id of the permission set that a profile owns, by key of PROFILES.
        psl_ids: Id by key of PSLS.
        role_ids: Id by key of ROLES.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        ledger.add(
            "Organization",
            Name=NAME,
            OrganizationType="Enterprise Edition",
            InstanceName="CS42" if ledger.is_sandbox else "EU42",
            IsSandbox=ledger.is_sandbox,
        )
        management = ledger.add("UserRole", Name="Management", DeveloperName="Management", PortalType="None")
        self.role_ids = {
            key: ledger.add(
                "UserRole", Name=name, DeveloperName=f"Role_{key}", PortalType="None", ParentRoleId=management
            )
            for key, name in ROLES.items()
        }
        self.license_ids = {
            key: ledger.add(
                "UserLicense",
                Name=each.name,
                MasterLabel=each.name,
                LicenseDefinitionKey=each.key,
                Status=each.status,
                TotalLicenses=each.spare,
                UsedLicenses=0,
                MonthlyLoginsEntitlement=each.monthly_logins[0] if each.monthly_logins else None,
                MonthlyLoginsUsed=each.monthly_logins[1] if each.monthly_logins else None,
            )
            for key, each in LICENSES.items()
        }
        self.psl_ids = {key: self._seat_license(each, ledger.now.date()) for key, each in PSLS.items()}
        self.profile_ids = {
            key: ledger.add(
                "Profile", Name=each.name, UserLicenseId=self.license_ids[each.license], UserType=each.user_type
            )
            for key, each in PROFILES.items()
        }
        self.profile_set_ids = {key: self._own_set(key, each) for key, each in PROFILES.items()}

    def _seat_license(self, each: SeatLicense, today: date) -> str:
        expires = None if each.expires is None else (today + timedelta(days=each.expires)).isoformat()
        return self.ledger.add(
            "PermissionSetLicense",
            DeveloperName=each.developer_name or each.key,
            MasterLabel=each.label,
            PermissionSetLicenseKey=each.key,
            Status=each.status,
            TotalLicenses=each.spare,
            UsedLicenses=0,
            ExpirationDate=expires,
            **{f"MaximumPermissions{name}": True for name in each.offers},
        )

    def _own_set(self, key: str, profile: Profile) -> str:
        profile_id = self.profile_ids[key]
        return self.ledger.add(
            "PermissionSet",
            Name=f"X{profile_id}",
            Label=f"X{profile_id}",
            Type="Profile",
            IsOwnedByProfile=True,
            IsCustom=False,
            HasActivationRequired=False,
            ProfileId=profile_id,
            LicenseId=self.license_ids[profile.license],
            **{f"Permissions{name}": True for name in profile.permissions},
        )
