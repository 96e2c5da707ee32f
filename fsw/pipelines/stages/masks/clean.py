"""A mask without speckle."""

from typing import Annotated

from msgspec import Meta

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, clean_mask


class Clean(Stage, frozen=True):
    """Majority of 3 x 3; then patches of fewer than `smallest_px` pixels are dropped, and such holes filled.

    Where there is no data, the mask is 0, before the majority and after the last step.
    """

    smallest_px: Annotated[int, Meta(ge=1, le=2**32 - 1)]

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"mask": mask, "valid": mask}, gives={"mask": mask})

    def run(self, *, mask: Mask, valid: Mask) -> Items:
        return {"mask": within_valid(clean_mask(within_valid(mask, valid), smallest_px=self.smallest_px), valid)}
