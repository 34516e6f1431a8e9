"""What docs/connect-salesforce.md and deploy/salesforce give the audit user, read from there."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

REPOSITORY = Path(__file__).parents[2]
SALESFORCE = REPOSITORY / "deploy" / "salesforce"
PERMISSION_SET = SALESFORCE / "permissionsets" / "SpendReady_Audit.permissionset-meta.xml"
GUIDE = REPOSITORY / "docs" / "connect-salesforce.md"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def permission_set() -> ElementTree.Element:
    """The permission set, as its file has it."""
    return ElementTree.parse(PERMISSION_SET).getroot()


def granted() -> list[str]:
    """The permissions that the file grants, in its order."""
    return [
        each.findtext(f"{NAMESPACE}name") or ""
        for each in permission_set().iter(f"{NAMESPACE}userPermissions")
        if each.findtext(f"{NAMESPACE}enabled") == "true"
    ]


def guide() -> str:
    """The text of the guide."""
    return GUIDE.read_text(encoding="utf-8")


def justification() -> dict[str, Any]:
    """The block of `justified_permissions` that the guide gives to copy."""
    (block,) = re.findall(r"```yaml\n(policy:\n  justified_permissions:.*?)```", guide(), re.DOTALL)
    (entry,) = yaml.safe_load(block)["policy"]["justified_permissions"]
    return dict(entry)
