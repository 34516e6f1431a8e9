"""Checks the address under `to`; no message repeats any of it, since it may hold a secret."""

from spendready_pipeline.config.section import did_you_mean
from spendready_pipeline.delivery.channels import apprise, stores

_STORES = ", ".join(f"{scheme}://" for scheme in stores.SCHEMES)
ALLOWED = f"use the URL of a service that Apprise supports, a folder, or a URL that begins with {_STORES}"
MEANT = "or set insecure: true if you accept the risk"
_WEB_HOOKS = {"http": "json", "https": "jsons"}
"""A webhook has a scheme of its own, which says what is posted."""


def address_issue(to: str) -> str | None:
    """Returns what is wrong with an address; None where nothing is."""
    scheme, separator, rest = to.partition("://")
    if not separator:
        scheme = to.partition(":")[0]
        return f"use {scheme}://" if ":" in to and scheme in apprise.schemes() else None
    if stores.is_store(to):
        return None if rest.strip("/") else f"name a bucket, container or folder after {scheme}://"
    if apprise.is_known(to):
        return apprise.missing_feature(to)
    if scheme in apprise.schemes():
        return "the URL of this service is incomplete; see https://appriseit.com/services for its format"
    hint = did_you_mean(_WEB_HOOKS.get(scheme, scheme.lower()), [*apprise.schemes(), *stores.SCHEMES])
    return f"unknown service{hint}; {ALLOWED}"


def insecure_transport(to: str) -> str | None:
    """Returns why others could read or change what is sent to an address; None where they could not.

    What stays on this machine needs no TLS. The address must be valid otherwise.
    """
    if stores.is_store(to):
        return None
    reach = apprise.reach(to)
    if reach.is_local or (reach.is_encrypted and reach.is_verified):
        return None
    if reach.is_encrypted:
        return f"anyone could impersonate this server: remove verify=no, {MEANT}"
    if to.startswith(f"{reach.secure_scheme}://"):
        instead = "remove mode=insecure"
    else:
        instead = f"use {reach.secure_scheme}://" if reach.secure_scheme else "choose a service with TLS"
    return f"reports would cross the network unencrypted: {instead}, {MEANT}"
