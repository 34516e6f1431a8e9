"""The section `delivery` of `spendready.yml`: where reports and alerts go."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr, ValidationInfo

from spendready_pipeline.config.fields import Secret, is_unset, relative_to_file
from spendready_pipeline.config.section import Section, Text
from spendready_pipeline.delivery.addresses import insecurity_in, mistake_in
from spendready_pipeline.delivery.channels.stores import is_store


def _destination(to: SecretStr, info: ValidationInfo) -> SecretStr:
    text = to.get_secret_value()
    if is_unset(text):
        return to
    if mistake := mistake_in(text) or (None if info.data.get("insecure") else insecurity_in(text)):
        raise ValueError(mistake)
    return to if "://" in text else SecretStr(str(relative_to_file(Path(text), info)))


def _occasion(on: str, info: ValidationInfo) -> str:
    # An address that is itself a mistake is not there.
    to = info.data["to"].get_secret_value() if "to" in info.data else None
    if on == "failure" and to is not None and not is_unset(to) and is_store(to):
        raise ValueError("a folder or object store takes reports alone: a failure is told through a message service")
    return on


class Destination(Section):
    """Where a report goes: an Apprise URL, or a folder or object-store URL."""

    name: Text
    insecure: bool = False  # before `to`, whose check asks for it
    to: Annotated[Secret, AfterValidator(_destination)]
    on: Annotated[Literal["report", "changes", "failure"], AfterValidator(_occasion)] = "report"
