"""When the audit runs: weekly, on by default, each org by its own schedule."""

import dagster as dg

from spendready_pipeline.orchestration.schedules import audit_schedule
from spendready_pipeline.settings import org_schedules


@dg.definitions
def schedules() -> dg.Definitions:
    """A schedule for each org of spendready.yml."""
    return dg.Definitions(schedules=[audit_schedule(*each) for each in org_schedules()])
