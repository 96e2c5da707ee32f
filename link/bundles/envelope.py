"""The one form of what is signed: software, models, and deltas of both. What a bundle holds, its manifest says.

"SRB1" | key 64 | manifest octets 32 | manifest (JSON) | signature 512 | part*                (numbers little-endian)

`key` names the signer: the first octets of the SHA-256 of the public key. The signature, Ed25519 (RFC 8032), is of all
before it; the parts follow in the manifest's order and are held to the sizes and hashes that stand there, so that no
bit of the file can change without notice. Equal contents and key give equal files.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from link.bundles.keys import SIGNATURE_OCTETS, is_signed, public_half, sign
from link.errors import DecodeError, TruncatedError

BUNDLE_MAGIC = b"SRB1"
NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
"""Pattern of the name of what a bundle holds, which becomes part of file names."""
BundleName = Annotated[str, Meta(pattern=f"^{NAME}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
SizeOctets = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_HEAD = struct.Struct("<4s8sI")
_KEY_OCTETS = 8


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of manifests and what is in them: a key that is not declared is an error."""


_Manifest = TypeVar("_Manifest", bound=Declared)
_Read = TypeVar("_Read", bound=msgspec.Struct)


class PartDigest(Declared, frozen=True):
    """A named part of the bundle: its size in octets and SHA-256 (hexadecimal)."""

    name: BundleName
    octets: SizeOctets
    sha256: Sha256


def digest_of(name: str, octets: bytes) -> PartDigest:
    """The digest of a part."""
    return PartDigest(name=name, octets=len(octets), sha256=sha256_of(octets))


def sha256_of(octets: bytes) -> str:
    """SHA-256 (FIPS 180-4), hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def seal(private_pem: bytes, manifest: bytes, parts: Iterable[bytes]) -> bytes:
    """A bundle's octets, signed. Raises ValueError if `private_pem` is not a private key."""
    signed = _HEAD.pack(BUNDLE_MAGIC, key_name(public_half(private_pem)), len(manifest)) + manifest
    return signed + sign(private_pem, signed) + b"".join(parts)


def unseal(octets: bytes, trusted_keys: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Manifest and parts of a bundle signed by one of `trusted_keys` (32 octets each); the parts are not yet checked.

    Raises DecodeError with one sentence, whatever the octets are.
    """
    key, manifest, signed = _head(octets)
    trusted = {key_name(public): public for public in trusted_keys}
    if key not in trusted:
        raise DecodeError(f"signed by key {key.hex()}, expected {_names(trusted)}")
    if not is_signed(trusted[key], octets[signed : signed + SIGNATURE_OCTETS], octets[:signed]):
        raise DecodeError(f"the signature is not one of key {key.hex()}")
    return manifest, octets[signed + SIGNATURE_OCTETS :]


def unverified_head(octets: bytes) -> tuple[str, bytes]:
    """The signing key's name and the manifest, neither of them verified; raises DecodeError."""
    key, manifest, _ = _head(octets)
    return key.hex(), manifest


def checked_parts(digests: Sequence[PartDigest], octets: bytes) -> Mapping[str, bytes]:
    """The parts by name, each checked against its digest; raises DecodeError."""
    ends = list(accumulate(part.octets for part in digests))
    if len(octets) != ends[-1]:
        raise DecodeError(f"{len(octets)} octets of parts, expected {ends[-1]}")
    parts = {part.name: octets[end - part.octets : end] for part, end in zip(digests, ends, strict=True)}
    for part in digests:
        if sha256_of(parts[part.name]) != part.sha256:
            raise DecodeError(f"part {part.name}: its SHA-256 is another than in the manifest")
    return parts


def read_canonical(octets: bytes, kind: type[_Manifest]) -> _Manifest:
    """A manifest, written in the only form that `msgspec.json.encode` gives it; raises DecodeError."""
    manifest = read_declared(octets, kind)
    if msgspec.json.encode(manifest) != octets:
        raise DecodeError("manifest: its JSON is not in the canonical form of this version")
    return manifest


def read_declared(octets: bytes, kind: type[_Read]) -> _Read:
    """A manifest in JSON of any form; raises DecodeError."""
    try:
        return msgspec.json.decode(octets, type=kind)
    except RecursionError:
        raise DecodeError("manifest: nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DecodeError(f"manifest: {error}") from None


def key_name(public: bytes) -> bytes:
    """Name by which a file refers to the key (32 octets) that signed it."""
    return hashlib.sha256(public).digest()[:_KEY_OCTETS]


def _head(octets: bytes) -> tuple[bytes, bytes, int]:
    """Key name, manifest, and the offset at which the signed octets end."""
    if not octets.startswith(BUNDLE_MAGIC):
        is_other = octets.startswith(BUNDLE_MAGIC[:3])
        raise DecodeError("not a signed bundle of this version" if is_other else "not a signed bundle")
    if len(octets) < _HEAD.size:
        raise TruncatedError(needed=_HEAD.size, given=len(octets))
    _, key, size = _HEAD.unpack_from(octets)
    signed = _HEAD.size + size
    if len(octets) < signed + SIGNATURE_OCTETS:
        raise TruncatedError(needed=signed + SIGNATURE_OCTETS, given=len(octets))
    return key, octets[_HEAD.size : signed], signed


def _names(trusted: Iterable[bytes]) -> str:
    return " or ".join(key.hex() for key in trusted) or "one that is trusted, of which there are none"
