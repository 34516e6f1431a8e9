"""The catalogue of Salesforce objects that the audit reads: the one place that names them and their fields.

Each becomes a table in `raw`, named as the object in snake_case, with its fields as columns. Field names and
types are those of Salesforce's Object Reference; `AccessToken`, `RequestToken` and `DeleteToken` of OauthToken
are secrets and may never stand here (the session refuses them, too).
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from spendready_pipeline.catalog.powerful_permissions import POWERFUL_PERMISSIONS


class FieldType(StrEnum):
    """A field's type in `raw`, as DuckDB names it."""

    TEXT = "VARCHAR"
    DATETIME = "TIMESTAMPTZ"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"
    INT = "BIGINT"


TEXT, DATETIME, DATE = FieldType.TEXT, FieldType.DATETIME, FieldType.DATE
BOOLEAN, INT = FieldType.BOOLEAN, FieldType.INT

KNOWN_PERMISSIONS = ("ApiEnabled", "ApiUserOnly", "ViewSetup", *POWERFUL_PERMISSIONS)


@dataclass(frozen=True)
class SalesforceObject:
    """One object of the catalogue.

    Attributes:
        name: Salesforce's own name, e.g. `OauthToken`.
        fields: Field name to type; always columns of the raw table, NULL where the org does not have the field.
        permission_prefix: Boolean fields with this prefix are read as well, whichever the org has
            (`Permissions` of PermissionSet: orgs differ in hundreds of them).
        essential: The run stops where this cannot be read.
        own_rows_without: The reader sees only its own rows, with HTTP 200, unless it holds one of these
            permissions (API names without the `Permissions` prefix).
        own_rows_field: The field that names the row's user, for objects with `own_rows_without`.
        some_rows_without: Rows may be missing, with HTTP 200, unless the reader holds one of these permissions.
        never_empty: Every org has rows: an answer without any means that the reader may not see them.
        remediation: The permission to grant where the object is not whole, by its label in Setup.
    """

    name: str
    fields: dict[str, FieldType]
    remediation: str
    permission_prefix: str = ""
    essential: bool = False
    own_rows_without: tuple[str, ...] = ()
    own_rows_field: str = ""
    some_rows_without: tuple[str, ...] = ()
    never_empty: bool = False
    known_permissions: tuple[str, ...] = field(default=())

    @property
    def table(self) -> str:
        """The raw table's name: the object's name in snake_case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()

    @property
    def columns(self) -> dict[str, FieldType]:
        """The raw table's least columns: the fields, and the known permissions under their prefix."""
        return self.fields | {f"{self.permission_prefix}{name}": BOOLEAN for name in self.known_permissions}


VIEW_SETUP = "View Setup and Configuration"

OBJECTS: tuple[SalesforceObject, ...] = (
    SalesforceObject(
        "Organization",
        {
            "Id": TEXT,
            "Name": TEXT,
            "OrganizationType": TEXT,
            "InstanceName": TEXT,
            "IsSandbox": BOOLEAN,
            "TrialExpirationDate": DATETIME,
            "CreatedDate": DATETIME,
        },
        # Without it: INVALID_TYPE, "sObject type 'Organization' is not supported" (dxatscale/sfpowerscripts#968).
        remediation=VIEW_SETUP,
        essential=True,
        never_empty=True,
    ),
    SalesforceObject(
        "User",
        {
            "Id": TEXT,
            "Username": TEXT,
            "Name": TEXT,
            "Alias": TEXT,
            "Email": TEXT,
            "UserType": TEXT,
            "IsActive": BOOLEAN,
            "ProfileId": TEXT,
            "ManagerId": TEXT,
            "LastLoginDate": DATETIME,
            "CreatedDate": DATETIME,
        },
        remediation="View All Users",
        essential=True,
        never_empty=True,
        # User sharing may be private (Salesforce Help, security_sharing_owd_users). Manage Users brings View All Users.
        some_rows_without=("ViewAllUsers", "ManageUsers", "ViewAllData"),
    ),
    SalesforceObject(
        "Profile",
        {"Id": TEXT, "Name": TEXT, "UserLicenseId": TEXT, "UserType": TEXT},
        remediation=VIEW_SETUP,
        never_empty=True,
    ),
    SalesforceObject(
        "UserLicense",
        {
            "Id": TEXT,
            "Name": TEXT,
            "MasterLabel": TEXT,
            "LicenseDefinitionKey": TEXT,
            "Status": TEXT,
            "TotalLicenses": INT,
            "UsedLicenses": INT,
            "MonthlyLoginsEntitlement": INT,
            "MonthlyLoginsUsed": INT,
        },
        remediation=VIEW_SETUP,
        never_empty=True,
    ),
    SalesforceObject(
        "UserLogin",
        {"Id": TEXT, "UserId": TEXT, "IsFrozen": BOOLEAN, "IsPasswordLocked": BOOLEAN},
        remediation="Manage Users",
    ),
    SalesforceObject(
        "PermissionSet",
        {
            "Id": TEXT,
            "Name": TEXT,
            "Label": TEXT,
            "Type": TEXT,
            "IsOwnedByProfile": BOOLEAN,
            "ProfileId": TEXT,
            "PermissionSetGroupId": TEXT,
            "LicenseId": TEXT,
            "HasActivationRequired": BOOLEAN,
            "NamespacePrefix": TEXT,
            "IsCustom": BOOLEAN,
        },
        remediation=VIEW_SETUP,
        never_empty=True,
        permission_prefix="Permissions",
        known_permissions=KNOWN_PERMISSIONS,
    ),
    SalesforceObject(
        "PermissionSetGroup",
        {"Id": TEXT, "DeveloperName": TEXT, "MasterLabel": TEXT, "Status": TEXT, "HasActivationRequired": BOOLEAN},
        remediation=VIEW_SETUP,
    ),
    SalesforceObject(
        "PermissionSetGroupComponent",
        {"Id": TEXT, "PermissionSetGroupId": TEXT, "PermissionSetId": TEXT},
        remediation=VIEW_SETUP,
    ),
    SalesforceObject(
        "PermissionSetAssignment",
        {
            "Id": TEXT,
            "AssigneeId": TEXT,
            "PermissionSetId": TEXT,
            "PermissionSetGroupId": TEXT,
            "IsActive": BOOLEAN,
            "IsRevoked": BOOLEAN,
            "ExpirationDate": DATETIME,
            "SystemModstamp": DATETIME,
        },
        remediation=VIEW_SETUP,
        never_empty=True,
    ),
    SalesforceObject(
        "PermissionSetLicense",
        {
            "Id": TEXT,
            "DeveloperName": TEXT,
            "MasterLabel": TEXT,
            "PermissionSetLicenseKey": TEXT,
            "Status": TEXT,
            "TotalLicenses": INT,
            "UsedLicenses": INT,
            "ExpirationDate": DATE,
        },
        remediation=VIEW_SETUP,
        permission_prefix="MaximumPermissions",
        known_permissions=KNOWN_PERMISSIONS,
    ),
    SalesforceObject(
        "PermissionSetLicenseAssign",
        {
            "Id": TEXT,
            "AssigneeId": TEXT,
            "PermissionSetLicenseId": TEXT,
            "IsRevoked": BOOLEAN,
            "CreatedDate": DATETIME,
        },
        remediation=VIEW_SETUP,
    ),
    SalesforceObject(
        "AuthSession",
        {
            "Id": TEXT,
            "UsersId": TEXT,
            "LoginType": TEXT,
            "SessionType": TEXT,
            "SessionSecurityLevel": TEXT,
            "SourceIp": TEXT,
            "ParentId": TEXT,
            "LoginHistoryId": TEXT,
            "NumSecondsValid": INT,
            "CreatedDate": DATETIME,
            "LastModifiedDate": DATETIME,
        },
        remediation="Manage Users",
        own_rows_without=("ManageUsers",),
        own_rows_field="UsersId",
    ),
    SalesforceObject(
        "LoginHistory",
        {
            "Id": TEXT,
            "UserId": TEXT,
            "LoginTime": DATETIME,
            "LoginType": TEXT,
            "LoginSubType": TEXT,
            "Status": TEXT,
            "Application": TEXT,
            "Browser": TEXT,
            "Platform": TEXT,
            "ApiType": TEXT,
            "SourceIp": TEXT,
            "CountryIso": TEXT,
            "AuthenticationServiceId": TEXT,
        },
        remediation="Monitor Login History",
        own_rows_without=("ManageUsers", "MonitorLoginHistory"),
        own_rows_field="UserId",
    ),
    SalesforceObject(
        "OauthToken",
        {
            "Id": TEXT,
            "UserId": TEXT,
            "AppName": TEXT,
            "AppMenuItemId": TEXT,
            "CreatedDate": DATETIME,
            "LastUsedDate": DATETIME,
            "UseCount": INT,
        },
        remediation="Customize Application",
        own_rows_without=("CustomizeApplication",),
        own_rows_field="UserId",
    ),
    SalesforceObject(
        "AppMenuItem",
        {"Id": TEXT, "ApplicationId": TEXT, "Name": TEXT, "Label": TEXT, "Type": TEXT},
        remediation=VIEW_SETUP,
    ),
    SalesforceObject(
        "ConnectedApplication",
        {"Id": TEXT, "Name": TEXT, "OptionsAllowAdminApprovedUsersOnly": BOOLEAN},
        remediation="Customize Application",
    ),
    SalesforceObject(
        "ExternalClientApplication",
        {"Id": TEXT, "DeveloperName": TEXT, "MasterLabel": TEXT, "DistributionState": TEXT},
        remediation="Customize Application",
    ),
)
"""Every object, in the order in which it is extracted."""

BY_NAME: dict[str, SalesforceObject] = {each.name: each for each in OBJECTS}

GRANTS = tuple(dict.fromkeys((*(each.remediation for each in OBJECTS), "View All Profiles")))
"""Permissions that show an audit more, by their labels in Setup."""

SECRET_FIELDS = frozenset({"accesstoken", "requesttoken", "deletetoken"})
"""Fields that are credentials, in lower case; no request may name one (Object Reference, OauthToken)."""
