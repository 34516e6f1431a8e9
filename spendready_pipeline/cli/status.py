"""`spendready status`: disk usage, its growth, and when the disk will be full."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from spendready_pipeline.cli.shared import Org
from spendready_pipeline.evidence.archive import forgotten_snapshots, pruned_snapshots, snapshot_folders
from spendready_pipeline.maintenance.disk import Sizes, forecast, growth_a_day, measure, notes
from spendready_pipeline.maintenance.disk_messages import bytes_in_words, left_in_words, warning
from spendready_pipeline.settings import org_files
from spendready_pipeline.storage.files import OrgFiles, snapshot_moment
from spendready_pipeline.storage.files import dagster_home as dagster_home_in
from spendready_pipeline.text import counted

_NAME = 10


def status(org: Org = None) -> None:
    """Prints disk usage, its growth per year, and when the disk will be full."""
    all_orgs = org_files()
    dagster_home = dagster_home_in(all_orgs[0].root.parent)
    print_status(org_files(org), all_orgs, dagster_home, datetime.now(UTC), sys.stdout)


def print_status(
    orgs: Sequence[OrgFiles], all_orgs: Sequence[OrgFiles], dagster_home: Path, now: datetime, output: TextIO
) -> bool:
    """Prints the sizes of orgs, of Dagster's home and of the disk.

    Args:
        orgs: The orgs to print.
        all_orgs: All orgs of the data folder, since they share the disk.
        dagster_home: The folder where Dagster keeps its runs.
        now: This machine's clock.
        output: Gets the lines.

    Returns:
        Whether the disk will be full within four weeks.
    """
    data_dir = all_orgs[0].root.parent
    measured = [measure(files, dagster_home, now) for files in orgs]
    for files, sizes in zip(orgs, measured, strict=True):
        _print_org(files, sizes, output)
    everything = sorted((each for files in all_orgs for each in notes(files)), key=lambda each: each.at)
    grows = _growth([(each.at, each.dagster) for each in everything])
    _row("Dagster", measured[0].dagster, f"{dagster_home}; {grows}", output)
    coming = forecast(all_orgs, measured[0].free)
    known = left_in_words(coming.left) if coming.a_day is not None else "time until full not known yet"
    _row("free", coming.free, f"on the disk of {data_dir}; {known}", output)
    if coming.a_day is None:
        print("Growth is known after two successful runs that are a week apart.", file=output)
    if coming.is_full_soon:
        print(f"warning: {warning(data_dir, coming)}", file=output)
    return coming.is_full_soon


def _print_org(files: OrgFiles, sizes: Sizes, output: TextIO) -> None:
    print(files.org, file=output)
    noted = notes(files)
    _row("evidence", sizes.evidence, f"{_snapshots(files)}; {_growth([(n.at, n.evidence) for n in noted])}", output)
    _row("warehouse", sizes.warehouse, _growth([(n.at, n.warehouse) for n in noted]), output)
    reports = len(list(files.reports.glob("*.pdf")))
    _row("reports", sizes.reports, f"{counted(reports, 'PDF')}; {_growth([(n.at, n.reports) for n in noted])}", output)
    weeks = len(list(files.weeks.glob("[!.]*")))
    _row("published", sizes.published, counted(weeks, "week"), output)
    _row("other", sizes.other, "dbt files, logs, the record of deliveries", output)
    _row("all", sizes.org, _growth([(n.at, n.org) for n in noted]), output)


def _row(name: str, size: int, what: str, output: TextIO) -> None:
    print(f"  {name:<{_NAME}} {bytes_in_words(size):>9}  {what}", file=output)


def _growth(values: Sequence[tuple[datetime, int]]) -> str:
    rate = growth_a_day(values)
    return "growth not known yet" if rate is None else f"{bytes_in_words(rate * 365)} more a year"


def _snapshots(files: OrgFiles) -> str:
    """Returns the number of snapshots and the dates of the first and last."""
    names = [folder.name for folder in snapshot_folders(files.evidence) if snapshot_moment(folder.name)]
    if not names:
        return "no snapshot"
    span = " to ".join(f"{snapshot_moment(name):%Y-%m-%d}" for name in dict.fromkeys((names[0], names[-1])))
    pruned, forgotten = (
        len(known.keys() & set(names)) for known in (pruned_snapshots(files), forgotten_snapshots(files))
    )
    further = f", {pruned:,} with manifest only" if pruned else ""
    further += f", {forgotten:,} forgotten" if forgotten else ""
    return f"{counted(len(names), 'snapshot')}, {span}{further}"
