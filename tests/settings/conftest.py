"""What the tests of the configuration share: writing a file, loading it, and what is told of its mistakes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.settings import Settings, load_settings

ENVIRONMENT = {"ACME_ID": "3MVG9.consumer-key", "ACME_SECRET": "hunter2-consumer-secret"}

Load = Callable[..., Settings]
Mistakes = Callable[..., list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes a configuration and loads it."""

    def loaded(text: str, **environ: str) -> Settings:
        path = tmp_path / "spendready.yml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path, ENVIRONMENT | environ)

    return loaded


@pytest.fixture
def mistakes(load: Load, tmp_path: Path) -> Mistakes:
    """Writes a wrong configuration; gives what is told, a sentence a mistake, without the file's path."""

    def told(text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigurationError) as error:
            load(text, **environ)
        assert error.value.exit_code == 2
        prefix = f"{tmp_path / 'spendready.yml'}:"
        lines = error.value.what.splitlines()
        assert all(line.startswith(prefix) for line in lines), lines
        return [line.removeprefix(prefix) for line in lines]

    return told
