"""Queries stay short enough for a URI, and every field is read once."""

from urllib.parse import quote_plus

from spendready_pipeline.salesforce.extract.soql import MAX_URI_BYTES, select, sliced

PERMISSIONS = [f"PermissionsThisIsAnUncommonlyLongPermissionName{number:03}" for number in range(450)]


def test_a_short_list_is_one_query() -> None:
    assert sliced("User", ["Id", "Name"]) == [["Id", "Name"]]


def test_a_long_list_is_split_into_queries_that_fit_and_can_be_joined() -> None:
    fields = ["Id", "Name", *PERMISSIONS]
    parts = sliced("PermissionSet", fields, "IsCustom = true")
    assert len(parts) > 1
    assert all(part[0] == "Id" and part.count("Id") == 1 for part in parts)
    assert [name for part in parts for name in part if name != "Id"] == fields[1:]
    for part in parts:
        assert len(quote_plus(select("PermissionSet", part, "IsCustom = true"))) < MAX_URI_BYTES
