"""A mask as runs."""

from fsw.pipelines.contract import OCTETS, Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, encode_runs


class Runs(Stage, frozen=True):
    """The lengths of a mask's runs: the whole mask, losslessly."""

    def contract(self) -> Contract:
        return Contract(takes={"mask": plane("uint8"), "valid": plane("uint8")}, gives={"runs": OCTETS})

    def run(self, *, mask: Mask, valid: Mask) -> Items:
        return {"runs": encode_runs(within_valid(mask, valid))}
