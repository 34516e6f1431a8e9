"""Whether what stands under `to` is an address, said without any of it: it may hold a secret."""

from spendready_pipeline.delivery import services, stores
from spendready_pipeline.sections import did_you_mean

_STORES = ", ".join(f"{each}://" for each in stores.SCHEMES)
ALLOWED = f"write an address of a service that Apprise knows, a folder, or one that begins with {_STORES}"
_WEB_HOOKS = {"http": "json", "https": "jsons"}
"""A web hook is a service of its own, whose scheme says what is posted."""


def mistake_in(to: str) -> str | None:
    """Says what is wrong with an address; None where nothing is."""
    scheme, separator, rest = to.partition("://")
    if not separator:
        scheme = to.partition(":")[0]
        return f"write {scheme}://" if ":" in to and scheme in services.schemes() else None
    if stores.is_store(to):
        return None if rest.strip("/") else f"name what there is after {scheme}://: a bucket, container or folder"
    if services.is_known(to):
        return None
    if scheme in services.schemes():
        return "the service is known, its address is not whole; https://appriseit.com/services says how it is written"
    hint = did_you_mean(_WEB_HOOKS.get(scheme, scheme.lower()), [*services.schemes(), *stores.SCHEMES])
    return f"there is no such service{hint}; {ALLOWED}"
