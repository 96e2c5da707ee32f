"""Model bundles: weights with all that a node must know of a model before it trusts them, in one signed file.

"SRB1" | key 64 | manifest octets 32 | manifest (JSON) | signature 512 | part*                (numbers little-endian)

`key` names the signer: the first octets of the SHA-256 of the public key. The signature, Ed25519 (RFC 8032), is of all
before it; the parts follow in the manifest's order and are held to the sizes and hashes that stand there, so that no
bit of the file can change without notice. Equal contents and key give equal files.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kernels.inference.graph import Graph
from link.errors import DecodeError, TruncatedError
from link.models.forest import Forest
from link.models.keys import SIGNATURE_OCTETS, is_signed, public_half, sign
from link.models.manifest import Golden, Manifest, ModelContract, ModelKind, PartDigest, WorkerLimits
from link.models.network import decode_network

BUNDLE_MAGIC = b"SRB1"
_HEAD = struct.Struct("<4s8sI")
_KEY_OCTETS = 8

Weights = Forest | Graph


@dataclass(frozen=True)
class Bundle:
    """A model whose signature was verified with a trusted key."""

    manifest: Manifest
    parts: Mapping[str, bytes]

    @classmethod
    def decode(cls, octets: bytes, trusted_keys: Iterable[bytes]) -> Self:
        """Read a whole bundle signed by one of `trusted_keys` (32 octets each); its weights are checked for structure.

        Raises DecodeError with one sentence, whatever the octets are.
        """
        key, manifest, signed = _head(octets)
        trusted = {key_name(public): public for public in trusted_keys}
        if key not in trusted:
            raise DecodeError(f"signed by key {key.hex()}, expected {_names(trusted)}")
        if not is_signed(trusted[key], octets[signed : signed + SIGNATURE_OCTETS], octets[:signed]):
            raise DecodeError(f"the signature is not one of key {key.hex()}")
        said = Manifest.decode(manifest)
        bundle = cls(said, _parts(said, octets[signed + SIGNATURE_OCTETS :]))
        bundle.check_structure()
        return bundle

    def encode(self, private_pem: bytes) -> bytes:
        """The file's octets, signed."""
        manifest = self.manifest.encode()
        signed = _HEAD.pack(BUNDLE_MAGIC, key_name(public_half(private_pem)), len(manifest)) + manifest
        return signed + sign(private_pem, signed) + b"".join(self.parts[part.name] for part in self.manifest.parts)

    def part(self, name: str) -> bytes:
        """The octets of a part; raises KeyError."""
        return self.parts[name]

    @property
    def golden(self) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
        """The golden vector: samples, and the model's result for them."""
        contract, shapes = self.manifest.contract, self.manifest.golden
        given = np.frombuffer(self.parts["golden-input"], np.dtype(contract.input.dtype).newbyteorder("<"))
        wanted = np.frombuffer(self.parts["golden-output"], np.dtype(contract.output.dtype).newbyteorder("<"))
        return given.reshape(shapes.input), wanted.reshape(shapes.output)

    @cached_property
    def weights(self) -> Weights:
        """The model's weights, decoded, with every count and index checked. Raises DecodeError."""
        return decode_weights(self.manifest.kind, self.parts[self.manifest.kind])

    def check_structure(self) -> None:
        """Check the weights, and that their inputs match the contract. Raises DecodeError."""
        kind, shape = self.manifest.kind, self.manifest.contract.input.shape
        taken = inputs_of(self.weights)
        if shape[:1] != (taken,) or (kind == "network" and len(shape) != 3):
            raise DecodeError(f"a {kind} of {taken} bands for an input of shape {shape}")


def decode_weights(kind: ModelKind, octets: bytes) -> Weights:
    """Decode and check the octets of weights of a kind. Raises DecodeError."""
    return Forest.decode(octets) if kind == "forest" else decode_network(octets)


def inputs_of(weights: Weights) -> int:
    """Number of bands that the model takes."""
    return weights.inputs if isinstance(weights, Forest) else weights.image[2]


def image_of(weights: Weights) -> tuple[int, int, int]:
    """Bands, rows and columns that the model takes; 0 for any."""
    return (weights.inputs, 0, 0) if isinstance(weights, Forest) else (weights.image[2], *weights.image[:2])


def make_bundle(
    *,
    name: str,
    version: str,
    kind: ModelKind,
    weights: bytes,
    contract: ModelContract,
    golden: tuple[NDArray[np.generic], NDArray[np.generic]],
    tolerance: float,
    limits: WorkerLimits,
    verified: bool = False,
) -> Bundle:
    """A bundle of `weights` and the golden vector, samples and the model's result; `verified`: the library that trained
    the model gave the same result.

    Raises ValueError naming what breaks a rule.
    """
    given, wanted = golden
    parts = {kind: weights, "golden-input": _little(given), "golden-output": _little(wanted)}
    manifest = Manifest(
        name=name,
        version=version,
        kind=kind,
        contract=contract,
        golden=Golden(input=given.shape, output=wanted.shape, tolerance=tolerance, verified=verified),
        limits=limits,
        parts=tuple(
            PartDigest(name=part, octets=len(octets), sha256=hashlib.sha256(octets).hexdigest())
            for part, octets in parts.items()
        ),
    )
    try:
        bundle = Bundle(manifest.checked(), parts)
        bundle.check_structure()
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return bundle


def read_manifest(octets: bytes) -> tuple[str, Manifest]:
    """The signing key's name and the manifest, neither of them verified; raises DecodeError."""
    key, manifest, _ = _head(octets)
    return key.hex(), Manifest.decode(manifest)


def key_name(public: bytes) -> bytes:
    """Name by which a file refers to the key (32 octets) that signed it."""
    return hashlib.sha256(public).digest()[:_KEY_OCTETS]


def _head(octets: bytes) -> tuple[bytes, bytes, int]:
    """Key name, manifest, and the offset at which the signed octets end."""
    if not octets.startswith(BUNDLE_MAGIC):
        is_other = octets.startswith(BUNDLE_MAGIC[:3])
        raise DecodeError("not a model bundle of this version" if is_other else "not a model bundle")
    if len(octets) < _HEAD.size:
        raise TruncatedError(needed=_HEAD.size, given=len(octets))
    _, key, size = _HEAD.unpack_from(octets)
    signed = _HEAD.size + size
    if len(octets) < signed + SIGNATURE_OCTETS:
        raise TruncatedError(needed=signed + SIGNATURE_OCTETS, given=len(octets))
    return key, octets[_HEAD.size : signed], signed


def _parts(manifest: Manifest, octets: bytes) -> dict[str, bytes]:
    """The parts, each checked against its hash."""
    ends = list(accumulate(part.octets for part in manifest.parts))
    if len(octets) != ends[-1]:
        raise DecodeError(f"{len(octets)} octets of parts, expected {ends[-1]}")
    parts = {part.name: octets[end - part.octets : end] for part, end in zip(manifest.parts, ends, strict=True)}
    for part in manifest.parts:
        if hashlib.sha256(parts[part.name]).hexdigest() != part.sha256:
            raise DecodeError(f"part {part.name}: its SHA-256 is another than in the manifest")
    return parts


def _names(trusted: Iterable[bytes]) -> str:
    return " or ".join(key.hex() for key in trusted) or "one that is trusted, of which there are none"


def _little(array: NDArray[np.generic]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
