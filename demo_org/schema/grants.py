"""Permission sets, their groups and licences, and who was assigned which.

Fields, lengths and properties: Object Reference and Field Reference, version 67, page of each object; the names of
child relationships: describe of PermissionSet, and the enterprise WSDL for User and PermissionSetLicense.
"""

from demo_org.schema.declarations import (
    AUDIT_FIELDS,
    SObject,
    boolean,
    date,
    datetime,
    integer,
    picklist,
    record_id,
    reference,
    string,
)
from demo_org.schema.permissions import permission_fields
from demo_org.schema.values import LICENSE_STATUSES

PERMISSION_SET = SObject(
    "PermissionSet",
    "Permission Set",
    "Permission Sets",
    "0PS",
    (
        record_id("PermissionSet ID"),
        string("Name", "API Name", 80, nillable=False),
        string("Label", "Permission Set Name", 80, nillable=False),
        reference("LicenseId", "License ID", "PermissionSetLicense", "UserLicense", since_version=38),
        reference("ProfileId", "Profile ID", "Profile", since_version=25),
        boolean("IsOwnedByProfile", "Is Owned By Profile", since_version=25),
        boolean("IsCustom", "Custom"),
        *permission_fields("Permissions"),
        string("Description", "Description", 255),
        *AUDIT_FIELDS,
        string("NamespacePrefix", "Namespace Prefix", 15),
        boolean("HasActivationRequired", "Session Activation Required"),
        reference("PermissionSetGroupId", "Permission Set Group ID", "PermissionSetGroup", since_version=45),
        picklist(
            "Type",
            "Permission Set Type",
            255,
            ("Regular", "Standard", "Session", "Profile", "Group", "Integration"),
            since_version=46,
        ),
    ),
    requires=("ViewSetup", "ManageSessionPermissionSets", "AssignPermissionSets", "ManageProfilesPermissionsets"),
)

PERMISSION_SET_GROUP = SObject(
    "PermissionSetGroup",
    "Permission Set Group",
    "Permission Set Groups",
    "0PG",
    (
        record_id("Permission Set Group ID"),
        boolean("IsDeleted", "Deleted"),
        string("DeveloperName", "API Name", 80, nillable=False),
        picklist("Language", "Master Language"),
        string("MasterLabel", "Permission Set Group Name", 80, nillable=False),
        string("NamespacePrefix", "Namespace Prefix", 15),
        *AUDIT_FIELDS,
        string("Description", "Description", 255),
        picklist("Status", "Status", nillable=False, values=("Updated", "Outdated", "Updating", "Failed")),
        boolean("HasActivationRequired", "Session Activation Required", since_version=53),
    ),
    requires=("ViewSetup", "ManageSessionPermissionSets", "AssignPermissionSets"),
    since_version=45,
    name_field="DeveloperName",
)

PERMISSION_SET_GROUP_COMPONENT = SObject(
    "PermissionSetGroupComponent",
    "Permission Set Group Component",
    "Permission Set Group Components",
    "0PM",
    (
        record_id("Permission Set Group Component ID"),
        boolean("IsDeleted", "Deleted"),
        *AUDIT_FIELDS,
        reference(
            "PermissionSetGroupId",
            "Permission Set Group ID",
            "PermissionSetGroup",
            nillable=False,
            child_relationship="PermissionSetGroupComponents",
        ),
        reference(
            "PermissionSetId",
            "Permission Set ID",
            "PermissionSet",
            nillable=False,
            child_relationship="PermissionSetGroupComponents",
        ),
    ),
    requires=("ViewSetup",),
    since_version=45,
    name_field="",
)

PERMISSION_SET_ASSIGNMENT = SObject(
    "PermissionSetAssignment",
    "Permission Set Assignment",
    "Permission Set Assignments",
    "0Pa",
    (
        record_id("PermissionSetAssignment ID"),
        reference("PermissionSetId", "PermissionSet ID", "PermissionSet", child_relationship="Assignments"),
        reference(
            "PermissionSetGroupId",
            "Permission Set Group ID",
            "PermissionSetGroup",
            child_relationship="Assignments",
            since_version=45,
        ),
        reference(
            "AssigneeId", "Assignee ID", "User", nillable=False, child_relationship="PermissionSetAssignments"
        ),
        datetime("SystemModstamp", "Date Assigned", nillable=False),
        datetime("ExpirationDate", "Expires On", since_version=52),
        boolean("IsActive", "Is Active", since_version=52),
        boolean("IsRevoked", "Is Revoked", since_version=57),
    ),
    requires=("ViewSetup", "AssignPermissionSets", "ManageUsers"),
    name_field="",
)  # fmt: skip

PERMISSION_SET_LICENSE = SObject(
    "PermissionSetLicense",
    "Permission Set License",
    "Permission Set Licenses",
    "0PL",
    (
        record_id("Permission Set License ID"),
        boolean("IsDeleted", "Deleted"),
        string("DeveloperName", "Developer Name", 80, nillable=False),
        picklist("Language", "Master Language", nillable=False),
        string("MasterLabel", "Permission Set License Label", 80, nillable=False),
        *AUDIT_FIELDS,
        string("PermissionSetLicenseKey", "Permission Set License Key", 255, nillable=False),
        integer("TotalLicenses", "Total Licenses", nillable=False),
        picklist("Status", "Status", nillable=False, values=LICENSE_STATUSES),
        date("ExpirationDate", "Expiration Date"),
        *permission_fields("MaximumPermissions"),
        integer("UsedLicenses", "Used Licenses", nillable=False),
        picklist("LicenseExpirationPolicy", "License Expiration Policy"),
        boolean("IsAvailableForIntegrations", "Is License Available for Integrations?"),
    ),
    requires=("ViewSetup",),
    since_version=29,
    name_field="DeveloperName",
)

PERMISSION_SET_LICENSE_ASSIGN = SObject(
    "PermissionSetLicenseAssign",
    "Permission Set License Assignment",
    "Permission Set License Assignments",
    "2LA",
    (
        record_id("Permission Set License Assignment ID"),
        boolean("IsDeleted", "Deleted"),
        *AUDIT_FIELDS,
        reference(
            "PermissionSetLicenseId",
            "Permission Set License ID",
            "PermissionSetLicense",
            nillable=False,
            child_relationship="PermissionSetLicenseAssignments",
        ),
        reference(
            "AssigneeId", "Assignee ID", "User", nillable=False, child_relationship="PermissionSetLicenseAssignments"
        ),
        boolean("IsRevoked", "Is Revoked", since_version=58),
    ),
    requires=("ViewSetup", "AssignPermissionSets"),
    since_version=29,
    name_field="",
)  # fmt: skip

SETUP_ENTITY_ACCESS = SObject(
    "SetupEntityAccess",
    "Setup Entity Access",
    "Setup Entity Access",
    "0J0",
    (
        record_id("Setup Entity Access ID"),
        reference(
            "ParentId", "Parent ID", "PermissionSet", nillable=False, child_relationship="SetupEntityAccessItems"
        ),
        reference("SetupEntityId", "Setup Entity ID", nillable=False),
        picklist(
            "SetupEntityType",
            "Setup Entity Type",
            values=(
                "ApexClass", "ApexPage", "ConnectedApplication", "CustomPermission", "ExternalClientApplication",
                "FlowDefinition", "TabSet",
            ),
        ),
        datetime("SystemModstamp", "System Modstamp", nillable=False),
    ),
    requires=("ViewSetup",),
    name_field="",
)  # fmt: skip

USER_PERMISSION_ACCESS = SObject(
    "UserPermissionAccess",
    "User Permission Access",
    "User Permission Accesses",
    None,
    (
        record_id("User Permission Access ID"),
        datetime("LastCacheUpdate", "Last Cache Update"),
        *permission_fields("Permissions"),
    ),
    since_version=41,
    running_user_only=True,
    name_field="",
)

GRANT_OBJECTS = (
    PERMISSION_SET,
    PERMISSION_SET_GROUP,
    PERMISSION_SET_GROUP_COMPONENT,
    PERMISSION_SET_ASSIGNMENT,
    PERMISSION_SET_LICENSE,
    PERMISSION_SET_LICENSE_ASSIGN,
    SETUP_ENTITY_ACCESS,
    USER_PERMISSION_ACCESS,
)
