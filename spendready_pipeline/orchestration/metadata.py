"""Metadata of materializations: what an asset's page in Dagster shows of a run."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import dagster as dg


def picture(name: str, png: bytes) -> dg.MarkdownMetadataValue:
    """A picture within Dagster's event, which is kept as long as the run: it has to be small."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{b64encode(png).decode()})")


def table(rows: Sequence[Mapping[str, int | str]]) -> dg.TableMetadataValue:
    """A table with the columns of its first row; columns of numbers are such in Dagster as well."""
    columns = [
        dg.TableColumn(name, "int" if isinstance(value, int) else "string")
        for name, value in (rows[0] if rows else {}).items()
    ]
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows], dg.TableSchema(columns))


def stated(values: Mapping[str, str | int | float | None]) -> dict[str, str | int | float]:
    """The values that say something: neither None nor an empty text."""
    return {name: value for name, value in values.items() if value is not None and value != ""}
