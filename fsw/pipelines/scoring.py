"""What stages share that have a trained model."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fsw.models import Model
from fsw.pipelines.contract import Array, cube
from fsw.pipelines.stage import Stage
from link.errors import DecodeError
from link.models.bundle import read_manifest
from link.models.keys import public_key
from link.models.manifest import Limits, Manifest


class ModelStage(Stage, frozen=True):
    """A stage with the model in the bundle `model`, signed by one of `keys` (files with public keys).

    The bundle says which bands it wants, and of which type. The model is verified before each frame, and its memory
    checked before and after.
    """

    model: Path
    keys: tuple[Path, ...]

    def taken(self, *answers: str) -> Array:
        """The bands that the model wants. Raises ValueError where it gives no plane of one of these dtypes."""
        manifest = self._manifest()
        given, wanted = manifest.contract.output, manifest.contract.input
        if given.dtype not in answers or len(given.shape) != 2:
            raise ValueError(f"model: gives {given.dtype} {given.shape}, expected {' or '.join(answers)} (row, column)")
        return cube(wanted.dtype, bands=wanted.bands)

    def limits(self) -> Limits:
        """What a worker needs for the model; raises ValueError."""
        return self._manifest().limits

    def scored(self, bands: NDArray[Any]) -> tuple[NDArray[Any], int]:
        """What the model gives, and how often it was repaired. Raises ModelError where it is not fit for use."""
        model = Model(self.model, tuple(public_key(key.read_bytes()) for key in self.keys))
        return model.run(bands), model.repairs

    def _manifest(self) -> Manifest:
        try:
            return read_manifest(self.model.read_bytes())[1]
        except DecodeError as error:
            raise ValueError(f"model: {error}") from None
