"""dbt in this process, over one org's warehouse: there is no child that could see a secret or outlive its run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._utils.interrupts import raise_interrupts_as
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import (
    get_manifest_and_translator_from_dbt_assets,
    get_updated_cli_invocation_params_for_context,
)
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from spendready_pipeline.errors import DISK_FULL, DiskFullError, OrgError
from spendready_pipeline.orchestration.manifest import environment_of_dbt, project_options, target_folder
from spendready_pipeline.orchestration.outcomes import failure_of
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse, row_counts

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_RESULTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})


@dataclass
class DbtBuild:
    """What came of a build.

    Attributes:
        succeeded: Whether every model was built and every test passed.
        results: dbt's events about the models, seeds and tests that ended, in their order.
        errors: What dbt printed about what failed.
    """

    succeeded: bool = False
    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def note(self, event: Any) -> None:  # noqa: ANN401 - made by protobuf, without types
        """Keeps an event that is a result or an error."""
        from dbt_common.events.functions import msg_to_dict

        if event.info.name in _RESULTS:
            self.results.append(msg_to_dict(event))
        if event.info.level == "error":
            self.errors.append(event.info.msg)


def build_models(files: OrgFiles, selection: Sequence[str]) -> DbtBuild:
    """Builds models and seeds and runs the tests of the data; afterwards the warehouse is closed.

    Args:
        files: The org's files.
        selection: dbt's arguments that select what is built.

    Raises:
        dg.DagsterExecutionInterruptedError: A signal stopped the build.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    build = DbtBuild()
    runner = dbtRunner(manifest=_manifest(), callbacks=[build.note])
    try:
        # dbt cancels its query on a KeyboardInterrupt, and on no other exception.
        with environment_of_dbt(files.warehouse), raise_interrupts_as(KeyboardInterrupt):
            outcome = runner.invoke(["build", "--no-write-json", *selection, *project_options(files.dbt_target)])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise dg.DagsterExecutionInterruptedError
    if outcome.exception is not None:
        build.errors.append(str(outcome.exception))
    build.succeeded = outcome.success
    return build


@cache
def _manifest() -> "Manifest":
    """The project as dbt parsed it; all orgs share it, since the database is named as the file is."""
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack((target_folder() / "partial_parse.msgpack").read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def selection_of(context: dg.AssetExecutionContext) -> list[str]:
    """The arguments that tell dbt what a run selected: a person can choose a few assets or checks in Dagster's UI."""
    parameters = get_updated_cli_invocation_params_for_context(context, {}, DagsterDbtTranslator())
    indirect = parameters.indirect_selection
    return [*parameters.selection_args, *(["--indirect-selection", indirect] if indirect else [])]


def build_for_dagster(context: dg.AssetExecutionContext, files: OrgFiles) -> Iterator[Any]:
    """Builds what a run selected and gives what Dagster shows of it: materializations, with rows, and check results.

    Raises:
        dg.Failure: A model could not be built, or a test of the data failed; or the disk became full.
    """
    build = build_models(files, selection_of(context))
    rows = _row_counts(files.warehouse)
    yield from (_with_row_count(event, rows) for event in dagster_events(build, context))
    if build.succeeded:
        return
    detail = "\n".join(build.errors)
    if DISK_FULL in detail:
        raise failure_of(DiskFullError(str(files.warehouse)))
    error = OrgError(f"{files.org}: dbt could not build the findings", "The run in Dagster has what dbt printed")
    raise failure_of(error, detail=f"{error.what}:\n{detail}")


def dagster_events(build: DbtBuild, context: dg.AssetExecutionContext) -> Iterator[Any]:
    """What Dagster shows of a build: materializations and check results, as dagster-dbt makes them of dbt's events."""
    manifest, translator, _ = get_manifest_and_translator_from_dbt_assets([context.assets_def])
    for result in build.results:
        yield from DbtCoreCliEventMessage(result, {}).to_default_asset_events(manifest, translator, context)


def _row_counts(path: Path) -> dict[str, int]:
    """Rows can be counted only once dbt has closed the warehouse; what dbt did is shown with or without them."""
    try:
        with open_warehouse(path, read_only=True) as warehouse:
            return row_counts(warehouse)
    except OrgError:
        return {}


def _with_row_count(event: Any, rows: dict[str, int]) -> Any:  # noqa: ANN401 - any event of dagster-dbt
    if not isinstance(event, dg.Output) or "unique_id" not in event.metadata:
        return event
    table = str(event.metadata["unique_id"].value).split(".")[-1]
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[table]}) if table in rows else event
