"""Small odd orgs: nulls, ties, limits to the second, any script, ids that differ by case, every list of the policy."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.dbt.needs import GAPS
from tests.dbt.oracle import odd_access, odd_activity, odd_people
from tests.dbt.oracle.odd_org import Extraction, OddOrg, Row
from tests.dbt.oracle.pools import (
    APP_NAMES,
    CONNECTED_APPS,
    EXTERNAL_APPS,
    NAMES,
    NOWS,
    PROFILES,
    USERS,
    WORDS,
    moments,
)  # fmt: skip
from tests.dbt.orgs import THRESHOLDS

EDITIONS = ("Enterprise Edition", "Unlimited Edition", "Professional Edition", "Developer Edition", None)
PATTERNS = ("SVC*", " *@acme.example ", "etl_sync%*", "?vc*", "*ſ*", "*😀*", "nobody*", "*")
NETWORKS = ("203.0.113.0/24", "198.51.0.0/16", "10.0.0.1", "2001:db8:1::/48", "2001:DB8::/32", "0.0.0.0/0", "::1/128")
PRICES = [
    (kind, key)
    for kind, keys in (
        ("user_license", ("SFDC", "AUL", "ODD_KEY", "SALESFORCE_INTEGRATION_USER", "PID_CHATTER", "PID_Login_Seats")),
        ("permission_set_license", ("SalesforceAPIIntegrationPsl", "OddPsl", "Odd_Package_Psl", "Odd.Package_Psl")),
    )
    for key in keys
]


@st.composite
def thresholds(draw: st.DrawFn) -> dict[str, int]:
    """The shipped ones, or with some changed; logins are known for longer than any."""
    days = {name: st.sampled_from((0, 1, 7, 30, 45, 91, 180)) for name in THRESHOLDS if name.endswith("_days")}
    counts = {name: st.integers(name == "unassigned_seats_min", 3) for name in THRESHOLDS if name not in days}
    changed = draw(st.just({}) | st.fixed_dictionaries({}, optional=days | counts))
    return THRESHOLDS | changed


def _several(column: str, values: st.SearchStrategy[str], most: int = 2) -> st.SearchStrategy[list[Row]]:
    rows = st.lists(values, max_size=most, unique=True)
    return st.just([]) | rows.map(lambda these: [{column: each} for each in these])


def _odd_case(name: str) -> st.SearchStrategy[str]:
    """A name as people write it into a policy."""
    return st.sampled_from((name, f"  {name.upper()} ", name.lower(), f" {name}"))


@st.composite
def _justified(draw: st.DrawFn, usernames: st.SearchStrategy[str], now: datetime) -> list[Row]:
    days = [now.date() + timedelta(days=by) for by in (-1, 0, 1)]
    permissions = st.sampled_from(("ModifyAllData", "ManageUsers", "ViewAllData", "DataExport"))
    rows = st.fixed_dictionaries({"username": usernames, "permission": permissions, "expires": st.sampled_from(days)})
    return draw(st.lists(rows, max_size=5))


@st.composite
def policies(draw: st.DrawFn, users: list[Row], now: datetime) -> dict[str, list[Row]]:
    """Every list of the policy, by names that are there in other case and blanks, and ids of 15 and 18 characters."""
    usernames = st.sampled_from([each["Username"] for each in users]).flatmap(_odd_case)
    ids = st.sampled_from([*CONNECTED_APPS, *EXTERNAL_APPS]).flatmap(
        lambda it: st.sampled_from((it, it[:15], f" {it}"))
    )
    apps = st.sampled_from(APP_NAMES).flatmap(_odd_case) | ids
    price = st.sampled_from([Decimal(each) for each in ("0.00", "12.00", "1234.56")])
    prices = st.fixed_dictionaries({}, optional=dict.fromkeys(PRICES, price))
    return {
        "integration_usernames": draw(_several("username", usernames)),
        "username_patterns": draw(_several("pattern", st.sampled_from(PATTERNS[:-1]))),
        "username_excludes": draw(st.just([]) | _several("pattern", st.sampled_from(PATTERNS))),
        "name_words": [{"word": each} for each in (*WORDS, *draw(st.sampled_from(((), ("abbott",), ("ωμέγα",)))))],
        "approved_apps": draw(_several("app", apps)),
        "decommissioned_apps": draw(_several("app", apps)),
        "known_networks": draw(_several("network", st.sampled_from(NETWORKS))),
        "justified_permissions": draw(_justified(usernames, now)),
        "prices": [
            {"license_kind": kind, "license_key": key, "annual_price": price, "currency": "USD"}
            for (kind, key), price in draw(prices).items()
        ],
    }


@st.composite
def odd_orgs(draw: st.DrawFn) -> OddOrg:
    """An org that was read whole."""
    now, limits = draw(st.sampled_from(NOWS)), draw(thresholds())
    when = moments(now, sorted({90, 180, *(days for name, days in limits.items() if name.endswith("_days"))}))
    users = draw(odd_people.people(when))
    policy = draw(policies(users, now))
    # The usual integration user, without whom most types have nothing to find.
    if draw(st.sampled_from((True, True, False))):
        users[0] |= {"UserType": "Standard", "IsActive": True, "Alias": draw(st.sampled_from(NAMES[:4]))}
        users[0]["ProfileId"] = users[0]["ProfileId"] or PROFILES[0]
        if draw(st.sampled_from((True, True, False))):
            policy["integration_usernames"].append({"username": draw(_odd_case(users[0]["Username"]))})
    who = st.sampled_from([users[0]["Id"]] * 8 + [each["Id"] for each in users] + USERS)
    organization = {
        "Id": "00D000000000001AAA",
        "Name": "Acme",
        "OrganizationType": draw(st.sampled_from(EDITIONS)),
        "IsSandbox": draw(st.sampled_from((False, False, False, True))),
    }
    tables = {
        "Organization": st.just([organization]),
        "User": st.just(users),
        "Profile": odd_people.profiles(),
        "UserLicense": odd_people.user_licenses(),
        "UserLogin": odd_people.frozen(users),
        "PermissionSet": odd_access.permission_sets(),
        "PermissionSetGroup": odd_access.groups(),
        "PermissionSetGroupComponent": odd_access.components(),
        "PermissionSetAssignment": odd_access.assignments(users, who, when),
        "PermissionSetLicense": odd_access.set_licenses(now),
        "PermissionSetLicenseAssign": odd_access.license_assignments(who, when),
        "AuthSession": odd_activity.sessions(who, when, now),
        "LoginHistory": odd_activity.logins(who, when, now),
        "OauthToken": odd_activity.tokens(who, when),
        "AppMenuItem": odd_activity.menu_items(),
        "ConnectedApplication": odd_activity.installed(CONNECTED_APPS, "Name"),
        "ExternalClientApplication": odd_activity.installed(EXTERNAL_APPS, "MasterLabel", "DeveloperName"),
    }
    read = {name: draw(rows) for name, rows in tables.items()}
    tried = draw(odd_activity.attempts(read["OauthToken"]))
    read["LoginHistory"] += tried
    for user in users:  # else a later login hides what its tokens' last uses were
        if user["Id"] in {each["UserId"] for each in tried} and draw(st.booleans()):
            user["LastLoginDate"] = now - timedelta(days=400)
    for name in draw(st.just(()) | st.lists(st.sampled_from(sorted(read)), unique=True)):
        read[name] = [_with_short_references(row) for row in read[name]]
    return with_gaps(
        OddOrg(read, policy, limits, now),
        draw(st.sampled_from((True, True, False)).flatmap(lambda whole: st.just([]) if whole else gaps())),
    )


def _with_short_references(row: Row) -> Row:
    """A row that names other records by the 15 characters that Salesforce's older interfaces give."""
    return {name: it[:15] if it and name.endswith("Id") and name != "Id" else it for name, it in row.items()}


def gaps() -> st.SearchStrategy[list[str]]:
    """Some of the gaps that the rules know, one an object at most."""
    return st.lists(st.sampled_from(sorted(GAPS)), min_size=1, max_size=2, unique_by=lambda name: GAPS[name][0])


def with_gaps(org: OddOrg, names: list[str]) -> OddOrg:
    """The same org, of which less could be read."""
    for sobject, how, _, _ in (GAPS[name] for name in names):
        org.extractions[sobject] = Extraction(**how)
        if org.extraction(sobject).status in {"hidden", "failed", "own_rows"}:
            org.tables[sobject] = []
        for row in org.tables[sobject]:
            row |= dict.fromkeys(org.extraction(sobject).missing_fields)
    return org
