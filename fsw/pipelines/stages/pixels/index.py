"""The normalised difference of two bands."""

from typing import Any

from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import blanked
from kernels.imaging.image import Mask, normalised_difference


class Index(Stage, frozen=True):
    """(a - b) / (a + b) of the bands `a` and `b`: nir and red give the NDVI.

    NaN where both are 0, or there is no data.
    """

    a: str
    b: str

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": cube("uint8", "uint16", "float32", bands=(self.a, self.b)), "valid": plane("uint8")},
            gives={"values": plane("float32")},
        )

    def run(self, *, bands: NDArray[Any], valid: Mask) -> Items:
        return {"values": blanked(normalised_difference(*bands), valid)}
