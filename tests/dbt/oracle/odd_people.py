"""Users, and the licences and profiles that make them what they are."""

from hypothesis import strategies as st

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.pools import (
    FLAGS,
    GONE_PROFILE,
    LICENSES,
    PROFILES,
    USER_NAMES,
    USERS,
    Moments,
    Rows,
    mostly,
    numbered,
)  # fmt: skip
from tests.dbt.oracle.reading.words import seed

LICENSE_KINDS = [
    ("SFDC", "Salesforce"),
    ("SFDC", "Salesforce"),
    ("AUL", "Salesforce Platform"),
    ("PID_FDC_FREE", "Force.com - Free"),
    ("SALESFORCE_INTEGRATION_USER", "Salesforce Integration"),
    (None, "Salesforce Integration"),
    (None, None),
    ("PID_CHATTER", "Chatter Free"),
    ("PID_Customer_Community_Login", "Customer Community Login"),
    (None, "Partner Community Login"),
    ("PID_Login_Seats", "Login Seats"),
    ("PID_DigitalAgentX", "Agent"),
    ("CLOUD_INTEGRATION_USER", "Cloud Integration User"),
    ("ODD_KEY", "Odd 😀"),
    ("XORG_GUEST", "Guest User License"),
    ("sfdc", "Lower"),
    ("PID_IDENTITY", "Identity"),
    ("PID_CHATTER", "Chatter Only"),
    ("PID_CHATTER", "Odd"),
    ("AUL", "Salesforce"),
    ("SFDC", "chatter free"),
    ("ODD_KEY", "SALESFORCEIQ integration user"),
    ("SFDC", "Premier Support"),
    ("INSIGHTS_INTEGRATION_USER", "Odd"),
]
KNOWN_LICENSES = [
    (row["license_key"].replace("*", "X") or None, row["license_name"] or None) for row in seed("license_categories")
]
PROFILE_NAMES = [
    "Standard User", "System Administrator", "Minimum Access - API Only Integrations",
    "Analytics Cloud Integration User", "Analytics Cloud Security User",
    "Odd 😀", None,
]  # fmt: skip
USER_TYPES = ["Standard"] * 12 + [
    "Guest",
    "AutomatedProcess",
    "CloudIntegrationUser",
    "CSNOnly",
    "GUEST",
    "Newcomer",
    None,
]
PLACES = ("@acme.example", "@ACME.example", "", "@api.example")


@st.composite
def people(draw: st.DrawFn, when: Moments) -> list[Row]:
    """One to six users, most of them active and Standard."""
    identities = draw(st.permutations(USERS))[: draw(st.integers(1, len(USERS)))]
    profile = st.sampled_from([*PROFILES, *PROFILES, *PROFILES, GONE_PROFILE, None])
    return [
        {
            "Id": identity,
            "Username": (draw(USER_NAMES).strip() or "x") + draw(st.sampled_from(PLACES)),
            "Name": draw(st.none() | USER_NAMES),
            "Alias": draw(st.none() | USER_NAMES),
            "UserType": draw(st.sampled_from(USER_TYPES)),
            "IsActive": draw(st.sampled_from((True, True, True, False))),
            "ProfileId": draw(profile),
            "LastLoginDate": draw(when),
            "CreatedDate": draw(when),
        }
        for identity in identities
    ]


@st.composite
def user_licenses(draw: st.DrawFn) -> list[Row]:
    """Licences of any kind, some of them twice, with any number of seats."""
    rows = []
    for identity in LICENSES:
        key, name = draw(st.sampled_from(LICENSE_KINDS) | st.sampled_from(KNOWN_LICENSES))
        rows.append(
            {
                "Id": identity,
                "Name": name,
                "MasterLabel": name,
                "LicenseDefinitionKey": key,
                "Status": draw(st.sampled_from(("Active", "Active", "Active", "Disabled", "Aktiv", None))),
                "TotalLicenses": draw(st.sampled_from((None, -1, 0, 2, 3, 4))),
                "UsedLicenses": draw(st.sampled_from((None, 0, 1, 2, 3))),
                "MonthlyLoginsEntitlement": draw(st.sampled_from((None, None, None, 0, 200))),
            }
        )
    return draw(mostly(rows))


@st.composite
def profiles(draw: st.DrawFn) -> list[Row]:
    """A profile for each licence; rows may be missing."""
    rows = [
        {
            "Id": identity,
            "Name": draw(st.sampled_from(PROFILE_NAMES)),
            "UserLicenseId": draw(st.sampled_from((license_id, license_id, license_id, None))),
        }
        for identity, license_id in zip(PROFILES, LICENSES, strict=True)
    ]
    return draw(mostly(rows))


def frozen(users: list[Row]) -> Rows:
    """UserLogin: one a user at most, of users that are there."""
    flags = st.tuples(*(st.fixed_dictionaries({"UserId": st.just(each["Id"]), "IsFrozen": FLAGS}) for each in users))
    return flags.map(lambda these: numbered("0Yw", list(these))).flatmap(mostly)
