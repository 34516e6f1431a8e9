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

# A bare ${NAME} would not be YAML within {...}: it is swapped for characters that no file has before it is parsed.
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HELD = re.compile("\ue000([A-Za-z0-9_]+)\ue001")


@dataclass
class ConfigurationFile:
    """What a file holds.

    Attributes:
        path: The file.
        content: Its values, plain Python ones.
        lines: The line, from 1, of each place.
        from_environment: The places whose value comes from the environment, wholly or in part.
        mistakes: What is wrong already: variables that are not set, keys that stand twice; (place, sentence).
    """

    path: Path
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    from_environment: set[Place] = field(default_factory=set)
    mistakes: list[tuple[Place, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_configuration(path: Path, environ: Mapping[str, str] | None) -> ConfigurationFile:
    """Reads a YAML file.

    Args:
        path: The file.
        environ: Where `${NAME}` is looked up; None leaves references as they are.

    Raises:
        ConfigurationError: There is no such file, it cannot be read, or it is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {path}", "Write one (see docs/configuration.md), or name it in SPENDREADY_CONFIG"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__})") from None
    loader = yaml.SafeLoader(_REFERENCE.sub("\ue000\\1\ue001", text))
    file = ConfigurationFile(path)
    try:
        node = loader.get_single_node()
        file.content = _Reader(loader, file, environ).value(node, ()) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigurationError(f"{where}: this is not YAML ({getattr(error, 'problem', None) or 'syntax'})") from None
    finally:
        loader.dispose()
    return file


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, file: ConfigurationFile, environ: Mapping[str, str] | None) -> None:
        self._loader, self._file, self._environ = loader, file, environ

    def value(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401 - whatever YAML holds
        self._file.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        value = self._loader.construct_object(node)
        return _HELD.sub(lambda found: self._variable(found[1], place), value) if isinstance(value, str) else value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        self._loader.flatten_mapping(node)
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(self._loader.construct_object(key_node))
            inner = (*place, key)
            if key in content:
                self._file.mistakes.append((inner, "this key stands twice"))
            self._file.lines[inner] = key_node.start_mark.line + 1
            content[key] = self.value(value_node, inner)
        return content

    def _variable(self, name: str, place: Place) -> str:
        self._file.from_environment.add(place)
        if self._environ is None:
            return "${" + name + "}"
        if name not in self._environ:
            self._file.mistakes.append((place, f"the environment variable {name} is not set"))
            return ""
        return self._environ[name]
