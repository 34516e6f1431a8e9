"""The severities and the teams that act: their order, and what people call them."""

SEVERITIES = ("critical", "high", "medium", "low")
"""The worst first."""
TEAMS = {"security": "Security", "it": "IT", "revops": "RevOps"}
"""Who acts, in the order of the report's sections."""


def severity_rank(column: str = "severity") -> str:
    """Gives an SQL expression that sorts by severity, the worst first.

    Args:
        column: The column with the severity.
    """
    return f"list_position({list(SEVERITIES)}, {column})"
