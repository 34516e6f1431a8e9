"""Every finding of odd orgs is what a slow reading of the rules says: nothing too much, nothing missing."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings

from tests.dbt.oracle.built import Models
from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.oracle.odd_orgs import odd_orgs
from tests.dbt.oracle.reading.expected import (
    READINGS,
    expected_coverage,
    expected_findings,
    expected_integration_users,
)
from tests.finding_types import TYPES

SALESFORCE_ID = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00")
HASH = re.compile(r"[0-9a-f]{64}")

PROFILE = settings.get_profile("full" if settings.get_current_profile_name() == "full" else "odd")


def test_every_rule_has_a_reading() -> None:
    assert READINGS.keys() == TYPES.keys(), "tests/dbt/oracle/reading/expected.py has a reading of each rule"


@settings(PROFILE)
@given(org=odd_orgs())
def test_findings_are_what_the_rules_say(models: Models, org: OddOrg) -> None:
    models.build(org)
    built = comparable([*models.findings(), *models.integration_users(), *models.coverage()])
    said = comparable([*expected_findings(org), *expected_integration_users(org), *expected_coverage(org)])
    assert (built - said, said - built) == (Counter(), Counter()), "what was found alone, and what the rules say alone"


def comparable(rows: Iterable[Row]) -> Counter[str]:
    """Rows as text: ids by what they are compared on, moments in UTC, money as a number, lists of columns sorted."""
    return Counter(json.dumps(_value(row), ensure_ascii=False, sort_keys=True) for row in rows)


def _value(value: Any) -> Any:
    match value:
        case dict():
            return {name: _value(each) for name, each in value.items()}
        case list():
            return [_value(each) for each in value]
        case tuple():  # what a token's key is a hash of
            return "hash"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Decimal():
            return str(value.quantize(Decimal("0.01")))
        case str() if MOMENT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        case str() if HASH.fullmatch(value):
            return "hash"
        case str() if SALESFORCE_ID.fullmatch(value):
            return value[:15]
    return value
