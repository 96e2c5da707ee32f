"""The node's models: verified before their first use, checked at each use.

A model is loaded from its bundle: signature and hashes, structure, then the golden vector through the very kernels that
will score. What it is scored with is checked (CRC-32C) before and after each tile; where memory has changed, the model
is loaded again from its file and the tile done again.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.activations import activated
from kernels.coding.crc import crc32c
from kernels.errors import CorruptError, UpsetError
from kernels.inference.nets import Network
from kernels.inference.trees import DIGITAL_NUMBERS, CodeTables, Sums, quantise
from kernels.usage import shown
from link.bundles.envelope import sha256_of
from link.errors import DecodeError
from link.models.bundle import Bundle, Weights
from link.models.forest import Forest
from link.models.manifest import FREE, Manifest, Tensor

_ATTEMPTS = 3
_BLOCK, _CODES_MAX = 2048, 1 << 26
"""Pixels scored together: a multiple of the first, at most the second over the number of columns."""


class ModelError(Exception):
    """A model that is not fit for use; the sentence says why."""


class Scorer(Protocol):
    """Weights laid out for the kernels that use them."""

    def run(self, samples: NDArray[Any]) -> NDArray[Any]:
        """What the model gives for samples that fit its contract."""
        ...

    def crc(self) -> tuple[int, ...]:
        """Check sequences (CRC-32C) of all memory that affects the answer."""
        ...

    def fits(self, rows: int, columns: int) -> bool:
        """Whether an image of this size can be scored."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the only image size that can be scored, FREE where any size can."""
        ...


class ForestScorer:
    """Trees over quantised features of samples (features, pixels of any shape); integers by a table for each column."""

    def __init__(self, forest: Forest, taken: Tensor) -> None:
        self._forest, self._trees, self._columns = forest, forest.laid_out, forest.columns
        self._divisor, self._dtype = taken.divisor, np.float32 if forest.sums is Sums.FLOAT32 else np.float64
        integers = taken.dtype.startswith("uint")
        self._tables = (
            CodeTables(self._columns, _values(np.arange(DIGITAL_NUMBERS), taken.divisor)) if integers else None
        )

    def run(self, samples: NDArray[Any]) -> NDArray[Any]:
        """The activated sums of leaves for each pixel, in their precision: (pixels), or (outputs, pixels).

        Classes are uint8. NaN for pixels with a NaN feature, where the model has no rule for missing values.
        """
        rows = samples.reshape(len(samples), -1)
        at_once = max(_BLOCK, _CODES_MAX // len(self._columns) // _BLOCK * _BLOCK)
        parts = [self._scored(rows[:, at : at + at_once]) for at in range(0, max(1, rows.shape[1]), at_once)]
        answers = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        return answers.reshape(*(() if len(answers) == 1 else (len(answers),)), *samples.shape[1:])

    def crc(self) -> tuple[int, ...]:
        """Check sequences of nodes, leaves, and the tables or thresholds that quantise features."""
        trees = tuple(trees.crc() for trees in self._trees)
        if self._forest.linear is not None:
            trees = (*trees, self._forest.linear.crc())
        if self._tables is not None:
            return (*trees, self._tables.crc())
        return (*trees, *(crc32c(column.limits.data) for column in self._columns))

    def _scored(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Answers (outputs, pixels) for samples (features, pixels)."""
        codes = self._codes(rows)
        found = [trees.sums(codes).astype(self._dtype, copy=False) for trees in self._trees]
        linear = self._forest.linear
        sums = np.stack(found) if linear is None else linear.sums(found, _values(rows, self._divisor))
        answers = activated(sums, self._forest)
        unknown = np.isnan(rows[list(self._forest.unprepared)]).any(axis=0) if rows.dtype.kind == "f" else None
        if unknown is not None and unknown.any():
            answers[:, unknown] = np.nan
        return answers

    def fits(self, rows: int, columns: int) -> bool:  # noqa: ARG002
        """True: pixels are scored one by one, so that any image fits."""
        return True

    @property
    def size(self) -> tuple[int, int]:
        """FREE: images of any size can be scored."""
        return FREE, FREE

    def _codes(self, samples: NDArray[Any]) -> NDArray[np.uint8]:
        if self._tables is None:
            return quantise(np.ascontiguousarray(_values(samples, self._divisor)), self._columns)
        return self._tables.codes(np.ascontiguousarray(samples, np.uint16))


class NetworkScorer:
    """A network over images (bands, rows, columns); it checks its own weights and sums whenever it runs."""

    def __init__(self, network: Network, taken: Tensor) -> None:
        self._network, self._taken = network, taken

    def run(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Numbers (channels, rows, columns), or classes (rows, columns). Raises UpsetError where a check fails."""
        values = _values(samples, self._taken.divisor).astype(np.float32, copy=False)
        image = np.ascontiguousarray(np.moveaxis(values, 0, -1))
        answer = self._network.run(image, checked=bool(np.isfinite(image).all()))  # sums over NaN cannot be checked
        return answer if answer.ndim == 2 else np.ascontiguousarray(np.moveaxis(answer, -1, 0))

    def crc(self) -> tuple[int, ...]:
        """Nothing: the network checks itself."""
        return ()

    def fits(self, rows: int, columns: int) -> bool:
        """Whether the layers' sizes match for such an image: not every size can be halved and doubled again."""
        try:
            self._network.graph.shapes(rows, columns)
        except ValueError:
            return False
        return True

    @property
    def size(self) -> tuple[int, int]:
        """The size of the network's own image."""
        return self._network.graph.image[:2]


def _values(samples: NDArray[Any], divisor: float | None) -> NDArray[Any]:
    """The samples in the model's own unit."""
    if divisor is None:
        return samples.astype(np.float32) if samples.dtype.kind in "ui" else samples
    return samples.astype(np.float32) / np.float32(divisor)


@dataclass(slots=True)
class Model:
    """A model in use, from the bundle with this SHA-256. `repairs` counts how often its memory had changed and was

    loaded again.
    """

    path: Path
    trusted_keys: tuple[bytes, ...]
    manifest: Manifest = field(init=False)
    sha256: str = field(init=False)
    repairs: int = 0
    _scorer: Scorer = field(init=False)
    _crc: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._load()

    def run(self, samples: NDArray[Any]) -> NDArray[Any]:
        """The model's answer for `samples`, computed in memory that was unchanged before and after.

        Raises ValueError for samples that are not as the contract says, ModelError where memory keeps changing.
        """
        wanted = self.manifest.contract.input
        if not wanted.takes(samples.dtype.name, samples.shape):
            raise ValueError(f"samples: {samples.dtype} {samples.shape}, expected {wanted.dtype} {wanted.shape}")
        for _ in range(_ATTEMPTS):
            try:
                values = self._scorer.run(samples) if self.is_whole() else None
            except (CorruptError, UpsetError):  # the kernels' own checks failed
                values = None
            if values is not None and self.is_whole():
                return values
            self.repairs += 1
            self._load()
        raise ModelError(f"{self.path}: memory changed in each of {_ATTEMPTS} attempts")

    def fits(self, rows: int, columns: int) -> bool:
        """Whether an image of this size can be scored."""
        return self._scorer.fits(rows, columns)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the only image size that can be scored, FREE where any size can."""
        stated, own = self.manifest.contract.input.shape[1:], self._scorer.size
        return stated[0] or own[0], stated[1] or own[1]

    def is_whole(self) -> bool:
        """Whether the memory in use is still what was verified."""
        return self._scorer.crc() == self._crc

    def _load(self) -> None:
        """Load and verify the whole model from its file. Raises ModelError."""
        try:
            octets = self.path.read_bytes()
            bundle = Bundle.decode(octets, self.trusted_keys)
        except OSError as error:
            raise ModelError(f"{shown(self.path)}: {error.strerror or error}") from None
        except DecodeError as error:
            raise ModelError(f"{shown(self.path)}: {error}") from None
        manifest = bundle.manifest
        self.manifest, self._scorer = manifest, scorer_of(bundle.weights, manifest.contract.input)
        self._crc, self.sha256 = self._scorer.crc(), sha256_of(octets)
        given, wanted = bundle.golden
        if not agrees(self._scorer.run(given), wanted, manifest.golden.tolerance):
            raise ModelError(f"{self.path}: the golden vector gives another answer here")


def scorer_of(weights: Weights, taken: Tensor) -> Scorer:
    """The weights of a bundle, ready to score samples of the kind `taken`."""
    return ForestScorer(weights, taken) if isinstance(weights, Forest) else NetworkScorer(Network(weights), taken)


def agrees(found: NDArray[Any], wanted: NDArray[Any], tolerance: float) -> bool:
    """Whether an answer equals the golden one: the same octets for a tolerance of 0, else within it at each place."""
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return False
    if tolerance == 0:
        return found.tobytes() == wanted.tobytes()
    return bool(np.allclose(found, wanted, rtol=0, atol=tolerance, equal_nan=True))
