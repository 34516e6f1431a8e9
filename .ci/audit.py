"""Asks OSV (https://osv.dev) whether a published vulnerability concerns a version that requirements.lock pins.

One request for all packages. Where the service cannot be reached, that is said, and the exit code is 0: a check without
a network is no failure of the program. `AUDIT_URL` names another server with the same interface.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
URL = os.environ.get("AUDIT_URL", "https://api.osv.dev/v1/querybatch")
SECONDS = 10.0
ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that do not concern us, by id, with the reason."""


def pinned(lock: str) -> list[tuple[str, str]]:
    """Gives the packages that a lock file pins: name and version."""
    return re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE)


def ask(packages: list[tuple[str, str]]) -> list[dict[str, object]]:
    """Asks for the vulnerabilities of each package.

    Raises:
        OSError: The service cannot be reached.
        ValueError: It answered something else.
    """
    queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages]
    request = urllib.request.Request(  # noqa: S310 - https, or what a test says
        URL, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        results = json.load(answer)["results"]
    if len(results) != len(packages):
        raise ValueError("not one result for each package")
    return list(results)


def main() -> int:
    """Prints the vulnerabilities that were found; gives the exit code."""
    packages = pinned(LOCK.read_text(encoding="utf-8"))
    try:
        results = ask(packages)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"audit: skipped, {URL} cannot be asked ({type(error).__name__})")
        return 0
    found = [
        f"{name} {version}: {each['id']}"
        for (name, version), result in zip(packages, results, strict=True)
        for each in result.get("vulns") or []
        if each["id"] not in ACCEPTED
    ]
    print("\n".join(found) or f"audit: no known vulnerability in {len(packages)} packages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
