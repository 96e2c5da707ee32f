"""The manifest of a model bundle: name, contract, limits, golden vector, and the parts with their hashes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Literal, Self

import msgspec
from msgspec import Meta

from link.bundles.envelope import BundleName, Declared, PartDigest, read_canonical, read_declared
from link.errors import DecodeError

if TYPE_CHECKING:
    import numpy as np
else:
    from kernels.late import np

ModelKind = Literal["forest", "network"]
FREE = 0
"""The size of an axis that the model does not fix."""

_Text = Annotated[str, Meta(max_length=40)]
_Size = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Shape = Annotated[tuple[_Size, ...], Meta(max_length=8)]


class Tensor(Declared, frozen=True):
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


class ModelContract(Declared, frozen=True):
    """Input and output of the model."""

    input: Tensor
    output: Tensor


class Golden(Declared, frozen=True):
    """Golden vector: shapes of the parts `golden-input` and `golden-output`, a sample and the result that the model
    must give for it, within `tolerance`, the largest difference; 0 asks for equal octets.

    `verified`: the library that trained the model gave the same result; otherwise it is only what our kernels gave when
    the model was imported.
    """

    input: _Shape
    output: _Shape
    tolerance: Annotated[float, Meta(ge=0, le=1e12)]
    verified: bool


class WorkerLimits(Declared, frozen=True):
    """Resources that the model needs to run; a worker whose bounds are lower must not try."""

    timeout_s: Annotated[float, Meta(gt=0, le=86400)]
    memory_octets: Annotated[int, Meta(gt=0, le=2**40)]


class Manifest(Declared, frozen=True):
    """All that a node knows of a model before it decodes the weights."""

    name: BundleName
    version: BundleName
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
        return read_canonical(octets, cls)._consistent()

    def checked(self) -> Self:
        """The same manifest, checked as one that was received; raises DecodeError."""
        return read_declared(self.encode(), type(self))._consistent()

    def _consistent(self) -> Self:
        """Itself, checked against the rules that types cannot express. Raises DecodeError."""
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
        return self
