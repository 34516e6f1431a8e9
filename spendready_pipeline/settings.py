"""`spendready.yml`: the orgs, how to sign in to them, where their files go, when they are audited.

The only reader of that file and, through `${NAME}`, of secrets in the environment. All mistakes are told at once.
"""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from spendready_pipeline.configuration_file import ConfigurationFile, Place, read_configuration
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.files import OrgFiles
from spendready_pipeline.policy import Policy

SECRETS = ("client_secret", "access_token", "refresh_token")


def _https_origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path.rstrip("/") or parts.query or parts.username:
        raise ValueError("write the org's address as https://host or https://host:port, and nothing after it")
    return url.rstrip("/")


def _cron(text: str) -> str:
    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise ValueError("write five cron fields, e.g. 0 6 * * 1 for Mondays at six")
    return text


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("write a time zone's name, e.g. UTC or Europe/Berlin")
    return ZoneInfo(name).key


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]


class ClientCredentials(_Part):
    """OAuth 2.0 client credentials: the client app has a user that it runs as."""

    flow: Literal["client_credentials"]
    client_id: Text
    client_secret: Secret


class JwtBearer(_Part):
    """OAuth 2.0 JWT bearer: a private key whose certificate the client app has."""

    flow: Literal["jwt_bearer"]
    client_id: Text
    username: Text
    private_key_file: Path
    audience: Text | None = None


class RefreshToken(_Part):
    """OAuth 2.0 refresh token, from an approval that a person gave."""

    flow: Literal["refresh_token"]
    client_id: Text
    client_secret: Secret | None = None
    refresh_token: Secret


class AccessToken(_Part):
    """An access token that something else got; it lasts as long as it lasts."""

    flow: Literal["access_token"]
    access_token: Secret


class SfCli(_Part):
    """The session that the Salesforce CLI holds for an alias."""

    flow: Literal["sf_cli"]
    alias: Text


Auth = Annotated[ClientCredentials | JwtBearer | RefreshToken | AccessToken | SfCli, Field(discriminator="flow")]


class Schedule(_Part):
    """When an org is audited: five cron fields in a time zone."""

    cron: Annotated[str, AfterValidator(_cron)] = "0 6 * * 1"
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"


class Destination(_Part):
    """Where a report goes: an Apprise URL, or a folder or object-store URL."""

    name: Text
    to: Secret
    on: Literal["report", "changes", "failure"] = "report"


class _OrgPart(_Part):
    name: Annotated[str, Field(pattern="^[a-z0-9-]+$")]
    instance_url: Annotated[str, AfterValidator(_https_origin)]
    auth: Auth
    ca_bundle: Path | None = None
    api_version: Annotated[str, Field(pattern=r"^[1-9][0-9]\.0$")] | None = None
    policy: Policy | None = None
    schedule: Schedule | None = None


class _File(_Part):
    data_dir: Path = Path("data")
    orgs: Annotated[list[_OrgPart], Field(min_length=1)]
    policy: Policy = Policy()
    delivery: list[Destination] = []
    schedule: Schedule = Schedule()


class OrgSettings(_Part):
    """One org, with the policy and schedule that hold for it; paths are absolute."""

    name: str
    instance_url: str
    auth: Auth
    ca_bundle: Path | None
    api_version: str | None
    policy: Policy
    schedule: Schedule


class Settings(_Part):
    """What `spendready.yml` says; `data_dir` is absolute."""

    data_dir: Path
    orgs: list[OrgSettings]
    delivery: list[Destination]

    def org(self, name: str) -> OrgSettings:
        """One org by its name.

        Raises:
            ConfigurationError: No org has that name.
        """
        for each in self.orgs:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.orgs)
        raise ConfigurationError(f"spendready.yml names no org {name}", f"It names: {known}")

    def files(self, name: str) -> OrgFiles:
        """Where the files of an org are."""
        return OrgFiles(self.data_dir / name)


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads the configuration.

    Args:
        path: The file; None: the one that SPENDREADY_CONFIG names, else `spendready.yml` in the working directory.
        environ: Where `${NAME}` is looked up.

    Raises:
        ConfigurationError: Something is wrong; the message has every mistake with its line, and no value.
    """
    file = read_configuration(path or _default_path(), environ)
    mistakes = [*file.mistakes, *_literal_secrets(file)]
    content: _File | None = None
    try:
        content = _File.model_validate(file.content)
    except ValidationError as error:
        known = {place for place, _ in file.mistakes}
        mistakes += [each for each in _explained(error, file.content) if each[0] not in known]
    base = file.path.absolute().parent
    if content:
        mistakes += _mistakes_among(content, base)
    if mistakes or content is None:
        raise ConfigurationError("\n".join(_sentences(file, mistakes)), "See docs/configuration.md; nothing was run")
    return Settings(
        data_dir=base / content.data_dir,
        orgs=[_org(each, content, base) for each in content.orgs],
        delivery=content.delivery,
    )


def org_names(path: Path | None = None) -> list[str]:
    """The names of the orgs; needs no environment variable. Empty where there is no file."""
    return [name for name, _, _ in org_schedules(path)]


def org_schedules(path: Path | None = None) -> list[tuple[str, str, str]]:
    """Name, cron and time zone of each org; needs no environment variable. Empty where there is no file.

    Raises:
        ConfigurationError: The file is not YAML, or its orgs or schedules are not what they have to be.
    """
    path = path or _default_path()
    if not path.exists():
        return []
    file = read_configuration(path, None)
    content = file.content if isinstance(file.content, dict) else {}
    found = []
    try:
        common = Schedule.model_validate(content.get("schedule") or {})
        for each in content.get("orgs") or []:
            own = Schedule.model_validate(each["schedule"]) if each.get("schedule") else common
            found.append((str(each["name"]), own.cron, own.timezone))
    except (ValidationError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{path}: orgs or schedule are not right", "Say `spendready check` for each mistake"
        ) from None
    return found


def _default_path() -> Path:
    return Path(os.environ.get("SPENDREADY_CONFIG") or "spendready.yml")


def _org(part: _OrgPart, content: _File, base: Path) -> OrgSettings:
    auth = part.auth
    if isinstance(auth, JwtBearer):
        auth = auth.model_copy(update={"private_key_file": base / auth.private_key_file})
    return OrgSettings(
        name=part.name,
        instance_url=part.instance_url,
        auth=auth,
        ca_bundle=base / part.ca_bundle if part.ca_bundle else None,
        api_version=part.api_version,
        policy=content.policy.overridden_by(part.policy),
        schedule=part.schedule or content.schedule,
    )


def _literal_secrets(file: ConfigurationFile) -> list[tuple[Place, str]]:
    return [
        (place, "a secret does not stand in the file: name an environment variable, ${NAME}")
        for place in file.lines
        if place and place[-1] in SECRETS and "auth" in place and place not in file.from_environment
    ]


def _mistakes_among(content: _File, base: Path) -> Iterator[tuple[Place, str]]:
    names = [each.name for each in content.orgs]
    for number, org in enumerate(content.orgs):
        if org.name in names[:number]:
            yield ("orgs", number, "name"), f"two orgs are named {org.name}"
        if org.ca_bundle and not (base / org.ca_bundle).is_file():
            yield ("orgs", number, "ca_bundle"), f"there is no file {base / org.ca_bundle}"
        if isinstance(org.auth, JwtBearer) and not (base / org.auth.private_key_file).is_file():
            yield ("orgs", number, "auth", "private_key_file"), f"there is no file {base / org.auth.private_key_file}"


def _sentences(file: ConfigurationFile, mistakes: list[tuple[Place, str]]) -> list[str]:
    said = sorted({(file.line(place), _dotted(place), what) for place, what in mistakes})
    return [f"{file.path}:{line}: {name + ': ' if name else ''}{what}" for line, name, what in said]


def _dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _explained(error: ValidationError, content: object) -> Iterator[tuple[Place, str]]:
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place, model = _resolved(each["loc"], content)
        if each["type"] == "extra_forbidden":
            yield place, _unknown_key(str(place[-1]), model)
        elif each["type"] == "missing":
            yield place, "this key is missing"
        elif each["type"] in ("union_tag_invalid", "union_tag_not_found"):
            flows = ", ".join(_flows())
            yield (*place, "flow"), f"write one of: {flows}"
        else:
            yield place, each["msg"].removeprefix("Value error, ")


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    allowed = list(model.model_fields)
    near = get_close_matches(key, allowed, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"there is no such key{hint} Allowed: {', '.join(allowed)}"


def _resolved(loc: tuple[int | str, ...], content: object) -> tuple[Place, type[BaseModel]]:
    """The place in the file that Pydantic means, without the names of a union's members, and the model there."""
    place: Place = ()
    model: type[BaseModel] = _File
    for position, part in enumerate(loc):
        inside = isinstance(content, dict | list)
        if part in _flows() and position < len(loc) - 1 and not (isinstance(content, dict) and part in content):
            model = _flows()[str(part)]
            continue
        place = (*place, part)
        if isinstance(part, str) and position < len(loc) - 1:
            model = (
                next(_models_in(model.model_fields[part].annotation), model) if part in model.model_fields else model
            )
        try:
            content = content[part] if inside else None  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            content = None
    return place, model


def _flows() -> dict[str, type[BaseModel]]:
    members = (ClientCredentials, JwtBearer, RefreshToken, AccessToken, SfCli)
    return {get_args(each.model_fields["flow"].annotation)[0]: each for each in members}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any type there is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
