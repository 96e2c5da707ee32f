"""Where it is cloudy, by a trained model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.scoring import ModelStage
from fsw.pipelines.stage import Items
from fsw.pipelines.valid import blanked
from kernels.imaging.image import Mask


class Clouds(ModelStage, frozen=True):
    """The probability of cloud, by the model in the bundle `model`, signed by one of `keys` (files with public keys).

    The model may be any that gives a number for each pixel. The probability is NaN where there is no data.
    """

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": self.input_item("float32", "float64"), "valid": plane("uint8")},
            gives={"probability": plane("float32")},
            limits=self.limits(),
        )

    def run(self, *, bands: NDArray[Any], valid: Mask) -> Items:
        probability, about = self.scored(bands)
        return {"probability": blanked(probability.astype(np.float32), valid), **about}
