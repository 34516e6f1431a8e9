"""Finds the environment variables that hold secrets: those that `spendready.yml` names for sign-in and delivery.

Separate from `settings`, whose import starts programs already (croniter asks `file` about the interpreter).
"""

from pathlib import Path

from spendready_pipeline.config.environment import own_variables, withdraw
from spendready_pipeline.config.yaml_file import KeyPath, default_path, read_configuration, variables_in


def withdraw_secrets(path: Path | None = None) -> None:
    """Hides the variables that hold secrets from the child processes of this one; `load_settings` still finds them.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    environ = own_variables()
    file = read_configuration(path or default_path(environ), environ)
    withdraw(name for key_path, text in file.written.items() if _may_be_secret(key_path) for name in variables_in(text))


def _may_be_secret(key_path: KeyPath) -> bool:
    match key_path:
        case ("orgs", _, "auth", _) | ("delivery", _, "to"):
            return True
    return False
