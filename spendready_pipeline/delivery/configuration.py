"""The section `delivery` of `spendready.yml`: where reports and alerts go."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr, ValidationInfo

from spendready_pipeline.config.fields import Secret, is_unset, relative_to_file
from spendready_pipeline.config.section import Section, Text
from spendready_pipeline.delivery.addresses import address_issue, insecure_transport
from spendready_pipeline.delivery.channels.stores import is_store


def _destination(to: SecretStr, info: ValidationInfo) -> SecretStr:
    text = to.get_secret_value()
    if is_unset(text):
        return to
    if issue := address_issue(text) or (None if info.data.get("insecure") else insecure_transport(text)):
        raise ValueError(issue)
    return to if "://" in text else SecretStr(str(relative_to_file(Path(text), info)))


def _occasion(on: str, info: ValidationInfo) -> str:
    # `to` is missing where it is itself invalid.
    to = info.data["to"].get_secret_value() if "to" in info.data else None
    if on == "failure" and to is not None and not is_unset(to) and is_store(to):
        raise ValueError("a folder or object store gets reports only: use a message service for failures")
    return on


class Destination(Section):
    """Where a report goes: an Apprise URL, or a folder or object-store URL."""

    name: Text
    insecure: bool = False  # before `to`, whose validator reads it
    to: Annotated[Secret, AfterValidator(_destination)]
    on: Annotated[Literal["report", "changes", "failure"], AfterValidator(_occasion)] = "report"
