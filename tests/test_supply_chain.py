"""`make licenses` and `make audit`: what they refuse, and that a machine without a network is no failure."""

import http.server
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

CI = Path(__file__).resolve().parent.parent / ".ci"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CI / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LICENSES = load("licenses")


@pytest.mark.parametrize(
    "stated",
    ["MIT", "Apache Software License | MIT License", "MPL-2.0 AND (Apache-2.0 OR MIT)", "ISC License (ISCL)",
     "Mozilla Public License 2.0 (MPL 2.0)", "BSD License", "MIT License | OSI Approved"],
)  # fmt: skip
def test_licenses_that_are_allowed(stated: str) -> None:
    assert LICENSES.is_allowed(stated)


@pytest.mark.parametrize(
    "stated",
    ["", "GPL-3.0-only", "MIT AND AGPL-3.0-or-later", "GNU Affero General Public License v3", "SSPL-1.0", "Proprietary",
     "MIT License | GNU General Public License (GPL)", "UNKNOWN", "BUSL-1.1"],
)  # fmt: skip
def test_licenses_that_are_refused(stated: str) -> None:
    assert not LICENSES.is_allowed(stated)


def test_the_packages_of_the_program_have_allowed_licenses(capsys: pytest.CaptureFixture[str]) -> None:
    assert LICENSES.main([]) == 0, capsys.readouterr().out


@pytest.fixture
def advisories() -> Iterator[tuple[str, list[object], list[bytes]]]:
    """A service with OSV's interface on loopback: its URL, what it answers to a query, and what it was asked."""
    asked: list[bytes] = []
    vulnerable: list[object] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            queries = json.loads(asked[-1])["queries"]
            results = [
                {"vulns": [{"id": "GHSA-test"}]} if each["package"]["name"] in vulnerable else {} for each in queries
            ]
            body = json.dumps({"results": results}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/querybatch", vulnerable, asked
        server.shutdown()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"AUDIT_URL": url, "no_proxy": "*"}
    return subprocess.run(
        [sys.executable, str(CI / "audit.py")], env=environment, capture_output=True, text=True, check=False
    )


def test_a_vulnerable_package_fails_the_audit(advisories) -> None:
    url, vulnerable, asked = advisories
    ended = audit(url)
    assert (ended.returncode, "no known vulnerability" in ended.stdout) == (0, True)
    vulnerable.append("duckdb")
    ended = audit(url)
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    assert line.startswith("duckdb ")
    assert line.endswith(": GHSA-test")
    assert len(asked) == 2, "one request for all packages"


def test_without_a_network_the_audit_says_that_it_was_skipped() -> None:
    ended = audit("http://127.0.0.1:1/v1/querybatch")
    assert (ended.returncode, ended.stdout.startswith("audit: skipped")) == (0, True)
