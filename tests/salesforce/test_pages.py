"""A page is kept as it came; its envelope is read wherever it stands."""

import gzip
import io
import json

import pytest
import requests
import urllib3

from spendready_pipeline.salesforce.client.answers import Undocumented
from spendready_pipeline.salesforce.client.api_errors import UnusableAnswer
from spendready_pipeline.salesforce.client.pages import page_of


def answer(body: bytes, encoding: str | None = "gzip") -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers.update({"Content-Encoding": encoding} if encoding else {})
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), response.headers, 200, preload_content=False)
    return response


def zipped(page: object, **how) -> bytes:
    return gzip.compress(json.dumps(page, **how).encode())


MOST = 1024 * 1024
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
    read = page_of("acme", MOST, answer(body))
    assert read.content == body
    assert (read.total, read.next_url, read.gzipped_here) == (5000, MORE["nextRecordsUrl"], False)


def test_the_last_page_has_no_next() -> None:
    read = page_of("acme", MOST, answer(zipped({"totalSize": 500, "done": True, "records": RECORDS})))
    assert read.next_url is None


def test_a_plain_answer_is_gzipped_here_and_says_so() -> None:
    plain = json.dumps({"totalSize": 0, "done": True, "records": []}).encode()
    read = page_of("acme", MOST, answer(plain, encoding=None))
    assert read.gzipped_here
    assert gzip.decompress(read.content) == plain


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>maintenance</html>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(zipped(MORE)[:-200], id="cut off"),
        pytest.param(gzip.compress(json.dumps(MORE).encode()[:-2_000]), id="JSON cut off in mid-record"),
        pytest.param(gzip.compress(json.dumps(MORE).encode()[:-2]), id="JSON cut off behind a record"),
        pytest.param(zipped([MORE]), id="array"),
        pytest.param(zipped({"totalSize": 1, "records": []}), id="no done"),
        pytest.param(zipped({"totalSize": 9, "done": False, "records": RECORDS}), id="more, and not where"),
        pytest.param(zipped(MORE | {"nextRecordsUrl": ""}), id="more, and an empty address"),
        pytest.param(zipped(MORE | {"nextRecordsUrl": "https://evil.example/x"}), id="more, elsewhere"),
        pytest.param(zipped(MORE | {"nextRecordsUrl": "/services/data/v66.0/query/../sobjects"}), id="not a query"),
        pytest.param(zipped(MORE | {"totalSize": "many"}), id="a total that is no number"),
        pytest.param(zipped(MORE | {"totalSize": -1}), id="a total below zero"),
        pytest.param(b'{"totalSize":1e999,"done":true,"records":[]}', id="an infinite total"),
        pytest.param(gzip.compress(b"[" * 100_000), id="nested too deeply"),
        pytest.param(gzip.compress(b"x") + b"trailing", id="bytes after the end"),
    ],
)
def test_what_is_no_page_is_refused(body) -> None:
    with pytest.raises(Undocumented):
        page_of("acme", MOST, answer(body))


def test_a_page_beyond_the_limit_is_not_unpacked_to_its_end() -> None:
    with pytest.raises(UnusableAnswer, match="acme: the answer has more than 1 MB"):
        page_of("acme", MOST, answer(gzip.compress(b" " * (MOST + 1))))


def test_several_gzip_streams_on_end_are_one_page() -> None:
    plain = json.dumps(MORE).encode()
    body = gzip.compress(plain[:9_000]) + gzip.compress(plain[9_000:])
    assert page_of("acme", MOST, answer(body)).plain_bytes == len(plain)
