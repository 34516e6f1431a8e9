"""A page is kept as it came; its envelope is read wherever it stands."""

import gzip
import io
import json

import pytest
import requests
import urllib3

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.pages import page_of


def answer(body: bytes, encoding: str | None = "gzip") -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers.update({"Content-Encoding": encoding} if encoding else {})
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), response.headers, 200, preload_content=False)
    return response


def zipped(page: object, **how) -> bytes:
    return gzip.compress(json.dumps(page, **how).encode())


RECORDS = [{"Id": str(number), "Name": '"records": [] \\"done\\": true'} for number in range(500)]
MORE = {"totalSize": 5000, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/01g-500", "records": RECORDS}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(MORE, id="as Salesforce sends it"),
        pytest.param(dict(reversed(MORE.items())), id="records first"),
        pytest.param({key: MORE[key] for key in ("totalSize", "done", "records", "nextRecordsUrl")}, id="next last"),
    ],
)
@pytest.mark.parametrize("indent", [None, 1], ids=["dense", "pretty"])
def test_the_next_page_is_found_wherever_it_is_named(page, indent) -> None:
    body = zipped(page, indent=indent)
    read = page_of("acme", answer(body))
    assert read.content == body
    assert (read.total, read.next_url, read.gzipped_here) == (5000, MORE["nextRecordsUrl"], False)


def test_the_last_page_has_no_next() -> None:
    read = page_of("acme", answer(zipped({"totalSize": 500, "done": True, "records": RECORDS})))
    assert read.next_url is None


def test_a_plain_answer_is_gzipped_here_and_says_so() -> None:
    plain = json.dumps({"totalSize": 0, "done": True, "records": []}).encode()
    read = page_of("acme", answer(plain, encoding=None))
    assert read.gzipped_here
    assert gzip.decompress(read.content) == plain


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>maintenance</html>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(zipped(MORE)[:-200], id="cut off"),
        pytest.param(zipped([MORE]), id="array"),
        pytest.param(zipped({"totalSize": 1, "records": []}), id="no done"),
        pytest.param(zipped({"totalSize": 9, "done": False, "records": RECORDS}), id="more, and not where"),
    ],
)
def test_what_is_no_page_is_refused(body) -> None:
    with pytest.raises(OrgError):
        page_of("acme", answer(body))
