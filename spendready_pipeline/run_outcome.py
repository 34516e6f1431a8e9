"""How a run of one org ended, in words for those who wait for it; knows nothing of who ran it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Failure:
    """One thing that stopped a run.

    Attributes:
        step: The step, as Dagster calls it; empty where the run never came to one.
        stage: The stage of the audit that the step belongs to, as the README names it.
        words: What happened and what to do, for a reader who may be anywhere: never a secret, never a stack trace.
        detail: The same for who sits at this machine: a tool such as dbt says all that it said.
    """

    step: str
    stage: str
    words: str
    detail: str


@dataclass(frozen=True)
class RunOutcome:
    """How a run of one org ended.

    Attributes:
        org: The org's name.
        run_id: Dagster's id of the run, as the UI shows it.
        started_at: When it began, UTC.
        failures: What stopped it; empty when every stage ran.
        began: Whether it did anything; one that found another of its org under way did not.
        published: Whether the week was published; it may not have been delivered all the same.
    """

    org: str
    run_id: str
    started_at: datetime
    failures: tuple[Failure, ...]
    began: bool
    published: bool
