"""What the org tells of its objects and fields: the answers of the describe calls, in Salesforce's shape.

Every key that a real org sends (REST API Developer Guide, sObject Describe; a real describe of PermissionSet at
version 63) is there, so that clients written for a real org find what they look for. The org is read-only: nothing
is createable, updateable or deletable.
"""

from typing import Any

from demo_org.schema import SOBJECTS, Field, FieldType, SObject
from demo_org.soql.functions import COUNTABLE
from demo_org.soql.scope import Reader

INT_DIGITS = 9
DOUBLE_PRECISION, DOUBLE_SCALE = 18, 15
BYTES_A_CHARACTER = 3
"""Salesforce counts three bytes a character of text."""

SOAP_TYPES = {
    FieldType.ID: "tns:ID",
    FieldType.REFERENCE: "tns:ID",
    FieldType.BOOLEAN: "xsd:boolean",
    FieldType.DATETIME: "xsd:dateTime",
    FieldType.DATE: "xsd:date",
    FieldType.INT: "xsd:int",
    FieldType.DOUBLE: "xsd:double",
}

_OBJECT_CONSTANTS: dict[str, Any] = {
    "activateable": False,
    "associateEntityType": None,
    "associateParentEntity": None,
    "createable": False,
    "custom": False,
    "customSetting": False,
    "deepCloneable": False,
    "deletable": False,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": False,
    "mergeable": False,
    "mruEnabled": False,
    "queryable": True,
    "replicateable": False,
    "retrieveable": True,
    "searchable": False,
    "triggerable": False,
    "undeletable": False,
    "updateable": False,
}
_DESCRIBE_CONSTANTS: dict[str, Any] = {
    "actionOverrides": [],
    "compactLayoutable": False,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "recordTypeInfos": [],
    "searchLayoutable": False,
    "sobjectDescribeOption": "FULL",
    "supportedScopes": [],
}
_FIELD_CONSTANTS: dict[str, Any] = {
    "aiPredictionField": False,
    "autoNumber": False,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "createable": False,
    "custom": False,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "externalId": False,
    "extraTypeInfo": None,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "permissionable": False,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "searchPrefilterable": False,
    "unique": False,
    "updateable": False,
    "writeRequiresMasterRead": False,
}


def summarize(sobject: SObject, base: str) -> dict[str, Any]:
    """An object as the list of all objects shows it.

    Args:
        sobject: The object.
        base: The path of the API version, e.g. `/services/data/v67.0`.
    """
    path = f"{base}/sobjects/{sobject.name}"
    return _OBJECT_CONSTANTS | {
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "name": sobject.name,
        "urls": {"rowTemplate": f"{path}/{{ID}}", "describe": f"{path}/describe", "sobject": path},
    }


def describe(sobject: SObject, reader: Reader, api_version: float) -> dict[str, Any]:
    """An object with the fields and child relationships that a reader sees in an API version."""
    fields = [each for each in sobject.fields if reader.sees_field(sobject, each, api_version)]
    return (
        summarize(sobject, f"/services/data/v{api_version:.1f}")
        | _DESCRIBE_CONSTANTS
        | {
            "childRelationships": _child_relationships(sobject, reader, api_version),
            "fields": [_describe_field(sobject, each, api_version) for each in fields],
        }
    )


def _child_relationships(sobject: SObject, reader: Reader, api_version: float) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.child_relationship,
            "restrictedDelete": False,
        }
        for child in SOBJECTS.values()
        if reader.sees_object(child, api_version)
        for field in child.fields
        if sobject.name in field.reference_to and reader.sees_field(child, field, api_version)
    ]


def _describe_field(sobject: SObject, field: Field, api_version: float) -> dict[str, Any]:
    is_int, is_double = field.type is FieldType.INT, field.type is FieldType.DOUBLE
    return _FIELD_CONSTANTS | {
        "aggregatable": field.type in COUNTABLE,
        "byteLength": field.length * (BYTES_A_CHARACTER if field.type.is_text else 1),
        "defaultValue": False if field.type is FieldType.BOOLEAN else None,
        "defaultedOnCreate": field.type in (FieldType.BOOLEAN, FieldType.ID),
        "digits": INT_DIGITS if is_int else 0,
        "filterable": field.filterable_in(api_version),
        "groupable": field.groupable,
        "idLookup": field.type is FieldType.ID,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": field.name == sobject.name_field,
        "namePointing": len(field.reference_to) > 1,
        "nillable": field.nillable,
        "picklistValues": [_picklist_value(each) for each in field.picklist],
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": DOUBLE_PRECISION if is_double else 0,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "restrictedPicklist": field.type is FieldType.PICKLIST and bool(field.picklist),
        "scale": DOUBLE_SCALE if is_double else 0,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type.value,
    }


def _picklist_value(value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
