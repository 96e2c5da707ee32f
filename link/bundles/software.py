"""Software bundles: an image that a node starts, signed. What the image is, only who starts it knows.

An image that is a Python zip application can be started as the bundle lies: a zip file is read from its end.
"""

from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from link.bundles.envelope import (
    BundleName,
    Declared,
    PartDigest,
    checked_parts,
    digest_of,
    read_canonical,
    seal,
    unseal,
)
from link.bundles.releases import release_of

SOFTWARE_KIND: Literal["software"] = "software"
_IMAGE = "image"


class SoftwareManifest(Declared, frozen=True):
    """What a software bundle says of itself. `name` is that of the slots that it is for."""

    name: BundleName
    version: BundleName
    kind: Literal["software"]
    parts: Annotated[tuple[PartDigest, ...], Meta(min_length=1, max_length=1)]


class Software(Declared, frozen=True):
    """A software bundle whose signature was verified with a trusted key."""

    manifest: SoftwareManifest
    image: bytes

    @classmethod
    def decode(cls, octets: bytes, trusted_keys: tuple[bytes, ...]) -> Self:
        """Read a whole bundle signed by one of `trusted_keys` (32 octets each); raises DecodeError."""
        manifest, parts = unseal(octets, trusted_keys)
        said = read_canonical(manifest, SoftwareManifest)
        return cls(manifest=said, image=next(iter(checked_parts(said.parts, parts).values())))

    def encode(self, private_pem: bytes) -> bytes:
        """The file's octets, signed."""
        return seal(private_pem, msgspec.json.encode(self.manifest), [self.image])


def make_software(name: str, version: str, image: bytes) -> Software:
    """A software bundle. Raises ValueError for a name that is none, or a version that cannot be compared."""
    release_of(version)
    said = SoftwareManifest(name=name, version=version, kind=SOFTWARE_KIND, parts=(digest_of(_IMAGE, image),))
    try:
        return Software(manifest=msgspec.convert(msgspec.to_builtins(said), SoftwareManifest), image=image)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
