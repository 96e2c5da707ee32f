"""A mask without what clouds may hide."""

import numpy as np

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask


class Cloudless(Stage, frozen=True):
    """The mask where there are no clouds; what is below clouds was not seen, and is no data for later stages."""

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"mask": mask, "clouds": mask, "valid": mask}, gives={"mask": mask, "valid": mask})

    def run(self, *, mask: Mask, clouds: Mask, valid: Mask) -> Items:
        clear = within_valid(valid, (clouds == 0).view(np.uint8))
        return {"mask": within_valid(mask, clear), "valid": clear}
