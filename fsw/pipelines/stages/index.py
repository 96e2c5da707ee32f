"""The normalised difference of two bands."""

from typing import Any

from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import Items, Stage
from hal.kernels.image import normalised_difference


class Index(Stage, frozen=True):
    """(a - b) / (a + b) of the bands `a` and `b`, NaN where both are 0: nir and red give the NDVI."""

    a: str
    b: str

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": cube("uint8", "uint16", bands=(self.a, self.b))}, gives={"values": plane("float32")}
        )

    def run(self, *, bands: NDArray[Any]) -> Items:
        return {"values": normalised_difference(*bands)}
