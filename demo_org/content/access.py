"""The company's permission sets and groups: what they give, how they are called, what needs a licence."""

from collections.abc import Iterable
from dataclasses import dataclass

from demo_org.content.company import Company
from demo_org.schema.permissions import with_dependencies


@dataclass(frozen=True)
class PermissionSet:
    """A permission set; `needs` is a key of PSLS, `on_request` that it must be activated in a session."""

    name: str
    label: str
    permissions: tuple[str, ...] = ()
    needs: str | None = None
    on_request: bool = False


READER_PERMISSIONS = (
    "ApiEnabled", "ViewSetup", "ManageUsers", "CustomizeApplication", "ViewAllUsers", "ViewAllProfiles",
    "MonitorLoginHistory",
)  # fmt: skip
"""What a complete audit needs; Salesforce turns on more along with Manage Users."""

SETS = {
    "console": PermissionSet("Sales_Console", "Sales Console", ("ApiEnabled",)),
    "dashboards": PermissionSet("Dashboards_Extra", "Dashboards <extra> & more"),
    "api_only": PermissionSet("API_Only_Access", "API Only Access", ("ApiUserOnly",)),
    "api_only_on_request": PermissionSet(
        "API_Only_Session", "API Only in a session", ("ApiUserOnly",), on_request=True
    ),
    "machine_api": PermissionSet("Machine_API", "Machine API", ("ApiEnabled",), needs="api"),
    "analytics": PermissionSet("CRM_Analytics_Plus", "CRM Analytics Plus", needs="analytics"),
    "dispatch": PermissionSet("Dispatcher", "Dispatcher", needs="dispatch"),
    "key_custodian": PermissionSet("Key_Custodian", "Key Custodian", ("ManageEncryptionKeys",)),
    "reader": PermissionSet("SpendReady_Reader", "SpendReady Reader", READER_PERMISSIONS),
    "read_everything": PermissionSet("Read_Everything", "Read Everything", ("ViewAllData",)),
    "full_data": PermissionSet("Full_Data_Access", "Full Data Access", ("ModifyAllData", "ViewAllData")),
    "full_data_on_request": PermissionSet(
        "Full_Data_Session", "Full Data in a session", ("ModifyAllData", "ViewAllData"), on_request=True
    ),
    "user_admin": PermissionSet("User_Administration", "User Administration", ("ManageUsers", "ResetPasswords")),
    "export": PermissionSet("Weekly_Export", "Weekly Export", ("DataExport",)),
    "release": PermissionSet("Release_Tools", "Release Tools", ("AuthorApex", "ModifyMetadata")),
    "tmp_name": PermissionSet("Tmp_Order_Fix", "Order fix"),
    "temporary_label": PermissionSet("Orders_2", "Temporary access for go-live"),
    "break_glass": PermissionSet("Break_Glass", "Night shift"),
    "hot_fix": PermissionSet("HotFixAccess", "Release weekend", ("DataExport",)),
    "template": PermissionSet("Template_Editor", "Template Editor"),
    "latest": PermissionSet("Latest_Prices", "Attestation & contest prices"),
}


@dataclass(frozen=True)
class Group:
    """A permission set group: its member sets (keys of SETS) and what muting leaves of their permissions."""

    name: str
    label: str
    members: tuple[str, ...]
    permissions: tuple[str, ...] = ()
    on_request: bool = False
    status: str = "Updated"


GROUPS = {
    "operators": Group("Data_Operators", "Data Operators", ("full_data", "export"), ("DataExport", "ViewAllData")),
    "muted": Group("Quiet_Access", "Quiet Access", ("full_data", "api_only")),
    "releases": Group("Release_Managers", "Release Managers", ("release",), ("AuthorApex", "ModifyMetadata")),
    "field": Group("Field_Operations", "Field Operations", ("dispatch", "console"), ("ApiEnabled",), status="Outdated"),
    "hotfix": Group("Weekend_Crew", "Hotfix crew", ("console",), ("ApiEnabled",)),
    "emergency": Group(
        "Emergency_Admins", "Emergency Admins", ("full_data",), ("ModifyAllData", "ViewAllData"), on_request=True
    ),
}
"""Muted: `operators` lacks a member's ModifyAllData, `muted` lacks everything that its members give."""


class Access:
    """The sets and groups with the ids they have in this org.

    Attributes:
        set_ids: Id by key of SETS.
        group_ids: Id by key of GROUPS.
        aggregated_ids: Id of the permission set that holds what a group gives, by key of GROUPS.
    """

    def __init__(self, company: Company) -> None:
        ledger = company.ledger
        self.set_ids = {
            key: ledger.add(
                "PermissionSet",
                Name=each.name,
                Label=each.label,
                Type="Session" if each.on_request else "Regular",
                IsOwnedByProfile=False,
                IsCustom=True,
                HasActivationRequired=each.on_request,
                LicenseId=company.psl_ids[each.needs] if each.needs else None,
                **_flags(each.permissions),
            )
            for key, each in SETS.items()
        }
        self.group_ids = {
            key: ledger.add(
                "PermissionSetGroup",
                DeveloperName=each.name,
                MasterLabel=each.label,
                Status=each.status,
                HasActivationRequired=each.on_request,
            )
            for key, each in GROUPS.items()
        }
        self.aggregated_ids = {
            key: ledger.add(
                "PermissionSet",
                Name=each.name,
                Label=each.label,
                Type="Group",
                IsOwnedByProfile=False,
                IsCustom=True,
                HasActivationRequired=each.on_request,
                PermissionSetGroupId=self.group_ids[key],
                **_flags(each.permissions),
            )
            for key, each in GROUPS.items()
        }
        for key, each in GROUPS.items():
            for member in each.members:
                ledger.add(
                    "PermissionSetGroupComponent",
                    PermissionSetGroupId=self.group_ids[key],
                    PermissionSetId=self.set_ids[member],
                )


def _flags(permissions: Iterable[str]) -> dict[str, bool]:
    return {f"Permissions{name}": True for name in sorted(with_dependencies(permissions))}
