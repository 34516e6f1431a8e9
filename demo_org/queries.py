"""The query resources: `/query`, `/queryAll` and `/query/<locator>`.

Page sizes and locators: REST API Developer Guide, Query and Query Options Header.
"""

import json
import re

from starlette.responses import Response

from demo_org import refusals
from demo_org.cursors import CAPS, Cursor, reachable_rows
from demo_org.resources import Call
from demo_org.soql.engine import Answer

MAX_BATCH, MIN_BATCH = 2000, 200
_LOCATOR = re.compile(r"(01g[A-Za-z0-9]{15})-(\d{1,9})")
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d{1,9})", re.IGNORECASE)


def query(call: Call) -> Response:
    """Answers a query: its first page, and a locator where there are more."""
    return _query(call, all_rows=False)


def query_all(call: Call) -> Response:
    """Answers a query that finds deleted records as well."""
    return _query(call, all_rows=True)


def query_more(call: Call) -> Response:
    """Returns a further page of a query; the same locator gives the same page, however often."""
    match = _LOCATOR.fullmatch(call.request.path_params["locator"])
    cursor = call.org.cursors.find(match[1], call.session.token) if match else None
    if cursor is None or match is None or not 0 <= int(match[2]) < cursor.rows:
        raise refusals.invalid_locator()
    return _page(call, cursor, int(match[2]))


def _query(call: Call, *, all_rows: bool) -> Response:
    soql = call.request.query_params.get("q", "")
    answer = call.org.engine().query(soql, call.session.reader, call.version, all_rows)
    batch = _batch_size(call, answer)
    if answer.kind == "records" and reachable_rows(answer) > batch:
        return _page(call, call.org.cursors.open(answer, batch, call.session.token), 0)
    with answer:
        return _json(answer.total_size, None, answer.page_json(0, reachable_rows(answer)))


def _page(call: Call, cursor: Cursor, start: int) -> Response:
    end = min(start + cursor.batch, cursor.rows)
    more = f"{call.base}/query/{cursor.id}-{end}" if end < cursor.rows else None
    return _json(cursor.answer.total_size, more, cursor.answer.page_json(start, end - start))


def _json(total_size: int, next_records_url: str | None, records: str) -> Response:
    """Puts a page together as text: no record becomes a Python object."""
    head: dict[str, int | bool | str] = {"totalSize": total_size, "done": next_records_url is None}
    if next_records_url:
        head["nextRecordsUrl"] = next_records_url
    body = f'{json.dumps(head, separators=(",", ":"))[:-1]},"records":{records}}}'
    return Response(body, media_type="application/json;charset=UTF-8")


def _batch_size(call: Call, answer: Answer) -> int:
    wanted = _BATCH_SIZE.search(call.request.headers.get("sforce-query-options", ""))
    batch = max(MIN_BATCH, min(MAX_BATCH, int(wanted[1]))) if wanted else MAX_BATCH
    cap = CAPS.get(answer.object_name)
    return min(batch, cap.batch) if cap else batch
