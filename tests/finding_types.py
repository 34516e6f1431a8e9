"""What the rules say of each finding type: `finding_types.yml`, as the tests read it."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

SEVERITIES = ("low", "medium", "high", "critical")


class FindingType(BaseModel):
    """A finding type by the rules; `finding_types.yml` describes each attribute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Literal["low", "medium", "high"]
    who_acts: Literal["security", "it", "revops"]
    columns: tuple[str, ...]
    priced: bool = False
    signals: bool = False
    not_evaluated: tuple[str, ...]
    partial: tuple[str, ...] = ()

    @property
    def raised(self) -> str:
        """The severity of a finding of an active user that controls the org."""
        return SEVERITIES[SEVERITIES.index(self.severity) + 1]


TYPES = {
    name: FindingType(**values)
    for name, values in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text()).items()
}
"""Each finding type by its name."""
