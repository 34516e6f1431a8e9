"""`spendready.yml`: the orgs, how to sign in to them, where their files go, when they are audited.

Each room owns its section; this module composes them. It alone reads that file and, through `${NAME}`, secrets in the
environment. All issues are reported at once.
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
from spendready_pipeline.config.section import Section, issues_in
from spendready_pipeline.config.yaml_file import (
    ConfigIssue,
    ConfigurationFile,
    KeyPath,
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
    """One org; once loaded, with the policy, schedule and limits that apply to it. Paths are absolute."""

    policy: Policy = Policy()
    schedule: Schedule = Schedule()


class Settings(Section):
    """The content of `spendready.yml`; `data_dir` is absolute."""

    data_dir: Annotated[RelativePath, Field(validate_default=True)] = Path("data")
    orgs: Annotated[list[OrgSettings], Field(min_length=1)]
    policy: Policy = Policy()
    delivery: tuple[Destination, ...] = ()
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    keep: Keep = Keep()

    def org(self, name: str) -> OrgSettings:
        """Returns one org by its name.

        Raises:
            ConfigurationError: No org has that name.
        """
        for org in self.orgs:
            if org.name == name:
                return org
        raise _org_not_found(name, (org.name for org in self.orgs))

    def files(self, name: str) -> OrgFiles:
        """Returns the files of an org."""
        return OrgFiles(self.data_dir / name)


def load_settings(
    path: Path | None = None, environ: Mapping[str, str] | None = None, org: str | None = None
) -> Settings:
    """Reads the configuration.

    Args:
        path: The file; None: the one that SPENDREADY_CONFIG names, else `spendready.yml` in the working directory.
        environ: The variables for `${NAME}`; None: those of this process.
        org: The only org that is needed: variables for the sign-in of other orgs may be missing. None: all orgs.

    Raises:
        ConfigurationError: Something is wrong; the message has every issue with its line, and no value.
    """
    environ = own_variables() if environ is None else environ
    file = read_configuration(path or default_path(environ), environ)
    settings, issues = _validated(file)
    if settings is not None and org is not None:
        issues = [each for each in issues if not _is_of_another_org(each[0], file, settings, org)]
    if issues or settings is None:
        raise file.error(issues)
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


def _is_of_another_org(key_path: KeyPath, file: ConfigurationFile, settings: Settings, org: str) -> bool:
    """Whether a key path lacks a variable that only another org needs to sign in."""
    match key_path:
        case ("orgs", int(number), "auth", *_):
            return key_path in file.unset and settings.orgs[number].name != org
    return False


def sensitive_files(settings: Settings) -> list[Path]:
    """Returns what no other user should read or change: the configuration, keys, the data and Dagster's folder."""
    environ = own_variables()
    keys = [each.auth.private_key_file for each in settings.orgs if isinstance(each.auth, JwtBearer)]
    dagster = [Path(environ["DAGSTER_HOME"])] if "DAGSTER_HOME" in environ else []
    return list(dict.fromkeys([default_path(environ).absolute(), *keys, settings.data_dir, *dagster]))


def org_names(path: Path | None = None) -> list[str]:
    """Returns the names of the orgs; needs no environment variable. Empty where there is no file.

    Raises:
        ConfigurationError: As `org_schedules`.
    """
    return [name for name, _, _ in org_schedules(path)]


def org_schedules(path: Path | None = None) -> list[tuple[str, str, str]]:
    """Returns the name, cron and time zone of each org. Empty where there is no file.

    A variable may be unset here, unless a name or a schedule needs it, and a key or certificate may be missing: Dagster
    shows the orgs of a machine that holds none of their secrets.

    Raises:
        ConfigurationError: Something else is wrong; as `load_settings`.
    """
    path = path or default_path(os.environ)
    if not path.exists():
        return []
    file = _read_without_secrets(path, lambda key_path: key_path[-1] == "name" or "schedule" in key_path)
    common = Schedule.model_validate(file.content.get("schedule") or {})
    found = []
    for each in file.content["orgs"]:
        schedule = common.overridden_by(Schedule.model_validate(each.get("schedule") or {}))
        found.append((str(each["name"]), schedule.cron, schedule.timezone))
    return found


def org_files(org: str | None = None, path: Path | None = None) -> list[OrgFiles]:
    """Returns the files of all orgs, or of one, for commands that only read files and sign in nowhere.

    A variable may be unset here, unless a name or `data_dir` needs it, and a key or certificate may be missing: an
    auditor's machine holds none of the secrets.

    Raises:
        ConfigurationError: There is no file, no org has that name, or something else is wrong; as `load_settings`.
    """
    file = _read_without_secrets(
        path or default_path(os.environ), lambda key_path: key_path[-1] == "name" or key_path == ("data_dir",)
    )
    written = file.content.get("data_dir") or Settings.model_fields["data_dir"].default
    data_dir = TypeAdapter(RelativePath).validate_python(written, context=file.path.absolute().parent)
    names = [str(each["name"]) for each in file.content["orgs"]]
    if org is not None and org not in names:
        raise _org_not_found(org, names)
    return [OrgFiles(data_dir / name) for name in names if org in (None, name)]


def _read_without_secrets(path: Path, is_needed: Callable[[KeyPath], bool]) -> ConfigurationFile:
    """Reads the configuration where nobody signs in: variables may be unset, except at key paths that are needed."""
    file = read_configuration(path, own_variables())
    _, issues = _validated(file)
    unset = {key_path for key_path in file.unset if not is_needed(key_path)}
    if issues := [each for each in issues if each[0] not in unset and each[1] != NO_SUCH_FILE]:
        raise file.error(issues)
    return file


def _org_not_found(name: str, known: Iterable[str]) -> ConfigurationError:
    return ConfigurationError(f"org {name} not found in spendready.yml", f"Its orgs are: {', '.join(known)}")


def _validated(file: ConfigurationFile) -> tuple[Settings | None, list[ConfigIssue]]:
    if file.content is None:
        return None, [((), "the file is empty; add at least one org under orgs")]
    issues = [*file.issues, *_literal_secrets(file), *_duplicate_names(file.content)]
    try:
        return Settings.model_validate(file.content, context=file.path.absolute().parent), issues
    except ValidationError as error:
        return None, [*issues, *issues_in(error, Settings)]


def _literal_secrets(file: ConfigurationFile) -> Iterator[ConfigIssue]:
    """Yields secrets that are in the file itself: whoever can read it, or its history, would have them."""
    for key_path, text in file.written.items():
        match key_path:
            case ("orgs", _, "auth", key):
                secret = key in SECRETS and text not in ("", "null", "~")
            case ("delivery", _, "to"):
                secret = _has_password(text)
            case _:
                secret = False
        if secret and file.is_literal(key_path):
            yield key_path, "secrets must not be in this file: write ${NAME} and set that environment variable"


def _has_password(url: str) -> bool:
    """Whether a URL contains a password: before its host, or as Apprise's `?pass=`."""
    try:
        parts = urlsplit(url)
        passwords = [parts.password or "", *parse_qs(parts.query).get("pass", [])]
    except ValueError:
        return False
    return any(re.sub(r"\$\{[^}]*\}", "", each) for each in passwords)


def _duplicate_names(content: Any) -> Iterator[ConfigIssue]:  # noqa: ANN401 - whatever the file holds
    for key in ("orgs", "delivery"):
        entries = content.get(key) if isinstance(content, dict) else None
        names: dict[str, KeyPath] = {}
        for number, each in enumerate(entries if isinstance(entries, list) else []):
            name = each.get("name") if isinstance(each, dict) else None
            if isinstance(name, str) and names.setdefault(name, (key, number)) != (key, number):
                yield (key, number, "name"), f"duplicate name in {key}"
