"""The base of each section of `spendready.yml`: no unknown keys, immutable, and with messages that say what is allowed.

Each room defines the section that it owns.
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from spendready_pipeline.config.yaml_file import ConfigIssue, KeyPath


class Section(BaseModel):
    """A section of the file. A key without a value counts as left out; an unknown key is an issue.

    Attributes:
        null_values: Keys for which `null` is a value of its own.
    """

    null_values: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, content: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if not isinstance(content, dict):
            return content
        left_out = cls.model_fields.keys() - cls.null_values
        return {key: value for key, value in content.items() if value is not None or key not in left_out}

    def overridden_by(self, other: Self | None) -> Self:
        """Returns this section with the keys that `other` sets, in inner sections too; lists are replaced."""
        changes: dict[str, Any] = {}
        for name in other.model_fields_set if other else ():
            below, above = getattr(self, name), getattr(other, name)
            if isinstance(below, Section):
                changes[name] = below.overridden_by(above)
            else:
                changes[name] = {**below, **above} if isinstance(below, dict) else above
        return self.model_copy(update=changes)


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _day(value: object) -> object:
    """Without this, Pydantic would take a number for seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a date such as 2027-01-31")


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
IsNumber = BeforeValidator(_number)
Day = Annotated[date, BeforeValidator(_day)]
"""A day in UTC."""


def one_of(what: str, allowed: Callable[[], Collection[str]]) -> Callable[[str], str]:
    """Returns a validator that accepts certain names only.

    Args:
        what: The kind of thing that has these names.
        allowed: Returns the names when they are needed.
    """

    def check(name: str) -> str:
        if name not in (names := sorted(allowed())):
            raise ValueError(_unknown(what, name, names))
        return name

    return check


def _unknown(what: str, name: str, allowed: Collection[str]) -> str:
    return f"unknown {what}{did_you_mean(name, allowed)}; allowed: {', '.join(allowed)}"


def did_you_mean(name: str, allowed: Collection[str]) -> str:
    """Returns a hint with the allowed name nearest to a mistyped one; empty where none is near."""
    near = get_close_matches(name, allowed, 1)
    return f" (did you mean {near[0]}?)" if near else ""


_LIST = "must be a list, e.g. [a, b]"
_SECTION = "must be a section: keys with values"
_WHOLE_NUMBER = "must be a whole number"
_AMOUNT = "must be an amount such as 2100 or 2100.50"
_SENTENCES = {
    "missing": "this key is missing",
    "string_type": "must be text; put quotes around text that looks like a number or a yes",
    "string_too_short": "must not be empty",
    "too_short": "name at least one",
    "path_type": "must be a path",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "decimal_type": _AMOUNT,
    "decimal_parsing": _AMOUNT,
    "decimal_max_digits": _AMOUNT,
    "decimal_max_places": _AMOUNT,
    "decimal_whole_digits": _AMOUNT,
    "finite_number": _AMOUNT,
}
"""Messages by Pydantic's type of error, for a person who knows neither Pydantic nor Python."""


def issues_in(error: ValidationError, root: type[BaseModel]) -> Iterator[ConfigIssue]:
    """Yields what Pydantic found with its key path in the file, and never with the value there.

    Args:
        error: The error that Pydantic raised.
        root: The model of the whole file.
    """
    for each in error.errors(include_url=False, include_input=False):
        key_path, owner = _resolved(each["loc"], root)
        match each["type"]:
            case "extra_forbidden":
                yield key_path, _unknown("key", str(key_path[-1]), owner.model_fields)
            case "union_tag_invalid":
                word, members = _discriminator(owner, key_path[-1]), _members(owner, key_path[-1])
                yield (*key_path, word), _unknown(word, str(each["ctx"]["tag"]), members)
            case "union_tag_not_found":
                allowed = ", ".join(_members(owner, key_path[-1]))
                yield (*key_path, _discriminator(owner, key_path[-1])), f"this key is missing; allowed: {allowed}"
            case _:
                yield key_path, _sentence(each)


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"allowed: {context['expected'].replace(chr(39), '')}"
        case "greater_than_equal":
            return f"must be {context['ge']} or more"
        case "less_than_equal":
            return f"must be {context['le']:,} or less"
        case kind:
            return _SENTENCES.get(kind, error["msg"])


def _resolved(loc: tuple[int | str, ...], root: type[BaseModel]) -> tuple[KeyPath, type[BaseModel]]:
    """Returns the key path in the file for Pydantic's location, and the section that its last key belongs to.

    Pydantic adds the member of a union, and `[key]` for the key of a mapping: neither is in the file.
    """
    key_path: KeyPath = ()
    owner = model = root
    members: dict[str, type[BaseModel]] = {}
    for part in loc:
        if part in members:
            model, members = members[str(part)], {}
        elif part != "[key]":
            key_path, owner = (*key_path, part), model
            members = _members(owner, part)
            field = owner.model_fields.get(str(part))
            model = next(_models_in(field.annotation), owner) if field else owner
    return key_path, owner


def _discriminator(owner: type[BaseModel], key: int | str) -> str:
    field = owner.model_fields.get(str(key))
    return str(field.discriminator or "") if field else ""


def _members(owner: type[BaseModel], key: int | str) -> dict[str, type[BaseModel]]:
    """Returns the models of a key that may hold one of several, by the value of their discriminator."""
    if not (word := _discriminator(owner, key)):
        return {}
    models = _models_in(owner.model_fields[str(key)].annotation)
    return {tag: model for model in models for tag in get_args(model.model_fields[word].annotation)}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any type there is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
