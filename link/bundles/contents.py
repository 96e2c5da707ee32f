"""What a bundle of any kind holds, for who keeps bundles without using them."""

from typing import Literal, NamedTuple

import msgspec

from link.bundles.envelope import sha256_of, unverified_head
from link.bundles.releases import release_of
from link.bundles.software import SOFTWARE_KIND, Software
from link.errors import DecodeError

DELTA_KIND: Literal["delta"] = "delta"


class BundleContents(NamedTuple):
    """What was verified of a bundle: signature, parts, and for a model its structure. `sha256`: of the whole file."""

    kind: str
    name: str
    version: str
    sha256: str


class _Kind(msgspec.Struct):
    kind: str


def bundle_kind(octets: bytes) -> str:
    """The kind that a bundle says to be of, not verified; raises DecodeError."""
    _, manifest = unverified_head(octets)
    try:
        return msgspec.json.decode(manifest, type=_Kind).kind
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DecodeError(f"manifest: {error}") from None


def bundle_contents(octets: bytes, trusted_keys: tuple[bytes, ...]) -> BundleContents:
    """Verify a bundle of software or of a model, signed by one of `trusted_keys`, whose version can be compared.

    Raises DecodeError.
    """
    kind = bundle_kind(octets)
    if kind == DELTA_KIND:
        raise DecodeError("a delta, expected the bundle that is made of it")
    if kind == SOFTWARE_KIND:
        software = Software.decode(octets, trusted_keys).manifest
        name, version = software.name, software.version
    else:
        from link.models.bundle import Bundle  # numpy is not for who only starts software

        model = Bundle.decode(octets, trusted_keys).manifest
        name, version = model.name, model.version
    try:
        release_of(version)
    except ValueError as error:
        raise DecodeError(str(error)) from None
    return BundleContents(kind, name, version, sha256_of(octets))
