"""How much one org may cost: bytes, time and API calls. The sections `limits` and `api_budget_percent` of the settings.

The server behind an org's address may be faulty or hostile; these bounds keep its answers from filling memory or the
disk, and a run from taking forever.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from spendready_pipeline.config.section import IsNumber, Section

Megabytes = Annotated[int, IsNumber, Field(ge=1, le=4_096)]
Minutes = Annotated[int, IsNumber, Field(ge=1, le=1_440)]
Hours = Annotated[int, IsNumber, Field(ge=1, le=168)]
SkewMinutes = Annotated[int, IsNumber, Field(ge=1, le=1_440)]
Percent = Annotated[int, IsNumber, Field(ge=1, le=100)]

MEGABYTE = 1024 * 1024


class Limits(Section):
    """Limits on the answers of an org, and on the duration of its run.

    Attributes:
        page_mb: Megabytes of one page of a query, both as sent and unpacked.
        answer_mb: Megabytes of any other answer, error pages included, both as sent and unpacked.
        answer_minutes: Minutes until an answer must be complete, however slowly it arrives.
        run_hours: Hours that a run may take; a longer one ends while it reads, or before its next stage.
        clock_skew_minutes: Minutes that the org's clock may differ from this machine's; None: not compared.
    """

    null_values: ClassVar[frozenset[str]] = frozenset({"clock_skew_minutes"})

    page_mb: Megabytes = 512
    answer_mb: Megabytes = 1
    answer_minutes: Minutes = 10
    run_hours: Hours = 12
    clock_skew_minutes: SkewMinutes | None = 60

    @property
    def page_bytes(self) -> int:
        """The maximum size of a query page, in bytes."""
        return self.page_mb * MEGABYTE

    @property
    def answer_bytes(self) -> int:
        """The maximum size of any other answer, in bytes."""
        return self.answer_mb * MEGABYTE
