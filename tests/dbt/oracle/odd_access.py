"""Permission sets of every kind, their groups and licences, and who holds them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.pools import (
    FLAGS,
    GROUP_SETS,
    GROUPS,
    PROFILE_SETS,
    PROFILES,
    PSLS,
    SET_NAMES,
    SETS,
    Moments,
    Rows,
    mostly,
    numbered,
    some,
)  # fmt: skip

GIVEN = ("ApiUserOnly", "ApiEnabled", "ModifyAllData", "ManageUsers", "ViewAllData", "DataExport")
MOSTLY_NOT = st.sampled_from((None, False, False, True))


def _permissions(prefix: str) -> dict[str, st.SearchStrategy[Any]]:
    return {f"{prefix}{name}": MOSTLY_NOT for name in GIVEN}


def _sets(ids: Iterable[str], **fields: st.SearchStrategy[Any]) -> list[st.SearchStrategy[Row]]:
    common = {
        "Name": st.sampled_from(SET_NAMES),
        "Label": st.sampled_from(SET_NAMES),
        "HasActivationRequired": st.sampled_from((None, False, False, False, True)),
    }
    licensed = {"LicenseId": st.sampled_from((None, None, *PSLS))}
    return [
        st.fixed_dictionaries({"Id": st.just(each)} | common | licensed | fields | _permissions("Permissions"))
        for each in ids
    ]


def permission_sets() -> Rows:
    """Sets of people, of profiles and the aggregated ones of groups; some are not there."""
    rows = _sets(SETS, Type=st.sampled_from(("Regular", "Session", None)), IsOwnedByProfile=st.none() | st.just(False))
    for identity, profile in zip(PROFILE_SETS, PROFILES, strict=True):
        rows += _sets([identity], Type=st.just("Profile"), IsOwnedByProfile=st.just(True), ProfileId=st.just(profile))
    for identity, group in zip(GROUP_SETS, GROUPS, strict=True):
        rows += _sets([identity], Type=st.just("Group"), IsOwnedByProfile=FLAGS.filter(lambda flag: not flag),
                      PermissionSetGroupId=st.just(group), LicenseId=st.none())  # fmt: skip
    return st.tuples(*rows).map(list).flatmap(mostly)


def groups() -> Rows:
    """The groups of the aggregated sets; a row may be missing."""
    fields = {
        "DeveloperName": st.sampled_from(SET_NAMES),
        "MasterLabel": st.sampled_from(SET_NAMES),
        "HasActivationRequired": st.sampled_from((None, False, False, True)),
    }
    rows = [st.fixed_dictionaries({"Id": st.just(each)} | fields) for each in GROUPS]
    return st.tuples(*rows).map(list).flatmap(mostly)


def components() -> Rows:
    """The members of groups, whose own permissions never count."""
    rows = some(4, PermissionSetGroupId=st.sampled_from(GROUPS), PermissionSetId=st.sampled_from(SETS))
    return rows.map(lambda these: numbered("0PM", these))


@st.composite
def assignments(draw: st.DrawFn, users: list[Row], who: st.SearchStrategy[str], when: Moments) -> list[Row]:
    """Most users' sets of their profiles; and sets and groups, of users who may be gone."""
    owned = dict(zip(PROFILES, PROFILE_SETS, strict=True))
    rows = [
        {"AssigneeId": user["Id"], "PermissionSetId": owned[user["ProfileId"]], "SystemModstamp": draw(when)}
        for user in users
        if user["ProfileId"] in owned and draw(st.sampled_from((True, True, False)))
    ]
    held = [(each, None) for each in SETS] + list(zip(GROUP_SETS, GROUPS, strict=True))
    fields = {
        "AssigneeId": who,
        "held": st.sampled_from(held),
        "IsActive": st.sampled_from((None, True, True, False)),
        "IsRevoked": st.sampled_from((None, False, False, True)),
        "ExpirationDate": st.none() | when,
        "SystemModstamp": when,
    }
    for row in draw(some(10, **fields)):
        row["PermissionSetId"], row["PermissionSetGroupId"] = row.pop("held")
        rows.append(row)
    return numbered("0Pa", rows)


def set_licenses(now: datetime) -> Rows:
    """Permission set licences; one may have ended yesterday, end today or tomorrow."""
    days = st.sampled_from([None, *(now.date() + timedelta(days=by) for by in (-1, 0, 1))])
    rows = [
        st.fixed_dictionaries(
            {
                "Id": st.just(identity),
                "DeveloperName": st.sampled_from(
                    ("SalesforceAPIIntegrationPsl", "Odd_Package_Psl", "Odd_Package_Psl", None)
                ),
                "MasterLabel": st.sampled_from(("Odd 😀", "Odd 😀", "Odd Login", None)),
                "PermissionSetLicenseKey": st.sampled_from(
                    (
                        "SalesforceAPIIntegrationPsl",
                        "IdentityConnect",
                        "OddPsl",
                        "Odd.Package_Psl",
                        "Odd.Package_Psl",
                        None,
                    )
                ),
                "Status": st.sampled_from(("Active", "Active", "Disabled", "Aktiv", None)),
                "TotalLicenses": st.sampled_from((None, -1, 0, 2, 3, 4)),
                "UsedLicenses": st.sampled_from((None, 0, 1, 2, 3)),
                "ExpirationDate": days,
            }
            | _permissions("MaximumPermissions")
        )
        for identity in PSLS
    ]
    return st.tuples(*rows).map(list).flatmap(mostly)


def license_assignments(who: st.SearchStrategy[str], when: Moments) -> Rows:
    """Who holds permission set licences; users may be gone."""
    rows = some(
        5,
        AssigneeId=who,
        PermissionSetLicenseId=st.sampled_from(PSLS),
        IsRevoked=st.sampled_from((None, False, False, True)),
        CreatedDate=when,
    )
    return rows.map(lambda these: numbered("2LA", these))
