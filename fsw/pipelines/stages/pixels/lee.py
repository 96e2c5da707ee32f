"""Speckle of radar images smoothed."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import blanked
from kernels.imaging.image import Mask
from kernels.imaging.lee import lee7


class Lee(Stage, frozen=True):
    """The Lee filter, 7 x 7, over one `band`, linear or in dB; `noise_variance` in the square of its unit.

    Pixels without data have no part in any window, and come out as NaN.
    """

    band: str
    noise_variance: Annotated[float, Meta(ge=1e-12, le=1e12)]

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": cube("float32", bands=(self.band,)), "valid": plane("uint8")},
            gives={"values": plane("float32")},
        )

    def run(self, *, bands: NDArray[np.float32], valid: Mask) -> Items:
        return {"values": lee7(blanked(bands[0], valid), noise_variance=self.noise_variance)}
