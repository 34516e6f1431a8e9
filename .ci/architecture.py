"""Draws the rooms of the code and their imports into `docs/architecture.md`, from the imports themselves.

`make architecture` rewrites the picture; `--check` fails where it is not what the code says.
"""

import sys
from pathlib import Path

import grimp

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by `make architecture` -->\n", "<!-- end of the picture -->\n"
PACKAGES = ("assets", "expectations", "reports", "spendready_pipeline", "demo_org")
GROUND = {"text", "errors", "run_outcome"}
"""Small modules that everything may use; drawing their arrows would hide the others."""


def room_of(module: str) -> str:
    """The room of a module: a top-level package, or a module or package directly inside the program."""
    names = module.split(".")
    return names[1] if names[0] == "spendready_pipeline" and len(names) > 1 else names[0]


def imports() -> dict[str, set[str]]:
    """Which rooms each room imports."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    rooms: dict[str, set[str]] = {}
    for module in graph.modules:
        room = room_of(module)
        found = {room_of(each) for each in graph.find_modules_directly_imported_by(module)}
        rooms.setdefault(room, set()).update(found - {room, "spendready_pipeline"})
    rooms.pop("spendready_pipeline", None)
    return rooms


def upward(rooms: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Pairs of rooms that import each other, directly or through others."""
    reach = {room: _reachable(rooms, room) for room in rooms}
    return sorted((one, other) for one in rooms for other in reach[one] if one < other and one in reach[other])


def _reachable(rooms: dict[str, set[str]], room: str) -> set[str]:
    found: set[str] = set()
    waiting = list(rooms[room])
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += rooms[name]
    return found


def picture(rooms: dict[str, set[str]]) -> str:
    """A Mermaid diagram. An arrow that follows from two others is left out."""
    arrows = sum(len(each) for each in rooms.values())
    reach = {room: _reachable(rooms, room) for room in rooms}
    inside = sorted(set(rooms) - set(PACKAGES) - GROUND)
    lines = ["```mermaid", "flowchart TB", *(f"  {each}" for each in ("assets", "reports", "expectations", "demo_org"))]
    lines += ["  subgraph spendready_pipeline", *(f"    {each}" for each in inside), "  end"]
    for room in sorted(set(rooms) - GROUND):
        below = rooms[room] - GROUND
        direct = {each for each in below if not any(each in reach[other] for other in below - {each})}
        lines += [f"  {room} --> {each}" for each in sorted(direct)]
    count = f"{len(rooms)} rooms, {arrows} imports between them, {len(upward(rooms))} that run back up."
    return "\n".join([*lines, "```", "", count, ""])


def main(arguments: list[str]) -> int:
    """Rewrites the picture, or with `--check` compares it; gives the exit code."""
    sys.path.insert(0, str(REPOSITORY))
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = f"{before}{BEGIN}\n{picture(imports())}\n{END}{after}"
    if arguments == ["--check"]:
        if drawn != page:
            print(f"{PAGE.relative_to(REPOSITORY)} is not what the code says. Run: make architecture")
        return int(drawn != page)
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
