"""The borders of a mask as polygons."""

from fsw.pipelines.contract import OCTETS, Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, encode_outlines


class Outlines(Stage, frozen=True):
    """The exact borders of a mask as chain codes: polygons with holes, in a few octets a corner."""

    def contract(self) -> Contract:
        return Contract(takes={"mask": plane("uint8"), "valid": plane("uint8")}, gives={"outlines": OCTETS})

    def run(self, *, mask: Mask, valid: Mask) -> Items:
        return {"outlines": encode_outlines(within_valid(mask, valid))}
