"""Reads a YAML file so that every value knows its line, and `${NAME}` takes an environment variable.

Knows nothing of what the file is about: that is `settings`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from spendready_pipeline.errors import ConfigurationError

Place = tuple[str | int, ...]
"""Where a value stands: keys and list positions, from the top."""
Mistake = tuple[Place, str]
"""Where something is wrong, and a sentence that says what is allowed there; no value of the file is in it."""

# A bare ${NAME} would not be YAML within {...}: it is swapped for characters that no file has before it is parsed.
_REFERENCE = re.compile(r"\$\{([^}\n]*)\}")
_HELD = re.compile("\ue000([^\ue001]*)\ue001")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class ConfigurationFile:
    """What a file holds.

    Attributes:
        path: The file.
        content: Its values, plain Python ones.
        lines: The line, from 1, of each place.
        written: The text of each single value as the file has it, with `${NAME}` where it has that.
        unset: The places that ask for a variable which is not set; the reference stands there still.
        mistakes: What is wrong already: variables that are not set, keys that stand twice, days that do not exist.
    """

    path: Path
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)
    unset: set[Place] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def is_literal(self, place: Place) -> bool:
        """Whether any of the text that stands there does not come from the environment."""
        return bool(_REFERENCE.sub("", self.written.get(place, "")))

    def error(self, mistakes: list[Mistake]) -> ConfigurationError:
        """All mistakes in one error, a line each, in the order of the file; the first of several at one place."""
        first = dict(reversed(mistakes))
        said = [
            f"{self.path}:{self.line(place)}: {_dotted(place)}{what}"
            for place, what in sorted(first.items(), key=lambda each: (self.line(each[0]), str(each[0])))
        ]
        return ConfigurationError("\n".join(said), "See docs/configuration.md; nothing was run")


def _dotted(place: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    return text and f"{text}: "


def default_path(environ: Mapping[str, str]) -> Path:
    """The file that SPENDREADY_CONFIG names, else `spendready.yml` in the working directory."""
    return Path(environ.get("SPENDREADY_CONFIG") or "spendready.yml")


def read_configuration(path: Path, environ: Mapping[str, str]) -> ConfigurationFile:
    """Reads a YAML file.

    Args:
        path: The file.
        environ: Where `${NAME}` is looked up.

    Raises:
        ConfigurationError: There is no such file, it cannot be read, or it is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {path}", "Write one (see docs/configuration.md), or name it in SPENDREADY_CONFIG"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not text in UTF-8", "Save it in that encoding") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror})", "Let this user read it") from None
    file = ConfigurationFile(path)
    try:
        loader = yaml.SafeLoader(_REFERENCE.sub("\ue000\\1\ue001", text))
        try:
            node = loader.get_single_node()
            file.content = _Reader(loader, file, environ).value(node, ()) if node else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _not_yaml(path, text, error) from None
    return file


def variables_in(text: str) -> list[str]:
    """The names of the environment variables that a text asks for."""
    return _REFERENCE.findall(text)


def _not_yaml(path: Path, text: str, error: yaml.YAMLError) -> ConfigurationError:
    """Says where YAML ends and in which way; PyYAML's own text quotes the line, and with it what stands there."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark, problem = error.problem_mark or error.context_mark, error.problem
    else:
        mark, problem = None, "a character that YAML does not have"
    position = getattr(error, "position", 0)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1
    said = (problem or "").replace("\ue000", "${").replace("\ue001", "}")
    return ConfigurationError(
        f"{path}:{line}: this is not YAML ({said})", "Indent with blanks, and quote text with : # or { in it"
    )


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, file: ConfigurationFile, environ: Mapping[str, str]) -> None:
        self._loader, self._file, self._environ = loader, file, environ
        self._around: list[yaml.Node] = []

    def value(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401 - whatever YAML holds
        """Gives what a node holds."""
        self._file.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if any(node is each for each in self._around):
            raise yaml.MarkedYAMLError(problem="an alias to what it stands in", problem_mark=node.start_mark)
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        finally:
            self._around.pop()

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # The key as it is written: YAML 1.1 would read `on` as true.
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            inner = (*place, _HELD.sub(r"${\1}", key))
            self._file.lines[inner] = key_node.start_mark.line + 1
            if key in content:
                self._file.mistakes.append((inner, "this key stands twice"))
            content[key] = self.value(value_node, inner)
        return content

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:  # noqa: ANN401 - whatever YAML holds
        self._file.written[place] = _HELD.sub(r"${\1}", node.value)
        try:
            value = self._loader.construct_object(node)
        except (ValueError, KeyError, AttributeError):  # PyYAML's own, by what an explicit tag asks for
            self._file.mistakes.append((place, "there is no such day or number"))
            return None
        return _HELD.sub(lambda found: self._variable(found[1], place), value) if isinstance(value, str) else value

    def _variable(self, name: str, place: Place) -> str:
        if value := self._environ.get(name):
            return value
        reference = "${" + name + "}"
        if not _NAME.fullmatch(name):
            self._file.mistakes.append((place, f"{reference} names no environment variable: write ${{NAME}}"))
        else:
            state = "is empty" if name in self._environ else "is not set"
            self._file.mistakes.append((place, f"the environment variable {name} {state}"))
            self._file.unset.add(place)
        return reference
