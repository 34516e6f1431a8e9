"""The share of an org's daily API calls that an audit may use; the rest is left for the org's other clients."""

from dataclasses import dataclass

from spendready_pipeline.salesforce.client.answers import DailyCalls
from spendready_pipeline.salesforce.client.api_errors import ApiBudgetExceeded


@dataclass(frozen=True)
class Budget:
    """How many of an org's daily API calls may be used, by all clients together.

    Attributes:
        org: The org's name.
        percent: `api_budget_percent` of the settings; None: no limit.
    """

    org: str
    percent: int | None

    def check(self, usage: DailyCalls | None) -> None:
        """Checks that another call may be made.

        Args:
            usage: The org's calls; None where they are not known.

        Raises:
            ApiBudgetExceeded: The budget is used up.
        """
        if self.percent is not None and usage is not None and self.left(usage) <= 0:
            raise ApiBudgetExceeded(
                f"{self.org}: {usage.used:,} of the org's {usage.allowed:,} daily API calls are used, and "
                f"api_budget_percent is {self.percent}",
                _REMEDIATION,
            )

    def check_cost(self, what: str, calls: int, usage: DailyCalls | None) -> None:
        """Checks that enough calls are left for what is about to be read.

        Args:
            what: What is about to be read.
            calls: How many calls that takes.
            usage: The org's calls; None where they are not known.

        Raises:
            ApiBudgetExceeded: It takes more calls than are left.
        """
        if self.percent is not None and usage is not None and calls > self.left(usage):
            raise ApiBudgetExceeded(
                f"{self.org}: {what} takes about {calls:,} API calls. {usage.used:,} of the org's {usage.allowed:,} "
                f"daily calls are used, and api_budget_percent is {self.percent}, which leaves {self.left(usage):,}",
                _REMEDIATION,
            )

    def left(self, usage: DailyCalls) -> int:
        """Returns how many calls an audit may still make; never below zero."""
        percent = 100 if self.percent is None else self.percent
        return max(usage.allowed * percent // 100 - usage.used, 0)


_REMEDIATION = (
    "The published results are unchanged. Each call counts for 24 hours: run again later, check in Setup, Company "
    "Information, how many are used, or raise api_budget_percent"
)
