"""Keys that sign what is sent to a node: Ed25519 (RFC 8032) in the PEM files that OpenSSL reads and writes too."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

PUBLIC_OCTETS, SIGNATURE_OCTETS = 32, 64


def new_private_key() -> bytes:
    """A private key, drawn by the operating system: PEM (PKCS #8), not encrypted."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(private_pem: bytes) -> bytes:
    """The public half of a private key, as PEM."""
    public = _private(private_pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_half(private_pem: bytes) -> bytes:
    """The 32 octets of the public half of a private key. Raises ValueError for octets that are not a private key."""
    return _private(private_pem).public_key().public_bytes_raw()


def public_key(pem: bytes) -> bytes:
    """The 32 octets of a public key in PEM, or of a private one's public half. Raises ValueError."""
    if b"PRIVATE KEY" in pem:
        return public_half(pem)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004 - it is the file that is wrong
    return key.public_bytes_raw()


def sign(private_pem: bytes, octets: bytes) -> bytes:
    """The signature of `octets`, the same at each call. Raises ValueError if `private_pem` is not a private key."""
    return _private(private_pem).sign(octets)


def is_signed(public: bytes, signature: bytes, octets: bytes) -> bool:
    """Whether `signature` of exactly these octets was made with the private half of `public` (32 octets)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, octets)
    except InvalidSignature:
        return False
    return True


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not a private key in PEM, or an encrypted one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004 - it is the file that is wrong
    return key
