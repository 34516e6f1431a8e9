"""Checks that every package that the program runs with has a license that we allow. Needs no network.

What is looked at: the packages of requirements.lock that are installed here, by their own metadata.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
ALLOWED = {
    "0bsd", "2-clause bsd", "3-clause bsd", "afl-2.1", "apache", "apache software", "apache-2.0", "apache 2.0", "bsd",
    "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cnri-python", "hpnd", "isc", "isc iscl", "mit", "mit-0", "mit-cmu",
    "mozilla public 2.0 mpl 2.0", "mpl-2.0", "psf-2.0", "python software foundation", "zlib",
}  # fmt: skip
"""Licenses that ask for no more than notices, or (MPL) for changes of their own files."""
EXCEPTIONS = {
    "pypdfium2": "BSD-3-Clause and Apache-2.0; the PDFium that it contains comes with notices of the same kind",
    "python-bidi": "LGPL: used as an unmodified package, which a user can exchange",
    "text-unidecode": "Artistic License or GPL: its Artistic License is chosen; used unmodified",
}


def license_of(package: Distribution) -> str:
    """Gives the license that a package's metadata states; empty where it states none."""
    if expression := package.metadata.get("License-Expression"):
        return str(expression)
    classifiers = [str(each) for each in package.metadata.get_all("Classifier") or []]
    stated = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    return " | ".join(stated) or str(package.metadata.get("License") or "").strip().partition("\n")[0]


def is_allowed(stated: str) -> bool:
    """Tells whether every license that is stated is allowed; alternatives are not told apart."""
    plain = re.sub(r"\bOSI Approved\b|\bDFSG approved\b|\bLicen[cs]e\b|[()]", "", stated)
    names = {" ".join(each.split()).lower() for each in re.split(r"\bAND\b|\bOR\b|[|,]", plain) if each.strip()}
    return bool(names) and names <= ALLOWED


def main() -> int:
    """Prints the packages whose license is not allowed; gives the exit code."""
    pinned = re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    looked_at, refused = 0, []
    for name in pinned:
        try:
            stated = license_of(distribution(name))
        except PackageNotFoundError:
            continue  # for another platform
        looked_at += 1
        if name not in EXCEPTIONS and not is_allowed(stated):
            refused.append(f"{name}: {stated or 'states no license'}")
    print("\n".join(refused) or f"licenses: {looked_at} packages, {len(EXCEPTIONS)} of them by exception")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
