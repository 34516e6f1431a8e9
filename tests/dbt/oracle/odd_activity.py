"""What users did: logins, sessions, tokens; and the apps that the tokens are of."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.pools import (
    APP_NAMES,
    CONNECTED_APPS,
    EXTERNAL_APPS,
    MENU_ITEMS,
    SESSIONS,
    Moments,
    Rows,
    apps,
    mostly,
    numbered,
    part,
    some,
)  # fmt: skip
from tests.dbt.oracle.reading.words import seed
from tests.dbt.orgs import salesforce_id

LOGIN_KINDS = [(row["login_type"] or "Application", row["login_sub_type"] or None) for row in seed("login_kinds")]
SESSION_TYPES = [row["session_type"] for row in seed("session_types")]
KINDS = st.sampled_from(
    [
        ("Application", None), ("SysAdmin Switch", None), ("Remote Access 2.0", None), ("Other Apex API", None),
        ("Remote Access 2.0", "OAuth Username-Password"), ("Remote Access 2.0", "OAuth Refresh Token"),
        ("Remote Access 2.0", "OAuth Web Server"), ("Odd Type", None), (None, None), ("Application", "Odd"),
        ("Application", "UI Password Reset"), ("Remote Access 2.0", "UI Password Reset"), ("Data Junction", ""),
    ]
) | st.sampled_from(LOGIN_KINDS)  # fmt: skip
ADDRESSES = st.sampled_from(
    (None, "", "Salesforce.com IP", "203.0.113.9", "203.0.113.250", "198.51.100.7", "10.0.0.1", "2001:db8:1::7",
     "2001:db8:1:ffff::8", "2001:DB8:2::1", "::1", "256.1.1.1", "1.2.3", "not an address", "2001:db8::1::2")
)  # fmt: skip
UI_TYPES = (
    "UI", "Aura", "Visualforce", "Content", "LightningContainerComponent", "SubstituteUser", "TempUIFrontdoor",
    "ChatterNetworks", "SiteStudio",
)  # fmt: skip
COUNTRIES = st.sampled_from((None, "", "DE", "US", "FR", "NZ"))
AROUND_A_DAY = [timedelta(seconds=each) for each in (-1, 0, 0, 43_200, 86_399, 86_399, 86_400)]
STATUSES = st.sampled_from(("Success",) * 6 + ("Invalid Password", "Failed: Odd", None))


def _seldom_nobody(who: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """A user; in one record of ten none, for Salesforce's describe calls these references nillable."""
    return st.sampled_from((True,) * 9 + (False,)).flatmap(lambda named: who if named else st.none())


@st.composite
def _bursts(draw: st.DrawFn, who: st.SearchStrategy[str], now: datetime) -> list[Row]:
    """Many machine logins of one user, evenly over some days: around the limits of what a machine is."""
    if not draw(st.sampled_from((False, False, True))):
        return []
    user, count, days = draw(who), draw(st.sampled_from((9, 18, 99, 100, 101))), draw(st.sampled_from((12.9, 14.5, 30)))
    last = now - timedelta(hours=draw(st.sampled_from((0, 7))), days=draw(st.sampled_from((0, 0, 150))))
    browser = draw(st.sampled_from(("Unknown", "Unknown", "Java (Salesforce.com)", "java", None)))
    return [
        {
            "UserId": user, "LoginTime": last - timedelta(days=days) * number / count, "Status": "Success",
            "LoginType": "Remote Access 2.0", "Application": "Loader", "Browser": browser,
        }
        for number in range(count)
    ]  # fmt: skip


@st.composite
def logins(draw: st.DrawFn, who: st.SearchStrategy[str], when: Moments, now: datetime) -> list[Row]:
    """Logins of every kind; a login always has a time."""
    recent = st.sampled_from([now - timedelta(days=each) for each in (1, 2, 3)])
    fields = {
        "UserId": _seldom_nobody(who), "LoginTime": when.map(lambda at: at or now) | recent,
        "kind": KINDS, "Status": STATUSES,
        "Application": apps(), "Browser": st.sampled_from((None, "Unknown", "Chrome 130", "Java")),
        "SourceIp": ADDRESSES, "CountryIso": COUNTRIES,
    }  # fmt: skip
    rows = draw(some(14, **fields))
    for row in rows:
        row["LoginType"], row["LoginSubType"] = row.pop("kind")
    return numbered("0Ya", rows + draw(_bursts(who, now)))


@st.composite
def sessions(draw: st.DrawFn, who: st.SearchStrategy[str], when: Moments, now: datetime) -> list[Row]:
    """Sessions of every type that end around now; a parent is another of them, or not there."""
    rows = []
    for identity in SESSIONS[: draw(st.integers(0, len(SESSIONS)))]:
        seconds = draw(st.sampled_from((None, 0, 60, 7200)))
        ends = now + timedelta(seconds=draw(st.sampled_from((-1, 0, 1, 60))))
        rows.append(
            {
                "Id": identity, "UsersId": draw(_seldom_nobody(who)),
                "CreatedDate": draw(when), "NumSecondsValid": seconds,
                "SessionType": draw(st.sampled_from((*UI_TYPES, *SESSION_TYPES, "UI", "TempUiFrontdoor", "Odd", None))),
                "SourceIp": draw(ADDRESSES),
                "LastModifiedDate": draw(st.just(ends - timedelta(seconds=seconds or 0)) | when),
                "ParentId": draw(st.sampled_from((None, None, salesforce_id("0Ak", "gone"), *SESSIONS))),
            }
        )  # fmt: skip
    return rows


@st.composite
def tokens(draw: st.DrawFn, who: st.SearchStrategy[str], when: Moments) -> list[Row]:
    """Tokens, some without an Id, some sharing one, some equal in everything."""
    fields = {
        "Id": st.sampled_from((None, *(salesforce_id("0CQ", each) for each in ("t", "T", "u", "v")))),
        "UserId": _seldom_nobody(who),
        "AppName": apps(), "AppMenuItemId": st.sampled_from((None, *MENU_ITEMS, salesforce_id("0DS", "gone"))),
        "CreatedDate": when, "LastUsedDate": when, "UseCount": st.sampled_from((None, 0, 1, 9, 10, 100)),
    }  # fmt: skip
    rows = draw(some(6, **fields))
    again = draw(part([row | {"Id": str(row["Id"])} for row in rows])) if rows else []
    return rows + [row | {"Id": None} for row in again]


@st.composite
def attempts(draw: st.DrawFn, tokens: list[Row]) -> list[Row]:
    """Logins to the tokens' apps around the day of their last use, most of them failed, the app spelled in any way."""
    used = [each for each in tokens if each["LastUsedDate"] is not None and each["AppName"] is not None]
    if not used:
        return []
    rows = []
    for token in draw(st.lists(st.sampled_from(used), min_size=1, max_size=4)):
        name = token["AppName"]
        day = token["LastUsedDate"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        rows.append(
            {
                "UserId": token["UserId"],
                "LoginTime": day + draw(st.sampled_from(AROUND_A_DAY)),
                "LoginType": "Remote Access 2.0",
                "Status": draw(st.sampled_from(("Restricted IP",) * 4 + ("Success", None))),
                "Application": draw(
                    st.sampled_from((name, name, name.upper(), f" {name}!", name.replace(" ", "-"), "Odd"))
                ),
                "Browser": "Unknown",
            }
        )
    return numbered("0Yb", rows)


def menu_items() -> Rows:
    """Where tokens' menu items lead: an app that is installed, one that is not, or nowhere."""
    ids = (None, *CONNECTED_APPS, *EXTERNAL_APPS, salesforce_id("0H4", "gone"))
    rows = st.tuples(
        *(st.fixed_dictionaries({"Id": st.just(each), "ApplicationId": st.sampled_from(ids)}) for each in MENU_ITEMS)
    )
    return rows.map(list).flatmap(mostly)


def installed(ids: list[str], *names: str) -> Rows:
    """Connected or external client apps, with names of one or two kinds; two may share a name."""
    fields = {name: st.sampled_from((*APP_NAMES, None)) for name in names}
    rows = st.tuples(*(st.fixed_dictionaries({"Id": st.just(each)} | fields) for each in ids))
    return rows.map(list).flatmap(mostly)
