"""The company's decisions: known integration users, apps, thresholds, prices, justifications, waivers.

The models are the `policy` section of `spendready.yml`; `policy.load` writes them to tables that the rules read.
"""

import re
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from spendready_pipeline.catalog.finding_models import PREFIX, finding_models
from spendready_pipeline.catalog.powerful_permissions import POWERFUL_PERMISSIONS
from spendready_pipeline.config.section import Day, IsNumber, Section, Text, one_of

NAME_WORDS = (
    "integration",
    "api",
    "svc",
    "service",
    "bot",
    "etl",
    "sync",
    "automation",
    "middleware",
    "connector",
    "interface",
    "webservice",
    "batch",
    "system",
    "daemon",
    "robot",
    "rpa",
    "webhook",
    "mulesoft",
    "boomi",
    "informatica",
    "fivetran",
    "workato",
    "zapier",
    "talend",
    "jitterbit",
    "celigo",
    "snaplogic",
    "matillion",
    "airbyte",
    "hightouch",
)
"""Words in a username, name or alias that hint at an integration user; `integration_users.name_words` adds to them."""


def finding_types() -> frozenset[str]:
    """Returns the names of the finding types: those with a model in the dbt project."""
    return frozenset(path.stem.removeprefix(PREFIX) for path in finding_models())


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("must be a network such as 203.0.113.0/24, with all host bits zero") from None


def _word(text: str) -> str:
    """Names are split at every sign and between letters and digits, so no other word would ever match."""
    if not re.fullmatch(r"[^\W\d_]+|\d+", text):
        raise ValueError("must be one word, of letters only or digits only: names are split into such words")
    return text.lower()


def _username_pattern(text: str) -> str:
    """No username contains a bracket: `svc-[ab]*` is meant as a set, and would match nobody."""
    if "[" in text or "]" in text:
        raise ValueError("[ ] is not supported: use * (any characters) and ? (one character), or several patterns")
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("must be a currency code such as USD")
    return text


MAX_DAYS = 36_500
"""A hundred years in days: beyond it, date arithmetic leaves the range of dates."""
Count = Annotated[int, IsNumber, Field(ge=0, le=MAX_DAYS)]
PositiveCount = Annotated[int, IsNumber, Field(ge=1, le=MAX_DAYS)]
Price = Annotated[Decimal, IsNumber, Field(ge=0, max_digits=18, decimal_places=2)]
UsernamePattern = Annotated[Text, AfterValidator(_username_pattern)]
FindingTypeName = Annotated[Text, AfterValidator(one_of("finding type", finding_types))]
Permission = Annotated[Text, AfterValidator(one_of("powerful permission", lambda: POWERFUL_PERMISSIONS))]


class IntegrationUsers(Section):
    """Which users are integration users whatever their behavior, and which are not."""

    usernames: tuple[Text, ...] = ()
    username_patterns: tuple[UsernamePattern, ...] = ()
    exclude: tuple[UsernamePattern, ...] = ()
    name_words: tuple[Annotated[Text, AfterValidator(_word)], ...] = ()


class JustifiedPermissions(Section):
    """Powerful permissions of one user that an owner justifies, until the end of a UTC day."""

    username: Text
    permissions: Annotated[list[Permission], Field(min_length=1)]
    reason: Text
    owner: Text
    expires: Day


class Waiver(Section):
    """A finding that the company accepts, until the end of a UTC day."""

    finding_type: FindingTypeName
    subject: Text
    reason: Text
    owner: Text
    expires: Day


class Thresholds(Section):
    """Where a finding begins: days of 24 hours, or a count."""

    stale_token_days: Count = 90
    never_used_token_days: Count = 7
    inactive_user_days: Count = 90
    never_logged_in_days: Count = 30
    dormant_integration_days: Count = 90
    login_window_days: PositiveCount = 30
    temporary_access_days: Count = 30
    max_applications: Count = 1
    max_interactive_networks: Count = 1
    max_countries: Count = 2
    unassigned_seats_min: PositiveCount = 1


class Prices(Section):
    """What the company pays a year for one seat, by license key; it overrides list prices."""

    currency: Annotated[Text, AfterValidator(_currency)] = "USD"
    user_licenses: dict[Text, Price] = Field(default_factory=dict)
    permission_set_licenses: dict[Text, Price] = Field(default_factory=dict)

    def overridden_by(self, other: "Prices | None") -> "Prices":
        """Returns these prices with those of `other`; only those of `other` where its currency differs."""
        if other and "currency" in other.model_fields_set and other.currency != self.currency:
            return other
        return super().overridden_by(other)


class Policy(Section):
    """All decisions of the company about one org."""

    integration_users: IntegrationUsers = IntegrationUsers()
    approved_apps: tuple[Text, ...] = ()
    decommissioned_apps: tuple[Text, ...] = ()
    known_networks: tuple[Annotated[Text, AfterValidator(_network)], ...] = ()
    justified_permissions: tuple[JustifiedPermissions, ...] = ()
    thresholds: Thresholds = Thresholds()
    prices: Prices = Prices()
    waivers: tuple[Waiver, ...] = ()
