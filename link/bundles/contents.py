"""What a bundle of any kind holds, for who keeps bundles without using them."""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from link.bundles.envelope import (
    BundleName,
    PartDigest,
    checked_parts,
    read_declared,
    sha256_of,
    unseal,
    unverified_head,
)
from link.bundles.releases import release_of
from link.bundles.software import SOFTWARE_KIND, Software
from link.errors import DecodeError

DELTA_KIND: Literal["delta"] = "delta"


class BundleContents(NamedTuple):
    """What was verified of a bundle: signature and parts. `sha256`: of the whole file."""

    kind: str
    name: str
    version: str
    sha256: str


class _Kind(msgspec.Struct):
    kind: str


class _Named(msgspec.Struct):
    """What every manifest says; what else a model's says, and its structure, is checked where it is used."""

    name: BundleName
    version: BundleName
    parts: Annotated[tuple[PartDigest, ...], Meta(min_length=1, max_length=16)]


def bundle_kind(octets: bytes) -> str:
    """The kind that a bundle says to be of, not verified; raises DecodeError."""
    _, manifest = unverified_head(octets)
    return read_declared(manifest, _Kind).kind


def target_of(octets: bytes) -> str:
    """The target that a bundle is for, not verified: a model's name, else the software; raises DecodeError."""
    kind = bundle_kind(octets)
    if kind in (SOFTWARE_KIND, DELTA_KIND):
        return SOFTWARE_KIND  # what a delta makes, only its base tells
    _, manifest = unverified_head(octets)
    return read_declared(manifest, _Named).name


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
        name, version = _named(octets, trusted_keys)
    try:
        release_of(version)
    except ValueError as error:
        raise DecodeError(str(error)) from None
    return BundleContents(kind, name, version, sha256_of(octets))


def _named(octets: bytes, trusted_keys: tuple[bytes, ...]) -> tuple[str, str]:
    """Name and version of a signed bundle whose parts are as it says. Raises DecodeError."""
    manifest, parts = unseal(octets, trusted_keys)
    said = read_declared(manifest, _Named)
    checked_parts(said.parts, parts)
    return said.name, said.version
