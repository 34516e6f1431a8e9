"""Bulk API 2.0 query jobs: `/jobs/query` and what is below it.

Bulk API 2.0 Developer Guide, Query. What is refused when a job is made, and with which words, is as the published
connectors of Airbyte and Singer expect it; the rest of a query's mistakes make the job fail.
"""

import base64
import binascii
import json
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from demo_org import refusals
from demo_org.jobs import Job, State
from demo_org.refusals import Refusal
from demo_org.resources import Call, resource
from demo_org.schema import find_object
from demo_org.soql.errors import Refusal as SoqlRefusal
from demo_org.soql.grammar import parse
from demo_org.soql.syntax import Path, Query

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
UNSUPPORTED = frozenset({"AuthSession", "LoginGeo", "UserLogin", "UserPermissionAccess"})
"""Objects without Bulk API; for the first three no source settles it, so a client has to be ready for the worse."""
DEFAULT_RECORDS = 100_000
"""Rows of a set of results where the client asks for no other size; an org decides for itself."""
RESULT_PAGES = 5
RESULT_PAGES_SINCE = 58.0
JOB_LIST_SIZE = 1000


def create(call: Call) -> Response:
    """Makes a query job and queues it."""
    wanted = _body(call)
    operation, soql = wanted.get("operation"), wanted.get("query")
    if operation not in {"query", "queryAll"} or not isinstance(soql, str):
        raise Refusal(400, "INVALIDJOB", "A query job needs an operation, query or queryAll, and a query")
    delimiter, ending = wanted.get("columnDelimiter") or "COMMA", wanted.get("lineEnding") or "LF"
    if delimiter not in DELIMITERS or ending not in LINE_ENDINGS or wanted.get("contentType", "CSV") != "CSV":
        raise Refusal(400, "INVALIDJOB", "Unsupported contentType, columnDelimiter or lineEnding")
    object_name = _queried_object(call, soql)
    engine, reader, all_rows = call.org.engine(), call.session.reader, operation == "queryAll"

    def make(job_id: str) -> Job:
        created_at = call.org.clock.now()
        return Job(job_id, operation, object_name, reader.user_id, created_at, call.version, ending, delimiter)

    job = call.org.jobs.submit(make, lambda: engine.query(soql, reader, call.version, all_rows))
    return JSONResponse(_told(job) | {"state": State.UPLOAD_COMPLETE})


def list_jobs(call: Call) -> Response:
    """Lists the query jobs, the newest 1,000."""
    jobs = call.org.jobs.all()[-JOB_LIST_SIZE:]
    return JSONResponse(
        {"done": True, "records": [_told(job) | {"jobType": "V2Query"} for job in jobs], "nextRecordsUrl": None}
    )


def describe_job(call: Call) -> Response:
    """Returns how far a job is."""
    job = _job(call)
    told = _told(job) | {"jobType": "V2Query", "retries": 0, "totalProcessingTime": 0, "isPkChunkingSupported": True}
    if job.state is State.FAILED:
        told["errorMessage"] = job.error
    return JSONResponse(told | {"numberRecordsProcessed": job.rows})


def change_job(call: Call) -> Response:
    """Aborts a job: the one change there is."""
    job = _job(call)
    if _body(call).get("state") != State.ABORTED:
        raise Refusal(400, "INVALIDJOBSTATE", "A query job's state can only be changed to Aborted")
    if not call.org.jobs.abort(job):
        raise Refusal(400, "INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
    return JSONResponse(_told(job))


def delete_job(call: Call) -> Response:
    """Removes a job that has ended, with its results."""
    job = _job(call)
    if job.state in {State.UPLOAD_COMPLETE, State.IN_PROGRESS}:
        raise Refusal(400, "INVALIDJOBSTATE", f"Deleting {job.state} Job not allowed")
    call.org.jobs.delete(job)
    return Response(status_code=204)


def results(call: Call) -> Response:
    """Returns a set of a complete job's results as CSV, and the locator of the next set."""
    job = _complete_job(call)
    start = _start(call)
    size = _max_records(call)
    delimiter, ending = DELIMITERS[job.column_delimiter], LINE_ENDINGS[job.line_ending]
    end = min(start + size, job.rows)
    if job.answer is None or start > job.rows:
        raise refusals.invalid_locator()
    text = job.answer.csv_header(delimiter, ending) + job.answer.csv(start, end - start, delimiter, ending)
    headers = {
        "Sforce-NumberOfRecords": str(end - start),
        "Sforce-Locator": _locator(end) if end < job.rows else "null",
    }
    return Response(text, media_type="text/csv;charset=UTF-8", headers=headers)


def result_pages(call: Call) -> Response:
    """Returns the addresses of the next five sets of results, to be fetched at once."""
    if call.version < RESULT_PAGES_SINCE:
        raise refusals.not_found()
    job = _complete_job(call)
    start, address = _start(call), f"{call.base}/jobs/query/{job.id}"
    starts = list(range(start, max(job.rows, start + 1), DEFAULT_RECORDS))
    shown, further = starts[:RESULT_PAGES], starts[RESULT_PAGES:]
    told: dict[str, Any] = {
        "resultPages": [{"resultUrl": f"{address}/results?locator={_locator(each)}"} for each in shown]
    }
    if further:
        told["nextRecordsUrl"] = f"{address}/resultPages?locator={_locator(further[0])}"
    return JSONResponse(told | {"done": not further})


def _queried_object(call: Call, soql: str) -> str:
    """Returns the object of a bulk query.

    Raises:
        Refusal: The query is no SOQL, or of a kind or on an object that Bulk API does not serve.
    """
    try:
        query = parse(soql)
    except SoqlRefusal as refusal:
        raise refusal.on(soql) from None
    sobject = find_object(query.source.name)
    if sobject is None or not call.session.reader.sees_object(sobject, call.version):
        raise Refusal(400, "INVALIDENTITY", f"Entity '{query.source.name}' is not found.")
    if sobject.name in UNSUPPORTED:
        raise Refusal(400, "INVALIDENTITY", f"Entity '{sobject.name}' is not supported by the Bulk API.")
    if any(isinstance(item.what, Query) for item in query.items):
        message = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
        raise Refusal(400, "API_ERROR", message)
    if query.group_by or query.offset or not all(isinstance(item.what, Path) for item in query.items):
        message = "Implementation restriction: GROUP BY, OFFSET and functions are not supported in Bulk Query"
        raise Refusal(400, "API_ERROR", message)
    return sobject.name


def _body(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "JSON_PARSER_ERROR", "The HTTP entity body is required, and has to be a JSON object.")
    return body


def _job(call: Call) -> Job:
    job = call.org.jobs.find(call.request.path_params["job_id"])
    if job is None or job.created_by != call.session.reader.user_id:
        raise refusals.not_found()
    return job


def _complete_job(call: Call) -> Job:
    job = _job(call)
    if job.version != call.version:
        raise Refusal(409, "API_ERROR", f"The job was made in API version {job.version}: get its results in that one")
    if job.state is not State.JOB_COMPLETE:
        raise Refusal(400, "INVALIDJOBSTATE", f"The job's state is {job.state}: results need {State.JOB_COMPLETE}")
    return job


def _told(job: Job) -> dict[str, Any]:
    moment = f"{job.created_at:%Y-%m-%dT%H:%M:%S}.000+0000"
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.object_name,
        "createdById": job.created_by,
        "createdDate": moment,
        "systemModstamp": moment,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": job.version,
        "lineEnding": job.line_ending,
        "columnDelimiter": job.column_delimiter,
    }


def _locator(row: int) -> str:
    """Names the set of results that begins at a row; clients are told not to guess it."""
    return base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def _start(call: Call) -> int:
    locator = call.request.query_params.get("locator", "")
    try:
        row = base64.b64decode(locator + "=" * (-len(locator) % 4), "-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise refusals.invalid_locator() from None
    if row and not row.isdecimal():
        raise refusals.invalid_locator()
    return int(row or 0)


def _max_records(call: Call) -> int:
    text = call.request.query_params.get("maxRecords", str(DEFAULT_RECORDS))
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(400, "API_ERROR", "maxRecords must be a positive number")
    return int(text)


ROUTES: list[BaseRoute] = [
    *resource("/jobs/query", GET=list_jobs, POST=create),
    *resource("/jobs/query/{job_id}", GET=describe_job, PATCH=change_job, DELETE=delete_job),
    *resource("/jobs/query/{job_id}/results", GET=results),
    *resource("/jobs/query/{job_id}/resultPages", GET=result_pages),
]
