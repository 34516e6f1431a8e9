"""`make mutation`: breaks each model's predicates, and says which breaks no test notices.

Models to break may be named: `python -m tests.dbt.mutation finding_stale_oauth_token`.
"""

import logging
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.dbt.mutation.equivalents import Equivalents
from tests.dbt.mutation.suite import Suite, models, run

EQUIVALENT = Path(__file__).with_name("equivalent.yml")
console = Console(soft_wrap=True)


def main() -> int:
    """Prints each model's mutants and survivors; 1 where a survivor has no reason, or a reason no survivor."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    chosen = sys.argv[1:] or models()
    suite = Suite(chosen)
    run(suite)
    equivalents = Equivalents.read(EQUIVALENT)
    survivors = [each for each in suite.alive if not equivalents.explain(each)]
    table = Table("model", "mutants", "killed", "equivalent", "survived")
    counted = [(model, *_count(suite, equivalents, model)) for model in chosen]
    for row in [*counted, ("all", *map(sum, zip(*(row[1:] for row in counted), strict=True)))]:
        table.add_row(*map(str, row))
    console.print(table)
    for each in survivors:
        console.print(f"survived  {each.model}: {each.change}", markup=False, highlight=False)
    stale = equivalents.stale(suite.alive, chosen)
    for model, change in stale:
        console.print(f"listed as equivalent, but killed or gone  {model}: {change}", markup=False, highlight=False)
    return 1 if survivors or stale else 0


def _count(suite: Suite, equivalents: Equivalents, model: str) -> tuple[int, int, int, int]:
    mutants = [each for each in suite.mutants if each.model == model]
    killed = sum(each in suite.killers for each in mutants)
    explained = sum(each not in suite.killers and equivalents.explain(each) is not None for each in mutants)
    return len(mutants), killed, explained, len(mutants) - killed - explained


if __name__ == "__main__":
    sys.exit(main())
