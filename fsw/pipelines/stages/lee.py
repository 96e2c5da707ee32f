"""Speckle of radar images smoothed."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import Items, Stage
from hal.kernels.lee import lee7


class Lee(Stage, frozen=True):
    """The Lee filter, 7 x 7, over one `band`, linear or in dB; `noise_variance` in the square of its unit."""

    band: str
    noise_variance: Annotated[float, Meta(ge=1e-12, le=1e12)]

    def contract(self) -> Contract:
        return Contract(takes={"bands": cube("float32", bands=(self.band,))}, gives={"values": plane("float32")})

    def run(self, *, bands: NDArray[np.float32]) -> Items:
        return {"values": lee7(bands[0], noise_variance=self.noise_variance)}
