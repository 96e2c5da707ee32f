"""What all stages with a trained model share: an image of any size is scored, whole or tile by tile."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import ArrayItem, cube
from fsw.pipelines.models import Model
from fsw.pipelines.stage import MODELS, REPAIRS, Items, ModelUsed, Stage
from link.bundles.keys import public_key
from link.errors import DecodeError
from link.models.bundle import read_manifest
from link.models.manifest import Manifest, WorkerLimits

_PARTS = tuple(1 << halvings for halvings in range(8))


class ModelStage(Stage, frozen=True):
    """A stage with the model in the bundle `model`, signed by one of `keys` (files with public keys).

    The bundle says which bands it wants, and of which type. The model is verified before each frame, and its memory
    checked before and after.
    """

    model: Path
    keys: tuple[Path, ...]

    def input_item(self, *answers: str) -> ArrayItem:
        """The bands that the model wants. Raises ValueError unless it gives a plane of one of the dtypes `answers`."""
        manifest = self._manifest()
        given, wanted = manifest.contract.output, manifest.contract.input
        if given.dtype not in answers or len(given.shape) != 2:
            raise ValueError(f"model: gives {given.dtype} {given.shape}, expected {' or '.join(answers)} (row, column)")
        if len(wanted.shape) != 3 or given.shape != wanted.shape[1:]:
            sizes = f"gives {given.shape} for {wanted.shape}"
            raise ValueError(f"model: {sizes}, expected a number for each pixel of (band, row, column)")
        return cube(wanted.dtype, bands=wanted.bands)

    def limits(self) -> WorkerLimits:
        """What a worker needs for the model. Raises ValueError for a model that cannot be read."""
        return self._manifest().limits

    def scored(self, bands: NDArray[Any]) -> tuple[NDArray[Any], Items]:
        """The model's answer, and the items that say which it was and how often it was repaired.

        Raises ModelError where it is not fit for use.

        NaN and infinity are replaced by 0, so that no pixel spoils its neighbours.
        """
        model = Model(self.model, tuple(public_key(key.read_bytes()) for key in self.keys))
        answer = tiled(model.run, _finite(bands), _tile(model, (bands.shape[1], bands.shape[2])))
        used = ModelUsed(model.manifest.name, model.manifest.version, model.sha256)
        return answer, {REPAIRS: model.repairs, MODELS: [used]}

    def _manifest(self) -> Manifest:
        try:
            return read_manifest(self.model.read_bytes())[1]
        except DecodeError as error:
            raise ValueError(f"model: {error}") from None


def _tile(model: Model, image: tuple[int, int]) -> tuple[int, int]:
    """The size of the tiles of an image that a model scores: its own size, or where it has none the whole image.

    A network that halves its image several times gets the next larger size that it can halve.
    """
    rows, columns = (size or side for size, side in zip(model.size, image, strict=True))
    sizes = ((-(-rows // part) * part, -(-columns // part) * part) for part in _PARTS)
    return next((size for size in sizes if model.fits(*size)), (rows, columns))


def tiled(score: Callable[[NDArray[Any]], NDArray[Any]], bands: NDArray[Any], tile: tuple[int, int]) -> NDArray[Any]:
    """The answer of `score` for each pixel of `bands` (band, row, column), scored in tiles of one size.

    The last tiles reach back so that they end where the image does, and an image that is smaller than a tile is
    continued by its outermost pixels. Raises ValueError where `score` gives anything but a number for each pixel.
    """
    (rows, columns), (height, width) = bands.shape[1:], tile
    wide = np.pad(bands, ((0, 0), (0, max(0, height - rows)), (0, max(0, width - columns))), mode="edge")
    answer: NDArray[Any] | None = None
    for row, column in product(_starts(wide.shape[1], height), _starts(wide.shape[2], width)):
        place = np.s_[row : row + height, column : column + width]
        given = score(np.ascontiguousarray(wide[:, *place]))
        if given.shape != tile:
            raise ValueError(f"the model gives {given.shape} for {tile} pixels, expected a number for each")
        answer = np.empty(wide.shape[1:], given.dtype) if answer is None else answer
        answer[place] = given
    assert answer is not None, bands.shape
    return np.ascontiguousarray(answer[:rows, :columns])


def _starts(side: int, tile: int) -> Iterator[int]:
    yield from range(0, side - tile, tile)
    yield side - tile


def _finite(bands: NDArray[Any]) -> NDArray[Any]:
    return bands if bands.dtype.kind != "f" else np.where(np.isfinite(bands), bands, bands.dtype.type(0))
