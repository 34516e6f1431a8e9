"""`spendready.yml`: the orgs, how to sign in to them, where their files go, when they are audited.

Each room owns its section; here they are put together. The only reader of that file and, through `${NAME}`, of secrets
in the environment. All mistakes are reported at once.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, TypeAdapter, ValidationError

from spendready_pipeline.config.environment import own_variables
from spendready_pipeline.config.fields import NO_SUCH_FILE, RelativePath
from spendready_pipeline.config.schedule import Schedule
from spendready_pipeline.config.section import Section, mistakes_of
from spendready_pipeline.config.yaml_file import (
    ConfigurationFile,
    Mistake,
    Place,
    default_path,
    read_configuration,
)
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.policy.configuration import Policy
from spendready_pipeline.salesforce.configuration import SECRETS, JwtBearer, OrgConnection
from spendready_pipeline.salesforce.limits import Limits
from spendready_pipeline.storage.files import OrgFiles


class OrgSettings(OrgConnection):
    """One org; once loaded, with the policy, the schedule and the limits that hold for it. Paths are absolute."""

    policy: Policy = Policy()
    schedule: Schedule = Schedule()


class Settings(Section):
    """What `spendready.yml` says; `data_dir` is absolute."""

    data_dir: Annotated[RelativePath, Field(validate_default=True)] = Path("data")
    orgs: Annotated[list[OrgSettings], Field(min_length=1)]
    policy: Policy = Policy()
    delivery: tuple[Destination, ...] = ()
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    keep: Keep = Keep()

    def org(self, name: str) -> OrgSettings:
        """One org by its name.

        Raises:
            ConfigurationError: No org has that name.
        """
        for each in self.orgs:
            if each.name == name:
                return each
        raise _no_such_org(name, (each.name for each in self.orgs))

    def files(self, name: str) -> OrgFiles:
        """Where the files of an org are."""
        return OrgFiles(self.data_dir / name)


def load_settings(
    path: Path | None = None, environ: Mapping[str, str] | None = None, org: str | None = None
) -> Settings:
    """Reads the configuration.

    Args:
        path: The file; None: the one that SPENDREADY_CONFIG names, else `spendready.yml` in the working directory.
        environ: Where `${NAME}` is looked up; None: among this process's variables.
        org: The one org that is needed: variables that other orgs sign in with may be missing. None: all orgs.

    Raises:
        ConfigurationError: Something is wrong; the message has every mistake with its line, and no value.
    """
    environ = own_variables() if environ is None else environ
    file = read_configuration(path or default_path(environ), environ)
    settings, mistakes = _validated(file)
    if settings is not None and org is not None:
        mistakes = [each for each in mistakes if not _is_of_another_org(each[0], file, settings, org)]
    if mistakes or settings is None:
        raise file.error(mistakes)
    orgs = [
        each.model_copy(
            update={
                "policy": settings.policy.overridden_by(each.policy),
                "schedule": settings.schedule.overridden_by(each.schedule),
                "limits": settings.limits.overridden_by(each.limits),
            }
        )
        for each in settings.orgs
    ]
    return settings.model_copy(update={"orgs": orgs})


def _is_of_another_org(place: Place, file: ConfigurationFile, settings: Settings, org: str) -> bool:
    """Whether a place lacks a variable that only an org other than this one signs in with."""
    match place:
        case ("orgs", int(number), "auth", *_):
            return place in file.unset and settings.orgs[number].name != org
    return False


def sensitive_files(settings: Settings) -> list[Path]:
    """What no other user should be able to read or change: the configuration, keys, the data and Dagster's folder."""
    environ = own_variables()
    keys = [each.auth.private_key_file for each in settings.orgs if isinstance(each.auth, JwtBearer)]
    dagster = [Path(environ["DAGSTER_HOME"])] if "DAGSTER_HOME" in environ else []
    return list(dict.fromkeys([default_path(environ).absolute(), *keys, settings.data_dir, *dagster]))


def org_names(path: Path | None = None) -> list[str]:
    """The names of the orgs; needs no environment variable. Empty where there is no file.

    Raises:
        ConfigurationError: As `org_schedules`.
    """
    return [name for name, _, _ in org_schedules(path)]


def org_schedules(path: Path | None = None) -> list[tuple[str, str, str]]:
    """Name, cron and time zone of each org. Empty where there is no file.

    A variable that is not set is no mistake here, unless a name or a schedule asks for it, nor is a key or
    certificate that is not there: Dagster shows the orgs of a machine that holds none of their secrets.

    Raises:
        ConfigurationError: Something else is wrong; as `load_settings`.
    """
    path = path or default_path(os.environ)
    if not path.exists():
        return []
    file = _read_without_secrets(path, lambda place: place[-1] == "name" or "schedule" in place)
    common = Schedule.model_validate(file.content.get("schedule") or {})
    found = []
    for each in file.content["orgs"]:
        schedule = common.overridden_by(Schedule.model_validate(each.get("schedule") or {}))
        found.append((str(each["name"]), schedule.cron, schedule.timezone))
    return found


def org_files(org: str | None = None, path: Path | None = None) -> list[OrgFiles]:
    """Where the files of the orgs are, or those of one, for who reads what is there and signs in nowhere.

    A variable that is not set is no mistake here, unless a name or `data_dir` asks for it, nor is a key or
    certificate that is not there: an auditor's machine holds none of the secrets.

    Raises:
        ConfigurationError: There is no file, no org has that name, or something else is wrong; as `load_settings`.
    """
    file = _read_without_secrets(
        path or default_path(os.environ), lambda place: place[-1] == "name" or place == ("data_dir",)
    )
    written = file.content.get("data_dir") or Settings.model_fields["data_dir"].default
    data_dir = TypeAdapter(RelativePath).validate_python(written, context=file.path.absolute().parent)
    names = [str(each["name"]) for each in file.content["orgs"]]
    if org is not None and org not in names:
        raise _no_such_org(org, names)
    return [OrgFiles(data_dir / name) for name in names if org in (None, name)]


def _read_without_secrets(path: Path, is_needed: Callable[[Place], bool]) -> ConfigurationFile:
    """Reads the configuration where nobody signs in: a variable may be unset, except in the places that are needed."""
    file = read_configuration(path, own_variables())
    _, mistakes = _validated(file)
    unset = {place for place in file.unset if not is_needed(place)}
    if mistakes := [each for each in mistakes if each[0] not in unset and each[1] != NO_SUCH_FILE]:
        raise file.error(mistakes)
    return file


def _no_such_org(name: str, known: Iterable[str]) -> ConfigurationError:
    return ConfigurationError(f"spendready.yml names no org {name}", f"It names: {', '.join(known)}")


def _validated(file: ConfigurationFile) -> tuple[Settings | None, list[Mistake]]:
    if file.content is None:
        return None, [((), "the file is empty; name at least one org under orgs")]
    mistakes = [*file.mistakes, *_secrets_in(file), *_named_twice(file.content)]
    try:
        return Settings.model_validate(file.content, context=file.path.absolute().parent), mistakes
    except ValidationError as error:
        return None, [*mistakes, *mistakes_of(error, Settings)]


def _secrets_in(file: ConfigurationFile) -> Iterator[Mistake]:
    """Secrets that the file itself holds: whoever may read it, or its history, would have them."""
    for place, text in file.written.items():
        match place:
            case ("orgs", _, "auth", key):
                secret = key in SECRETS and text not in ("", "null", "~")
            case ("delivery", _, "to"):
                secret = _has_password(text)
            case _:
                secret = False
        if secret and file.is_literal(place):
            yield place, "a secret may not stand in the file: write ${NAME} and set that environment variable"


def _has_password(url: str) -> bool:
    """Whether a password is written in an address: before its host, or as Apprise's `?pass=`."""
    try:
        parts = urlsplit(url)
        passwords = [parts.password or "", *parse_qs(parts.query).get("pass", [])]
    except ValueError:
        return False
    return any(re.sub(r"\$\{[^}]*\}", "", each) for each in passwords)


def _named_twice(content: Any) -> Iterator[Mistake]:  # noqa: ANN401 - whatever the file holds
    for key in ("orgs", "delivery"):
        entries = content.get(key) if isinstance(content, dict) else None
        names: dict[str, Place] = {}
        for number, each in enumerate(entries if isinstance(entries, list) else []):
            name = each.get("name") if isinstance(each, dict) else None
            if isinstance(name, str) and names.setdefault(name, (key, number)) != (key, number):
                yield (key, number, "name"), f"this name stands twice in {key}"
