"""Types of values that several sections of `spendready.yml` use: secrets, paths, files."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo


def relative_to_file(path: Path, info: ValidationInfo) -> Path:
    """Makes a path absolute; a relative one starts at the folder of the configuration file (the validation context)."""
    return Path(info.context or ".").absolute() / path.expanduser()


NO_SUCH_FILE = "file not found; relative paths start at the folder of the configuration file"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(NO_SUCH_FILE)
    return path


def is_unset(text: str) -> bool:
    """Whether a text has a variable that is not set, which is reported as an issue of its own."""
    return "${" in text


Secret = Annotated[SecretStr, Field(min_length=1)]
RelativePath = Annotated[Path, AfterValidator(relative_to_file)]
ExistingFile = Annotated[RelativePath, AfterValidator(_existing)]
