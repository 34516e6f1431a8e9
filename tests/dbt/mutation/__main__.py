"""`make mutation`: breaks each model that decides, and says which breaks no test notices.

Models to break may be named: `python -m tests.dbt.mutation finding_stale_oauth_token`. Broken are the predicates: what
is joined, kept and compared. `--projections` also breaks what a row shows; not every survivor of those has its reason.
"""

import argparse
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.dbt.mutation.equivalents import Equivalents
from tests.dbt.mutation.mutants import Mutant
from tests.dbt.mutation.suite import REMEMBERED, Suite, finding_models, shared_models

EQUIVALENT = Path(__file__).with_name("equivalent.yml")
console = Console(soft_wrap=True)


def main() -> int:
    """Prints each model's mutants and survivors; 1 where a survivor has no reason, or a reason no survivor."""
    asked = _asked()
    chosen = asked.models
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    equivalents = Equivalents.read(EQUIVALENT)
    alive: list[Mutant] = []
    counted: list[tuple[int, int, int, int]] = []
    with TemporaryDirectory(prefix="mutation-") as folder:
        suite = Suite(Path(folder), chosen)
        for model in chosen:
            tried = list(suite.tried(model, asked.projections))
            survivors = [mutant for mutant, killer in tried if not killer]
            sign_in_error = sum(equivalents.explain(each) is not None for each in survivors)
            killed = len(tried) - len(survivors)
            counted.append((len(tried), killed, sign_in_error, len(survivors) - sign_in_error))
            console.print(f"{model}: {killed} of {len(tried)} killed", markup=False, highlight=False)
            alive += survivors
    table = Table("model", "mutants", "killed", "equivalent", "survived")
    total = tuple(map(sum, zip(*counted, strict=True)))
    for name, counts in zip([*chosen, "all"], [*counted, total], strict=True):
        table.add_row(name, *map(str, counts))
    console.print(table)
    gaps = [each for each in alive if not equivalents.explain(each)]
    for each in gaps:
        console.print(f"survived  {each.model}: {each.change}", markup=False, highlight=False)
    stale = equivalents.stale(alive, chosen)
    for model, change in stale:
        console.print(f"listed as equivalent, but killed or gone  {model}: {change}", markup=False, highlight=False)
    return 1 if gaps or stale else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.dbt.mutation", description="Breaks each rule.")
    parser.add_argument("models", nargs="*", help="else every finding type, and a finding's memory and status")
    parser.add_argument("--all", action="store_true", help="also what the finding types share")
    parser.add_argument("--projections", action="store_true", help="also what a row shows")
    asked = parser.parse_args()
    default = finding_models() + REMEMBERED
    unknown = set(asked.models) - set(default) - set(shared_models())
    if unknown:
        parser.error(f"No model that decides: {', '.join(sorted(unknown))}")
    asked.models = asked.models or default + (shared_models() if asked.all else [])
    return asked


if __name__ == "__main__":
    sys.exit(main())
