"""A mask without what clouds may hide."""

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from hal.kernels.image import Mask


class Cloudless(Stage, frozen=True):
    """The mask where there are no clouds: nothing is claimed of what could not be seen."""

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"mask": mask, "clouds": mask}, gives={"mask": mask})

    def run(self, *, mask: Mask, clouds: Mask) -> Items:
        return {"mask": mask * (clouds == 0)}
