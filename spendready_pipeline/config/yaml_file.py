"""Reads a YAML file with the line of every value, and replaces `${NAME}` by an environment variable.

What the keys mean is up to `settings`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from spendready_pipeline.errors import ConfigurationError

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a value, from the top."""
ConfigIssue = tuple[KeyPath, str]
"""Where something is wrong, and a message that says what is allowed there; no value of the file is in it."""

# A bare ${NAME} is not YAML within {...}: before parsing, it is replaced by characters that no file has.
_REFERENCE = re.compile(r"\$\{([^}\n]*)\}")
_HELD = re.compile("\ue000([^\ue001]*)\ue001")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class ConfigurationFile:
    """The content of a file.

    Attributes:
        path: The file.
        content: Its values, as plain Python objects.
        lines: The line, from 1, of each key path.
        written: The text of each scalar as it is in the file, with its `${NAME}`.
        unset: The key paths with a variable that is not set; their value still has the reference.
        issues: What is already known to be wrong: unset variables, duplicate keys, dates that do not exist.
    """

    path: Path
    content: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    written: dict[KeyPath, str] = field(default_factory=dict)
    unset: set[KeyPath] = field(default_factory=set)
    issues: list[ConfigIssue] = field(default_factory=list)

    def line(self, key_path: KeyPath) -> int:
        """Returns the line of a key path, or of the nearest one around it."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return self.lines.get(key_path, 1)

    def is_literal(self, key_path: KeyPath) -> bool:
        """Whether any of the text there does not come from the environment."""
        return bool(_REFERENCE.sub("", self.written.get(key_path, "")))

    def error(self, issues: list[ConfigIssue]) -> ConfigurationError:
        """Returns all issues as one error, a line each, in the order of the file; one issue for each key path."""
        first = dict(reversed(issues))
        lines = [
            f"{self.path}:{self.line(key_path)}: {_dotted(key_path)}{what}"
            for key_path, what in sorted(first.items(), key=lambda issue: (self.line(issue[0]), str(issue[0])))
        ]
        return ConfigurationError("\n".join(lines), "See docs/configuration.md; nothing was run")


def _dotted(key_path: KeyPath) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key_path).removeprefix(".")
    return text and f"{text}: "


def default_path(environ: Mapping[str, str]) -> Path:
    """Returns the file that SPENDREADY_CONFIG names, else `spendready.yml` in the working directory."""
    return Path(environ.get("SPENDREADY_CONFIG") or "spendready.yml")


def read_configuration(path: Path, environ: Mapping[str, str]) -> ConfigurationFile:
    """Reads a YAML file.

    Args:
        path: The file.
        environ: The variables for `${NAME}`.

    Raises:
        ConfigurationError: The file does not exist, cannot be read, or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path} was not found", "Create it (see docs/configuration.md), or set SPENDREADY_CONFIG to its path"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text", "Save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror})", "Give this user read access") from None
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
    """Returns the names of the environment variables in a text."""
    return _REFERENCE.findall(text)


def _not_yaml(path: Path, text: str, error: yaml.YAMLError) -> ConfigurationError:
    """Says where and why it is not YAML; PyYAML's own message quotes the line, which may hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark, problem = error.problem_mark or error.context_mark, error.problem
    else:
        mark, problem = None, "a character that YAML does not allow"
    position = getattr(error, "position", 0)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1
    reason = (problem or "").replace("\ue000", "${").replace("\ue001", "}")
    return ConfigurationError(
        f"{path}:{line}: not valid YAML ({reason})", "Indent with spaces, and quote text that contains : # or {"
    )


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, file: ConfigurationFile, environ: Mapping[str, str]) -> None:
        self._loader, self._file, self._environ = loader, file, environ
        self._around: list[yaml.Node] = []

    def value(self, node: yaml.Node, key_path: KeyPath) -> Any:  # noqa: ANN401 - whatever YAML holds
        """Returns the value of a node."""
        self._file.lines.setdefault(key_path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, key_path)
        if any(node is each for each in self._around):
            raise yaml.MarkedYAMLError(problem="an alias that contains itself", problem_mark=node.start_mark)
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, key_path)
            return [self.value(item, (*key_path, number)) for number, item in enumerate(node.value)]
        finally:
            self._around.pop()

    def _mapping(self, node: yaml.MappingNode, key_path: KeyPath) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # The key as written: YAML 1.1 would read `on` as true.
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            inner = (*key_path, _HELD.sub(r"${\1}", key))
            self._file.lines[inner] = key_node.start_mark.line + 1
            if key in content:
                self._file.issues.append((inner, "duplicate key"))
            content[key] = self.value(value_node, inner)
        return content

    def _scalar(self, node: yaml.ScalarNode, key_path: KeyPath) -> Any:  # noqa: ANN401 - whatever YAML holds
        self._file.written[key_path] = _HELD.sub(r"${\1}", node.value)
        try:
            value = self._loader.construct_object(node)
        except (ValueError, KeyError, AttributeError):  # what PyYAML raises, depending on an explicit tag
            self._file.issues.append((key_path, "not a valid date or number"))
            return None
        return _HELD.sub(lambda found: self._variable(found[1], key_path), value) if isinstance(value, str) else value

    def _variable(self, name: str, key_path: KeyPath) -> str:
        if value := self._environ.get(name):
            return value
        reference = "${" + name + "}"
        if not _NAME.fullmatch(name):
            self._file.issues.append((key_path, f"{reference} is not a valid variable name: use ${{NAME}}"))
        else:
            state = "is empty" if name in self._environ else "is not set"
            self._file.issues.append((key_path, f"the environment variable {name} {state}"))
            self._file.unset.add(key_path)
        return reference
