"""Files through fsspec: a folder, or an object store (S3, Azure, Google Cloud)."""

import posixpath
from collections.abc import Mapping
from pathlib import Path

from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.storage.private_files import usual_umask

EXTRAS = {"s3": "s3", "s3a": "s3", "abfs": "azure", "abfss": "azure", "az": "azure", "gs": "gcs", "gcs": "gcs"}
"""The extra to install, by the URL's scheme; an upload to each of these stores arrives in full or not at all."""
SCHEMES = ("file", *EXTRAS)


def is_store(to: str) -> bool:
    """Whether a destination is a folder or an object store, and not a message service."""
    scheme, separator, _ = to.partition("://")
    return not separator or scheme in SCHEMES


def put(to: str, folder: str, files: Mapping[str, Path]) -> str:
    """Writes files under `<to>/<folder>`, in their order; files of the same names are replaced.

    In a folder each file is renamed into place, so that a reader never finds half of it.

    Returns:
        An empty string: there is no remark, since files arrive in full.

    Raises:
        NotDeliveredError: The store did not accept all of them. A retry is safe.
    """
    import fsspec  # type: ignore[import-untyped]

    scheme = to.partition("://")[0] if "://" in to else "file"
    try:
        store, root = fsspec.core.url_to_fs(to)
        for name, path in files.items():
            target = posixpath.join(root, folder, name)
            if scheme in EXTRAS:
                store.put_file(str(path), target)
                continue
            parent, _, last = target.rpartition("/")
            # The shared folder decides who may read it.
            with usual_umask():
                store.makedirs(parent, exist_ok=True)
                store.put_file(str(path), f"{parent}/.{last}.incoming")
                store.mv(f"{parent}/.{last}.incoming", target)
    except ImportError:
        raise NotDeliveredError(f"it needs pip install 'spendready[{EXTRAS.get(scheme, scheme)}]'", True) from None
    except Exception as error:  # noqa: BLE001 - each store has exceptions of its own
        raise NotDeliveredError(_reason(error), True) from None
    return ""


def _reason(error: Exception) -> str:
    match error:
        case PermissionError():
            return "no permission to write there"
        case FileNotFoundError():
            return "no such bucket, container or folder"
        case NotADirectoryError() | FileExistsError():
            return "a file is in the place of its folder"
        case TimeoutError():
            return "it did not answer in time"
    return f"the store failed ({type(error).__name__})"
