"""What a run says: in its log, and to whoever waits at a terminal."""

import logging
import sys
from collections.abc import Callable
from functools import partial

import dagster as dg

_FOR_READERS = "for_readers"


class _PlainLine(logging.Formatter):
    """The message of an asset, without Dagster's run id and step name before it."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", None) or {}
        return str(meta.get("orig_message") or record.getMessage())


def progress(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Callable[[str], None]:
    """What an asset calls to report its progress, in the run's log and at the terminal."""
    return partial(log_for_readers, context.log, context.run.tags.get("dagster/partition", ""))


def log_for_readers(log: logging.Logger | None, org: str, text: str) -> None:
    """Logs a line about an org that people at a terminal see as well."""
    if log:
        log.info(f"{org}: {text}", extra={_FOR_READERS: True})


def _is_for_readers(record: logging.LogRecord) -> bool:
    """What Dagster and dbt say, stack traces included, stays in Dagster's event log."""
    return bool(getattr(record, _FOR_READERS, False))


def _terminal_logger(_: dg.InitLoggerContext) -> logging.Logger:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainLine())
    handler.addFilter(_is_for_readers)
    logger = logging.Logger("spendready", logging.INFO)
    logger.addHandler(handler)
    return logger


terminal_logger = dg.LoggerDefinition(
    _terminal_logger, description="Prints the progress of the assets, one line each, to standard error"
)
"""The logger of runs that are started from the command line."""
