"""What a section of `spendready.yml` is: closed, never changed, and able to say what it allows.

Settings and policy are made of these; which sections there are is their business.
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from spendready_pipeline.config.yaml_file import Mistake, Place


class Section(BaseModel):
    """A section of the file. A key without a value is as good as left out; one that is not known is a mistake.

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
        """This section with what `other` sets in its place, key by key, in inner sections too; lists are replaced."""
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
        raise ValueError("write a number")
    return value


def _day(value: object) -> object:
    """Pydantic alone would take a number for seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("write a day as 2027-01-31")


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
IsNumber = BeforeValidator(_number)
Day = Annotated[date, BeforeValidator(_day)]
"""A day in UTC."""


def one_of(what: str, allowed: Callable[[], Collection[str]]) -> Callable[[str], str]:
    """Makes a validator that lets certain names pass.

    Args:
        what: What the names are names of.
        allowed: Gives the names when they are needed.
    """

    def check(name: str) -> str:
        if name not in (names := sorted(allowed())):
            raise ValueError(_not_among(what, name, names))
        return name

    return check


def _not_among(what: str, name: str, allowed: Collection[str]) -> str:
    return f"there is no such {what}{did_you_mean(name, allowed)}; allowed: {', '.join(allowed)}"


def did_you_mean(name: str, allowed: Collection[str]) -> str:
    """Gives the allowed name that is nearest to a mistyped one, to go on a sentence with; empty where none is."""
    near = get_close_matches(name, allowed, 1)
    return f" (did you mean {near[0]}?)" if near else ""


_LIST = "write a list: [a, b]"
_SECTION = "write a section here: keys, each with its value"
_WHOLE_NUMBER = "write a whole number"
_AMOUNT = "write an amount such as 2100 or 2100.50"
_SENTENCES = {
    "missing": "this key is missing",
    "string_type": "write text; what looks like a number or a yes needs quotes",
    "string_too_short": "this may not be empty",
    "too_short": "name at least one",
    "path_type": "write a path",
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
"""By Pydantic's kind of error, what to say to a person who knows neither Pydantic nor Python."""


def mistakes_of(error: ValidationError, root: type[BaseModel]) -> Iterator[Mistake]:
    """Says what Pydantic found, each at its place in the file, and never with the value that stands there.

    Args:
        error: What Pydantic raised.
        root: The model that the whole file is.
    """
    for each in error.errors(include_url=False, include_input=False):
        place, owner = _resolved(each["loc"], root)
        match each["type"]:
            case "extra_forbidden":
                yield place, _not_among("key", str(place[-1]), owner.model_fields)
            case "union_tag_invalid":
                word, members = _discriminator(owner, place[-1]), _members(owner, place[-1])
                yield (*place, word), _not_among(word, str(each["ctx"]["tag"]), members)
            case "union_tag_not_found":
                allowed = ", ".join(_members(owner, place[-1]))
                yield (*place, _discriminator(owner, place[-1])), f"this key is missing; allowed: {allowed}"
            case _:
                yield place, _sentence(each)


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"allowed: {context['expected'].replace(chr(39), '')}"
        case "greater_than_equal":
            return f"write {context['ge']} or more"
        case "less_than_equal":
            return f"write {context['le']:,} or less"
        case kind:
            return _SENTENCES.get(kind, error["msg"])


def _resolved(loc: tuple[int | str, ...], root: type[BaseModel]) -> tuple[Place, type[BaseModel]]:
    """The place in the file that Pydantic means, and the section that the last key of it belongs to.

    Pydantic names a union's member and says `[key]` of a mapping's key: neither is a place in the file.
    """
    place: Place = ()
    owner = model = root
    members: dict[str, type[BaseModel]] = {}
    for part in loc:
        if part in members:
            model, members = members[str(part)], {}
        elif part != "[key]":
            place, owner = (*place, part), model
            members = _members(owner, part)
            field = owner.model_fields.get(str(part))
            model = next(_models_in(field.annotation), owner) if field else owner
    return place, owner


def _discriminator(owner: type[BaseModel], key: int | str) -> str:
    field = owner.model_fields.get(str(key))
    return str(field.discriminator or "") if field else ""


def _members(owner: type[BaseModel], key: int | str) -> dict[str, type[BaseModel]]:
    """The models of a key that may hold one of several, by the word that tells them apart."""
    if not (word := _discriminator(owner, key)):
        return {}
    models = _models_in(owner.model_fields[str(key)].annotation)
    return {tag: model for model in models for tag in get_args(model.model_fields[word].annotation)}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any type there is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
