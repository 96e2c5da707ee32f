"""The manifest of a model bundle: name, contract, limits, golden vector, and the parts with their hashes."""

from math import prod
from typing import Annotated, Literal, Self

import msgspec
import numpy as np
from msgspec import Meta

from link.errors import DecodeError

ModelKind = Literal["forest", "network"]
FREE = 0
"""The size of an axis that the model does not fix."""

NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
"""Pattern of a model's name, which becomes part of file names."""
_Name = Annotated[str, Meta(pattern=f"^{NAME}$")]
_Text = Annotated[str, Meta(max_length=40)]
_Size = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Shape = Annotated[tuple[_Size, ...], Meta(max_length=8)]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the manifest's parts: a key that is not declared is an error."""


class Tensor(_Struct, frozen=True):
    """Input or output array of a model. `shape` has FREE for an axis of any size; axis 0 is that of the `bands`.

    Where `divisor` is given, the model takes float32(sample) / float32(divisor): digital numbers become reflectance.
    """

    dtype: Annotated[str, Meta(pattern="^(uint8|uint16|float32|float64)$")]
    shape: _Shape
    unit: _Text = ""
    bands: Annotated[tuple[_Text, ...], Meta(max_length=256)] = ()
    divisor: Annotated[float, Meta(gt=0, le=1e12)] | None = None

    def takes(self, dtype: str, shape: tuple[int, ...]) -> bool:
        """Whether an array of this type and shape fits."""
        same = all(wanted in (FREE, given) for wanted, given in zip(self.shape, shape, strict=False))
        return dtype == self.dtype and len(shape) == len(self.shape) and same


class ModelContract(_Struct, frozen=True):
    """Input and output of the model."""

    input: Tensor
    output: Tensor


class Golden(_Struct, frozen=True):
    """Golden vector: shapes of the parts `golden-input` and `golden-output`, a sample and the result that the model
    must give for it, within `tolerance`, the largest difference; 0 asks for equal octets.

    `verified`: the library that trained the model gave the same result; otherwise it is only what our kernels gave when
    the model was imported.
    """

    input: _Shape
    output: _Shape
    tolerance: Annotated[float, Meta(ge=0, le=1e12)]
    verified: bool


class WorkerLimits(_Struct, frozen=True):
    """Resources that the model needs to run; a worker whose bounds are lower must not try."""

    timeout_s: Annotated[float, Meta(gt=0, le=86400)]
    memory_octets: Annotated[int, Meta(gt=0, le=2**40)]


class PartDigest(_Struct, frozen=True):
    """A named part of the bundle: its size in octets and SHA-256 (hexadecimal)."""

    name: _Name
    octets: _Size
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Manifest(_Struct, frozen=True):
    """All that a node knows of a model before it decodes the weights."""

    name: _Name
    version: _Name
    kind: ModelKind
    contract: ModelContract
    golden: Golden
    limits: WorkerLimits
    parts: Annotated[tuple[PartDigest, ...], Meta(min_length=3, max_length=16)]

    def encode(self) -> bytes:
        """JSON; equal manifests are equal octets."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read what `encode` wrote, and only that; raises DecodeError."""
        manifest = cls._read(octets)
        if manifest.encode() != octets:
            raise DecodeError("manifest: its JSON is not in the canonical form of this version")
        return manifest

    def checked(self) -> Self:
        """The same manifest, checked as one that was received; raises DecodeError."""
        return self._read(self.encode())

    @classmethod
    def _read(cls, octets: bytes) -> Self:
        try:
            manifest = msgspec.json.decode(octets, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DecodeError(f"manifest: {error}") from None
        manifest._check()
        return manifest

    def _check(self) -> None:
        """Check the rules that types cannot express. Raises DecodeError."""
        names = [part.name for part in self.parts]
        wanted = {self.kind, "golden-input", "golden-output"}
        if len(set(names)) != len(names) or not wanted <= set(names):
            raise DecodeError(f"parts {', '.join(names)}: expected each once, among them {', '.join(sorted(wanted))}")
        for which in ("input", "output"):
            tensor, shape = getattr(self.contract, which), getattr(self.golden, which)
            if tensor.bands and tensor.shape[:1] != (len(tensor.bands),):
                raise DecodeError(f"{which}: shape {tensor.shape} for {len(tensor.bands)} bands")
            if 0 in shape:
                raise DecodeError(f"golden {which}: of shape {shape}, which holds no numbers")
            size = next(part.octets for part in self.parts if part.name == f"golden-{which}")
            if not tensor.takes(tensor.dtype, shape) or prod(shape) * np.dtype(tensor.dtype).itemsize != size:
                raise DecodeError(f"golden {which}: {size} octets of {tensor.dtype} {shape}, expected {tensor.shape}")
