"""Sizes and forecasts in words, for the terminal and for messages."""

from datetime import timedelta
from pathlib import Path

from spendready_pipeline.maintenance.disk import Forecast

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def bytes_in_words(number: float) -> str:
    """Writes a number of bytes, e.g. `1.4 GB`; units of 1,000, as disks are sold."""
    unit = 0
    while abs(number) >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = 0 if unit == 0 or abs(number) >= 99.5 else 1
    return f"{number:,.{digits}f} {_UNITS[unit]}"


def left_in_words(left: timedelta | None) -> str:
    """Says in how much time a disk will be full."""
    if left is None:
        return "not full within ten years"
    days = left.days
    if days < 2:
        return "full within two days"
    if days < 60:
        return f"full in about {days} days"
    return f"full in about {days // 30} months" if days < 730 else f"full in about {days // 365} years"


def warning(data_dir: Path, forecast: Forecast) -> str:
    """Says that a disk will be full soon, and what to do."""
    growth = bytes_in_words((forecast.a_day or 0) * 7)
    return (
        f"the disk of {data_dir} is {left_in_words(forecast.left)}: {bytes_in_words(forecast.free)} are free, and "
        f"{growth} more are taken each week. Make room, or keep less (keep in spendready.yml); spendready status shows "
        "what takes it"
    )
