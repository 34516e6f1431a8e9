"""The section `keep` of the settings: how long the files of past runs are kept."""

from typing import Annotated

from pydantic import Field

from spendready_pipeline.config.section import IsNumber, Section
from spendready_pipeline.evidence.archive import MIN_EVIDENCE_DAYS

MAX_DAYS = 36_500


class Keep(Section):
    """How long the files of past runs are kept.

    Attributes:
        evidence_days: Days for which the pages of a snapshot are kept; its manifest is kept forever.
        reports_days: Days for which PDFs are kept.
        dagster_days: Days for which Dagster's runs and their logs are kept.
        published_weeks: How many published weeks are kept, the current one included.
    """

    evidence_days: Annotated[int, IsNumber, Field(ge=MIN_EVIDENCE_DAYS, le=MAX_DAYS)] = 400
    reports_days: Annotated[int, IsNumber, Field(ge=30, le=MAX_DAYS)] = 400
    dagster_days: Annotated[int, IsNumber, Field(ge=30, le=MAX_DAYS)] = 400
    published_weeks: Annotated[int, IsNumber, Field(ge=1, le=520)] = 3
