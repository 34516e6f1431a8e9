"""The demo org's keys: a certificate authority of its own, and the key pair of the client app that may sign in.

Both are kept in the org's folder and used again at the next start, so a client that was told to trust `ca.pem`
goes on working.
"""

import ssl
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HOSTS = ("localhost", "127.0.0.1")
CA_CERTIFICATE = "ca.pem"
CA_KEY = "ca-key.pem"
PRIVATE_KEY = "client-key.pem"


def certificate_authority(folder: Path) -> trustme.CA:
    """Returns the folder's certificate authority, made at the first call: `ca.pem` (public) and `ca-key.pem`."""
    certificate, key = folder / CA_CERTIFICATE, folder / CA_KEY
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="SpendReady demo org")
    write_private(key, authority.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(certificate))
    return authority


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """Returns a TLS context for `localhost` and `127.0.0.1`, signed by the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS, common_name="localhost").configure_cert(context)
    return context


def client_key(folder: Path) -> rsa.RSAPrivateKey:
    """Returns the client app's private key, `client-key.pem`, made at the first call; JWT bearer sign-in needs it."""
    path = folder / PRIVATE_KEY
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    write_private(
        path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    return key


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
