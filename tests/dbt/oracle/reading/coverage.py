"""How far each finding type can be evaluated where something could not be read."""

from tests.dbt.needs import ALL, GAPS, SIGNALLED
from tests.dbt.oracle.reading import people
from tests.dbt.oracle.reading.org import Org


def statuses(org: Org) -> dict[str, str]:
    """Evaluated, partial or not evaluated, for each type."""
    not_evaluated: set[str] = set()
    partial: set[str] = set()
    for sobject, how, lost, doubtful in GAPS.values():
        if org.is_read_as(sobject, how):
            not_evaluated |= lost
            partial |= doubtful
    if any(
        user["IsActive"] and not people.is_system_user(org, user) and people.license_of(org, user) is None
        for user in org.all("User")
    ):
        partial |= SIGNALLED
    if org.is_whole("ConnectedApplication") and not org.all("ConnectedApplication") and org.all("OauthToken"):
        partial.add("unmanaged_app")
    found = dict.fromkeys(ALL, "evaluated") | dict.fromkeys(partial, "partial")
    return found | dict.fromkeys(not_evaluated, "not_evaluated")
