"""The permissions that a company would call powerful: those of an administrator's profile in the demo org."""

TIER_0 = ("ModifyAllData", "AuthorApex", "CustomizeApplication", "ModifyMetadata", "ManageProfilesPermissionsets")
"""They control the org."""
TIER_1 = (
    "ManageUsers",
    "ManageInternalUsers",
    "AssignPermissionSets",
    "ResetPasswords",
    "ManageRemoteAccess",
    "ManageLoginAccessPolicies",
    "ManageTwoFactor",
    "BypassMFAForUiLogins",
)
"""They control identities."""
TIER_2 = (
    "ViewAllData",
    "DataExport",
    "BulkApiHardDelete",
    "QueryAllFiles",
    "ManageSharing",
    "ManageEncryptionKeys",
    "ViewAllFieldsGlobal",
)
"""They open all the data."""
