"""Where it is cloudy, by a trained model."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.models import Model
from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import REPAIRS, Items, Stage
from link.errors import DecodeError
from link.models.bundle import read_manifest
from link.models.keys import public_key


class Clouds(Stage, frozen=True):
    """The probability of cloud, by the model in the bundle `model`, signed by one of `keys` (files with public keys).

    The bundle says which bands it wants, and of which type. The model is verified before each frame, and its memory
    checked before and after.
    """

    model: Path
    keys: tuple[Path, ...]

    def contract(self) -> Contract:
        try:
            _, manifest = read_manifest(self.model.read_bytes())
        except DecodeError as error:
            raise ValueError(f"model: {error}") from None
        wanted = manifest.contract.input
        return Contract(
            takes={"bands": cube(wanted.dtype, bands=wanted.bands)}, gives={"probability": plane("float32")}
        )

    def run(self, *, bands: NDArray[Any]) -> Items:
        model = Model(self.model, tuple(public_key(key.read_bytes()) for key in self.keys))
        return {"probability": model.run(bands).astype(np.float32), REPAIRS: model.repairs}
