"""Model bundles: weights with all that a node must know of a model before it trusts them, in one signed file.

link/bundles/envelope.py has the form of the file, and what its signature covers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kernels.inference.graph import Graph
from link.bundles.envelope import checked_parts, digest_of, seal, unseal, unverified_head
from link.errors import DecodeError
from link.models.forest import Forest
from link.models.manifest import Golden, Manifest, ModelContract, ModelKind, WorkerLimits
from link.models.network import decode_network

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
        manifest, parts = unseal(octets, trusted_keys)
        said = Manifest.decode(manifest)
        bundle = cls(said, checked_parts(said.parts, parts))
        bundle.check_structure()
        return bundle

    def encode(self, private_pem: bytes) -> bytes:
        """The file's octets, signed."""
        return seal(private_pem, self.manifest.encode(), (self.parts[part.name] for part in self.manifest.parts))

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
        parts=tuple(digest_of(part, octets) for part, octets in parts.items()),
    )
    try:
        bundle = Bundle(manifest.checked(), parts)
        bundle.check_structure()
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return bundle


def read_manifest(octets: bytes) -> tuple[str, Manifest]:
    """The signing key's name and the manifest, neither of them verified; raises DecodeError."""
    key, manifest = unverified_head(octets)
    return key, Manifest.decode(manifest)


def _little(array: NDArray[np.generic]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
