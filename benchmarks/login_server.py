"""Serves a demo org over HTTPS whose LoginHistory is ready-made pages: what is measured is who reads them."""

import asyncio
import re
import sys
import tempfile
from bisect import bisect_left
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.login_pages import NOW, PAGE_ROWS, Records, make_pages
from demo_org import serve
from demo_org.serve import DemoOrg

USERS = 60
_LOCATOR = "01gREADYMADE"


class ReadyMade:
    """Middleware: answers queries on LoginHistory from pages that were made before; each answer is kept.

    Args:
        app: The demo org.
        pages: The pages, oldest login first.
        latency: Seconds that every answer takes longer.
    """

    def __init__(self, app: ASGIApp, pages: list[Records], latency: float) -> None:
        self.app, self.pages, self.latency = app, pages, latency
        self.starts = [page.first for page in pages]
        self.answers: dict[tuple[int, int, int], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        path = scope["path"]
        if path.startswith("/services/data/v") and self.latency:
            await asyncio.sleep(self.latency)
        soql = (
            parse_qs(scope["query_string"].decode()).get("q", [""])[0] if path.endswith(("/query", "/query/")) else ""
        )
        if f"/query/{_LOCATOR}" in path:
            body = self.page(*map(int, path.rsplit("-", 3)[1:]))
        elif "FROM LoginHistory" in soql:
            first, last = self.window(soql)
            if "count()" in soql:
                body = Records("", b"\x03\x00", 0, 0).page(_envelope((last - first) * PAGE_ROWS, "") + "[]}")
            else:
                body = self.page(first, last, first)
        else:
            await self.app(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/json;charset=UTF-8"),
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def window(self, soql: str) -> tuple[int, int]:
        """Returns the first page of a query and the one after its last: those that begin within its LoginTime."""
        since = re.search(r"LoginTime >= (\S+)", soql)
        until = re.search(r"LoginTime < (\S+)", soql)
        return (
            bisect_left(self.starts, since[1]) if since else 0,
            bisect_left(self.starts, until[1]) if until else len(self.pages),
        )

    def page(self, first: int, last: int, number: int) -> bytes:
        """Returns a page of a query as it is sent."""
        key = first, last, number
        if key not in self.answers:
            following = (
                f"/services/data/v67.0/query/{_LOCATOR}-{first}-{last}-{number + 1}" if number + 1 < last else ""
            )
            envelope = _envelope((last - first) * PAGE_ROWS, following)
            empty = Records("", b"\x03\x00", 0, 0).page(envelope + "[]}")
            self.answers[key] = self.pages[number].page(envelope) if first < last else empty
        return self.answers[key]


def _envelope(total: int, following: str) -> str:
    more = f'"done":false,"nextRecordsUrl":"{following}"' if following else '"done":true'
    return f'{{"totalSize":{total},{more},"records":'


def main(rows: int, latency: float) -> None:
    """Serves until standard input ends; prints the org's configuration and environment, and where the pages are."""
    pages = make_pages(rows)
    of_the_demo_org = serve.app
    serve.app = lambda org: ReadyMade(of_the_demo_org(org), pages, latency)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder, DemoOrg(USERS, seed=1, now=NOW, folder=Path(folder) / "org") as org:
        Path(folder, "spendready.yml").write_text(org.configuration())
        Path(folder, "environment").write_text("\n".join(f"{key}={value}" for key, value in org.environment.items()))
        for number, page in enumerate(pages):
            envelope = _envelope(rows, "" if number + 1 == len(pages) else f"{_LOCATOR}-{number + 1}")
            Path(folder, f"{number:05}.json.gz").write_bytes(page.page(envelope))
        print(folder, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
