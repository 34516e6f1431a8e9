"""Checks that every package that the program runs with has a license that we allow, and is listed in NOTICE.md.

Reads the metadata of the packages of requirements.lock that are installed here. Needs no network. `--write` rewrites
the list in NOTICE.md.
"""

import re
import sys
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LOCK = REPOSITORY / "requirements.lock"
NOTICE = REPOSITORY / "NOTICE.md"
HEAD = "| Package | License |\n|---|---|\n"
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


def licenses() -> dict[str, str]:
    """Gives the license of each locked package that is installed here; the others are for other platforms."""
    found = {}
    for name in re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE):
        with suppress(PackageNotFoundError):
            found[name] = license_of(distribution(name))
    return found


def main(arguments: list[str]) -> int:
    """Prints the packages whose license is not allowed or not listed; gives the exit code."""
    found = licenses()
    before, head, table = NOTICE.read_text(encoding="utf-8").partition(HEAD)
    if arguments == ["--write"]:
        rows = "".join(f"| {name} | {' '.join(found[name].replace('|', 'or').split())} |\n" for name in sorted(found))
        NOTICE.write_text(before + head + rows, encoding="utf-8")
        return 0
    listed = set(re.findall(r"^\| ([\w.-]+) \|", table, re.MULTILINE))
    problems = [
        f"{name}: {stated or 'states no license'}"
        for name, stated in found.items()
        if name not in EXCEPTIONS and not is_allowed(stated)
    ]
    problems += [f"{name}: not listed in NOTICE.md. Run: make notice" for name in sorted(found.keys() - listed)]
    print("\n".join(problems) or f"licenses: {len(found)} packages, {len(EXCEPTIONS)} of them by exception")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
