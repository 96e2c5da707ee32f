"""Deltas: a signed bundle that makes another one of a bundle that the node has already, or of nothing.

The patch is a Zstandard frame (RFC 8878) whose dictionary is the base, raw, as `zstd --patch-from` makes one. How much
memory it takes to expand it stands in manifest and frame header, and is held to bounds before any of it is expanded.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from link.bundles.contents import DELTA_KIND
from link.bundles.envelope import (
    BundleName,
    Declared,
    PartDigest,
    Sha256,
    SizeOctets,
    checked_parts,
    digest_of,
    read_canonical,
    seal,
    sha256_of,
    unseal,
)
from link.errors import DecodeError

_PATCH = "patch"
_LEVEL, _WINDOW_LOG_MIN, _WINDOW_LOG_MAX = 19, 10, 27  # the last: what any decoder takes (RFC 8878 §3.1.1.1.2)


class FileDigest(Declared, frozen=True):
    """Size and SHA-256 of a whole bundle."""

    octets: SizeOctets
    sha256: Sha256


class DeltaManifest(Declared, frozen=True):
    """Name and version of the bundle that the delta makes, what it makes it of, and what comes out."""

    name: BundleName
    version: BundleName
    kind: Literal["delta"]
    base: FileDigest | None
    result: FileDigest
    parts: Annotated[tuple[PartDigest, ...], Meta(min_length=1, max_length=1)]


class Delta(Declared, frozen=True):
    """A delta whose signature was verified with a trusted key."""

    manifest: DeltaManifest
    patch: bytes

    @classmethod
    def decode(cls, octets: bytes, trusted_keys: Sequence[bytes]) -> Self:
        """Read a whole delta signed by one of `trusted_keys` (32 octets each); raises DecodeError."""
        manifest, parts = unseal(octets, trusted_keys)
        said = read_canonical(manifest, DeltaManifest)
        return cls(manifest=said, patch=next(iter(checked_parts(said.parts, parts).values())))

    def encode(self, private_pem: bytes) -> bytes:
        """The file's octets, signed."""
        return seal(private_pem, msgspec.json.encode(self.manifest), [self.patch])

    def expand(self, base: bytes, octets_max: int) -> bytes:
        """The bundle of at most `octets_max` that the delta makes of `base`, which is b"" where it needs none.

        Takes memory for patch, base and result, and no more. Raises DecodeError.
        """
        import zstandard

        said = self.manifest
        if said.base != (_digest(base) if base else None):
            raise DecodeError(f"a delta of another bundle than that of SHA-256 {sha256_of(base)[:16]}...")
        if said.result.octets > octets_max:
            raise DecodeError(f"{said.result.octets} octets when expanded, expected {octets_max} at most")
        window_max = 2 * max(len(base) + said.result.octets, 1 << _WINDOW_LOG_MIN)
        try:
            frame = zstandard.get_frame_parameters(self.patch)
            if frame.content_size != said.result.octets or frame.window_size > window_max:
                raise DecodeError(f"a patch to {frame.content_size} octets with a window of {frame.window_size}")
            unpacker = zstandard.ZstdDecompressor(_dictionary(base), max_window_size=window_max)
            result = unpacker.decompress(self.patch, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise DecodeError(f"patch: {error}") from None
        if _digest(result) != said.result:
            raise DecodeError("the patch makes another bundle than its manifest says")
        return result


def make_delta(name: str, version: str, new: bytes, base: bytes = b"") -> Delta:
    """The delta that makes the bundle `new`, of this name and version, of the bundle `base`."""
    import zstandard

    window_log = min(max((len(base) + len(new)).bit_length(), _WINDOW_LOG_MIN), _WINDOW_LOG_MAX)
    how = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=window_log, enable_ldm=True)
    patch = zstandard.ZstdCompressor(dict_data=_dictionary(base), compression_params=how).compress(new)
    said = DeltaManifest(
        name=name,
        version=version,
        kind=DELTA_KIND,
        base=_digest(base) if base else None,
        result=_digest(new),
        parts=(digest_of(_PATCH, patch),),
    )
    return Delta(manifest=said, patch=patch)


def _dictionary(base: bytes) -> Any:
    import zstandard

    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base else None


def _digest(octets: bytes) -> FileDigest:
    return FileDigest(octets=len(octets), sha256=sha256_of(octets))
