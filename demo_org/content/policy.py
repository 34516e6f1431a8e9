"""What the demo company has decided: the `policy` section of the spendready.yml that audits its org."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_org.content.apps import APPS, Apps
from demo_org.content.company import DOMAIN, LICENSES, PSLS, READER_USERNAME, SeatLicense
from demo_org.content.company import License as UserLicense
from demo_org.content.identities import (
    DECLARED_PATTERN,
    DECLARED_USERNAME,
    EXCLUDE,
    OWN_NAME_WORD,
)
from demo_org.content.idle import NO_LONGER_WAIVED, WAIVED
from demo_org.content.ids import Ids
from demo_org.content.ledger import Ledger
from demo_org.content.permissions import JUSTIFIED, LAPSED, PARTLY
from demo_org.content.sharing import KNOWN_NETWORK


def demo_policy(seed: int, now: datetime) -> dict[str, Any]:
    """Returns the policy of a demo org, as plain values that YAML can hold.

    It hides no planted finding but those that are planted as justified or waived.

    Args:
        seed: The org's seed: apps are named by their ids, too.
        now: The moment that the org was built for.
    """
    today = now.date()
    return {
        "integration_users": {
            "usernames": [f"  {DECLARED_USERNAME.upper()} "],
            "username_patterns": [DECLARED_PATTERN],
            "exclude": [EXCLUDE],
            "name_words": [OWN_NAME_WORD],
        },
        "approved_apps": _apps(seed, now, "approved_as"),
        "decommissioned_apps": _apps(seed, now, "decommissioned_as"),
        "known_networks": [KNOWN_NETWORK],
        "justified_permissions": [
            {
                "username": READER_USERNAME,
                "permissions": [
                    "AssignPermissionSets",
                    "CustomizeApplication",
                    "ManageInternalUsers",
                    "ManageLoginAccessPolicies",
                    "ManageProfilesPermissionsets",
                    "ManageSharing",
                    "ManageUsers",
                    "ResetPasswords",
                ],
                "reason": "The weekly audit reads tokens, sessions and freeze states; Manage Users turns on the others",
                "owner": "security@" + DOMAIN,
                "expires": today + timedelta(days=180),
            },
            {
                "username": JUSTIFIED.title(),
                "permissions": ["ViewAllData"],
                "reason": "Copies every object into the warehouse; to be cut down to named objects",
                "owner": "data@" + DOMAIN,
                "expires": today,
            },
            {
                "username": LAPSED,
                "permissions": ["DataExport"],
                "reason": "Mirror for the year-end audit",
                "owner": "finance@" + DOMAIN,
                "expires": today - timedelta(days=1),
            },
            {
                "username": PARTLY,
                "permissions": ["ManageUsers"],
                "reason": "Anonymises users who left",
                "owner": "privacy@" + DOMAIN,
                "expires": today + timedelta(days=90),
            },
        ],
        "prices": {
            "currency": "USD",
            "user_licenses": _prices(LICENSES),
            "permission_set_licenses": _prices(PSLS),
        },
        "waivers": [
            {
                "finding_type": "inactive_user",
                "subject": WAIVED,
                "reason": "On parental leave",
                "owner": "hr@" + DOMAIN,
                "expires": today + timedelta(days=60),
            },
            {
                "finding_type": "inactive_user",
                "subject": NO_LONGER_WAIVED,
                "reason": "On a sabbatical",
                "owner": "hr@" + DOMAIN,
                "expires": today - timedelta(days=1),
            },
        ],
    }


def _apps(seed: int, now: datetime, named: str) -> list[str]:
    apps = Apps(Ledger(Ids(seed), now, is_sandbox=False, everything=True))
    names: list[str] = []
    for key, app in APPS.items():
        how = getattr(app, named)
        app_id = apps.ids[key] or ""
        if how and not app.spelling_of:
            names.append({"label": app.label, "name": app.name, "id15": app_id[:15], "id18": app_id}[how])
    return names


def _prices(licenses: dict[str, UserLicense] | dict[str, SeatLicense]) -> dict[str, int | float]:
    return {
        getattr(each, "developer_name", "") or each.key: _plain(each.price)
        for each in licenses.values()
        if each.price is not None
    }


def _plain(price: Decimal) -> int | float:
    return int(price) if price == int(price) else float(price)
