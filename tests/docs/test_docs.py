"""What the documents name exists: paths of the repository, links, `make` targets, commands, and their options."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from spendready_pipeline.cli import main
from spendready_pipeline.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(path for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md") for path in REPOSITORY.glob(pattern))
TOP_LEVEL = "assets|benchmarks|dbt_project|demo_org|deploy|docs|expectations|reports|spendready_pipeline|tests"
COMMANDS = {name: get_command(app).get_command(None, name) for name in main.COMMANDS}
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

pytestmark = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))


def test_paths_exist(document: Path) -> None:
    named = re.findall(rf"`((?:{TOP_LEVEL})/[\w./-]*)`", document.read_text(encoding="utf-8"))
    assert [path for path in named if not (REPOSITORY / path).exists()] == []


def test_links_lead_to_files_and_headings(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, heading = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (heading and heading not in _anchors(file)):
            broken.append(target)
    assert broken == []


def test_make_targets_exist(document: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z][a-z-]*)", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) - TARGETS == set()


def test_commands_and_options_exist(document: Path) -> None:
    unknown = []
    for line in re.findall(r"(?:^|`|\$ )spendready ([a-z][^`\n]*)", document.read_text(encoding="utf-8"), re.MULTILINE):
        command = COMMANDS.get(line.split()[0])
        known = {option for each in command.params for option in each.opts} if command else set()
        named = set(re.findall(r"(?<=\s)--[a-z-]+", line))
        if command is None or named - known - {"--help"}:
            unknown.append(line)
    assert unknown == []


def _anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
