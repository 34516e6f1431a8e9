"""The query engine: answers SOQL as an org would, for one reader at one moment."""

from datetime import UTC, datetime

import duckdb

from demo_org.soql.answer import Answer
from demo_org.soql.errors import Refusal, SoqlError
from demo_org.soql.grammar import parse
from demo_org.soql.scope import Reader, Request
from demo_org.soql.statement import compile_query

__all__ = ["Answer", "Engine", "Reader", "SoqlError"]

MAX_AGGREGATE_ROWS = 2000
"""Aggregate results that fit the one batch such a query has."""


class Engine:
    """Answers queries over an org's content.

    Args:
        connection: A DuckDB connection to it; each answer takes a cursor of its own.
        now: The org's moment, with a time zone, which date literals such as TODAY count from.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now.astimezone(UTC)

    def query(self, soql: str, reader: Reader, api_version: float, all_rows: bool = False) -> Answer:
        """Answers a query.

        Args:
            soql: Its text.
            reader: Who asks.
            api_version: The API version of the request, e.g. 66.0.
            all_rows: Deleted rows are found as well, as `queryAll` does.

        Raises:
            SoqlError: The query is refused.
        """
        request = Request(reader, api_version, self._now, all_rows)
        try:
            statement = compile_query(request, parse(soql))
        except Refusal as refusal:
            raise refusal.on(soql) from None
        answer = Answer(self._connection.cursor(), statement, request.parameters, api_version)
        if answer.kind == "aggregate" and answer.total_size > MAX_AGGREGATE_ROWS:
            answer.close()
            raise SoqlError(
                400,
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
            )
        return answer
