"""How a run of one org ended, in words for those who wait for it; knows nothing of who ran it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Failure:
    """One thing that stopped a run.

    Attributes:
        step: The step, as Dagster calls it; empty where the run did not get that far.
        stage: The stage of the audit that the step belongs to, as the README names it.
        what: What happened, for a reader who may be anywhere: never a secret, never a stack trace.
        remediation: What to do about it; empty where nothing can be said.
        detail: All that a tool such as dbt printed, for a reader at this machine; empty where there is no more to say.
    """

    step: str
    stage: str
    what: str
    remediation: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}. {self.remediation}" if self.remediation else self.what


@dataclass(frozen=True)
class RunOutcome:
    """How a run of one org ended.

    Attributes:
        org: The org's name.
        run_id: Dagster's id of the run, as the UI shows it.
        started_at: When it began, UTC.
        failures: What stopped it; empty when every stage ran.
        began: Whether it did anything; one that found another run of its org in progress did not.
        published: Whether the week was published; it may not have been delivered all the same.
    """

    org: str
    run_id: str
    started_at: datetime
    failures: tuple[Failure, ...]
    began: bool
    published: bool
