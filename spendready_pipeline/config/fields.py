"""Types of the values that several sections of `spendready.yml` have: secrets, paths, files."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo


def relative_to_file(path: Path, info: ValidationInfo) -> Path:
    """An absolute path; a relative one starts at the folder of the configuration file (the validation's context)."""
    return Path(info.context or ".").absolute() / path.expanduser()


NO_SUCH_FILE = "there is no such file; relative paths start where the configuration file is"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(NO_SUCH_FILE)
    return path


def is_unset(text: str) -> bool:
    """Whether a variable is missing from a text, which is a mistake of its own."""
    return "${" in text


Secret = Annotated[SecretStr, Field(min_length=1)]
RelativePath = Annotated[Path, AfterValidator(relative_to_file)]
ExistingFile = Annotated[RelativePath, AfterValidator(_existing)]
