"""What each pixel shows, by a trained network."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane, scalar
from fsw.pipelines.scoring import ModelStage
from fsw.pipelines.stage import Items
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask


class Classes(ModelStage, frozen=True):
    """1 where the model in the bundle `model`, signed by one of `keys`, finds class `wanted`; and all the `classes`.

    The model must end with an argmax. As there is no `threshold`, the item is NaN.
    """

    wanted: Annotated[int, Meta(ge=0, le=255)]

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": self.input_item("uint8"), "valid": plane("uint8")},
            gives={"classes": plane("uint8"), "mask": plane("uint8"), "threshold": scalar("float32")},
            limits=self.limits(),
        )

    def run(self, *, bands: NDArray[Any], valid: Mask) -> Items:
        classes, about = self.scored(bands)
        mask = within_valid((classes == self.wanted).view(np.uint8), valid)
        return {"classes": classes, "mask": mask, "threshold": np.array(np.nan, np.float32), **about}
