"""A mask without speckle."""

from typing import Annotated

from msgspec import Meta

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from hal.kernels.image import Mask, clean_mask


class Clean(Stage, frozen=True):
    """Majority of 3 x 3; then patches of fewer than `smallest_px` pixels are dropped, and such holes filled."""

    smallest_px: Annotated[int, Meta(ge=1, le=2**32 - 1)]

    def contract(self) -> Contract:
        return Contract(takes={"mask": plane("uint8")}, gives={"mask": plane("uint8")})

    def run(self, *, mask: Mask) -> Items:
        return {"mask": clean_mask(mask, smallest_px=self.smallest_px)}
