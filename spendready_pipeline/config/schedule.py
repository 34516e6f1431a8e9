"""The section `schedule` of `spendready.yml`: when an org is audited."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from croniter import CroniterError, croniter
from pydantic import AfterValidator

from spendready_pipeline.config.section import Section, Text, did_you_mean


def _cron(text: str) -> str:
    try:
        if len(text.split()) == 5 and croniter(text, datetime.now(UTC)).get_next():
            return text
    except CroniterError:
        pass
    raise ValueError("use five cron fields that match some date, e.g. 0 6 * * 1 for Mondays at 06:00")


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(name, available_timezones())
    raise ValueError(f"unknown time zone{hint}; use a name such as UTC or Europe/Berlin")


class Schedule(Section):
    """When an org is audited: five cron fields in a time zone."""

    cron: Annotated[Text, AfterValidator(_cron)] = "0 6 * * 1"
    timezone: Annotated[Text, AfterValidator(_timezone)] = "UTC"
