"""Whether what stands under `to` is an address, said without any of it: it may hold a secret."""

from spendready_pipeline.config.section import did_you_mean
from spendready_pipeline.delivery.channels import apprise, stores

_STORES = ", ".join(f"{each}://" for each in stores.SCHEMES)
ALLOWED = f"write an address of a service that Apprise knows, a folder, or one that begins with {_STORES}"
MEANT = "or insecure: true beside it where that is meant"
_WEB_HOOKS = {"http": "json", "https": "jsons"}
"""A web hook is a service of its own, whose scheme says what is posted."""


def mistake_in(to: str) -> str | None:
    """Says what is wrong with an address; None where nothing is."""
    scheme, separator, rest = to.partition("://")
    if not separator:
        scheme = to.partition(":")[0]
        return f"write {scheme}://" if ":" in to and scheme in apprise.schemes() else None
    if stores.is_store(to):
        return None if rest.strip("/") else f"name what there is after {scheme}://: a bucket, container or folder"
    if apprise.is_known(to):
        return apprise.missing_feature(to)
    if scheme in apprise.schemes():
        return "the service is known, its address is not whole; https://appriseit.com/services says how it is written"
    hint = did_you_mean(_WEB_HOOKS.get(scheme, scheme.lower()), [*apprise.schemes(), *stores.SCHEMES])
    return f"there is no such service{hint}; {ALLOWED}"


def insecurity_in(to: str) -> str | None:
    """Says why what goes to an address could be read or changed on its way; None where it could not.

    What stays on this machine needs no TLS. The address must be right otherwise.
    """
    if stores.is_store(to):
        return None
    reach = apprise.reach(to)
    if reach.is_local or (reach.is_encrypted and reach.is_verified):
        return None
    if reach.is_encrypted:
        return f"anyone could pose as this server: leave verify=no out, {MEANT}"
    if to.startswith(f"{reach.secure_scheme}://"):
        instead = "leave mode=insecure out"
    else:
        instead = f"write {reach.secure_scheme}://" if reach.secure_scheme else "choose a service with TLS"
    return f"reports would go over the network unencrypted: {instead}, {MEANT}"
