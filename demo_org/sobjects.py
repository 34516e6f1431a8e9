"""The object resources: the list of objects, an object, its describe, and a single record."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from demo_org import refusals
from demo_org.describe import describe, summarize
from demo_org.refusals import Refusal
from demo_org.resources import Call, resource
from demo_org.schema import SOBJECTS, SObject, find_object


def describe_global(call: Call) -> Response:
    """Lists the objects that the reader sees."""
    reader = call.session.reader
    seen = [each for each in SOBJECTS.values() if reader.sees_object(each, call.version)]
    sobjects = [summarize(each, call.base) for each in sorted(seen, key=lambda each: each.name)]
    return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects})


def basic_information(call: Call) -> Response:
    """Tells of an object without its fields; there are no recently viewed records here."""
    return JSONResponse({"objectDescribe": summarize(_sobject(call), call.base), "recentItems": []})


def describe_object(call: Call) -> Response:
    """Describes an object with the fields that the reader sees."""
    return JSONResponse(describe(_sobject(call), call.session.reader, call.version))


def record(call: Call) -> Response:
    """Returns one record, with all its fields or those that `fields` names."""
    sobject, record_id = _sobject(call), call.request.path_params["record_id"]
    reader = call.session.reader
    visible = [each.name for each in sobject.fields if reader.sees_field(sobject, each, call.version)]
    names = call.request.query_params.get("fields") or ",".join(visible)
    if not record_id.isalnum():
        raise refusals.not_found()
    soql = f"SELECT {names} FROM {sobject.name} WHERE Id = '{record_id}'"
    with call.org.engine().query(soql, reader, call.version) as answer:
        if answer.total_size != 1:
            raise refusals.not_found()
        return Response(answer.page_json(0, 1)[1:-1], media_type="application/json;charset=UTF-8")


def refuse_to_write(call: Call) -> Response:
    """Refuses what would change the org: the reader may not, as in an org that grants it nothing to write."""
    _sobject(call)
    raise Refusal(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")


def _sobject(call: Call) -> SObject:
    sobject = find_object(call.request.path_params["name"])
    if sobject is None or not call.session.reader.sees_object(sobject, call.version):
        raise refusals.not_found()
    return sobject


_WRITES: dict[str, Any] = {"PATCH": refuse_to_write, "DELETE": refuse_to_write}

ROUTES: list[BaseRoute] = [
    *resource("/sobjects", GET=describe_global),
    *resource("/sobjects/{name}", GET=basic_information, POST=refuse_to_write),
    *resource("/sobjects/{name}/describe", GET=describe_object),
    *resource("/sobjects/{name}/{record_id}", GET=record, **_WRITES),
]
