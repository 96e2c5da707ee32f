"""Bundles and deltas to update a node with, each read back before it is given out."""

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple
from zipfile import is_zipfile

import msgspec

from link.bundles.contents import BundleContents, bundle_contents
from link.bundles.deltas import Delta, make_delta
from link.bundles.envelope import read_declared, unverified_head
from link.bundles.keys import new_private_key, public_half
from link.bundles.software import make_software
from link.errors import DecodeError


class UpdateFile(NamedTuple):
    """A file to send: what the node has of it in the end, and the file's octets."""

    contents: BundleContents
    octets: bytes


def software_bundle(name: str, version: str, image: bytes, private_pem: bytes) -> UpdateFile:
    """A signed bundle of software for the slots called `name`.

    Raises ValueError for a name, version or key that is none, for an image that is a bundle already, or no zip file.
    """
    if _is_bundle(image):
        raise ValueError("it is a signed bundle already: send it, or make a delta of it")
    if not is_zipfile(BytesIO(image)):
        raise ValueError("not a zip file of Python packages, as a wheel is one, which is what a node unpacks")
    octets = make_software(name, version, image).encode(private_pem)
    return UpdateFile(bundle_contents(octets, (public_half(private_pem),)), octets)


def delta_bundle(new: bytes, base: bytes, private_pem: bytes, trusted_keys: Sequence[bytes] = ()) -> UpdateFile:
    """The signed delta that makes the bundle `new` of the bundle `base`, or of nothing where that is b"".

    Both are signed with `private_pem` or by one of `trusted_keys`. Raises ValueError for what is no such bundle.
    """
    own = public_half(private_pem)
    keys = (own, *trusted_keys)
    contents = checked_contents(new, keys)
    if base:
        checked_contents(base, keys)
    octets = make_delta(contents.name, contents.version, new, base).encode(private_pem)
    assert Delta.decode(octets, (own,)).expand(base, len(new)) == new
    return UpdateFile(contents, octets)


def delta_octets(new: bytes, base: bytes = b"") -> int:
    """How many octets the delta that makes the bundle `new` of `base` will have. Raises ValueError for no bundle.

    No signature is checked, for nothing is made: what is planned may be signed with a key that is not here.
    """
    try:
        _, manifest = unverified_head(new)
        said = read_declared(manifest, _Named)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return len(make_delta(said.name, said.version, new, base).encode(new_private_key()))


class _Named(msgspec.Struct):
    name: str
    version: str


def checked_contents(octets: bytes, trusted_keys: Sequence[bytes]) -> BundleContents:
    """What a bundle holds, verified. Raises ValueError for what is no bundle that a node would take."""
    try:
        return bundle_contents(octets, tuple(trusted_keys))
    except DecodeError as error:
        raise ValueError(str(error)) from None


def _is_bundle(octets: bytes) -> bool:
    try:
        unverified_head(octets)
    except DecodeError:
        return False
    return True
