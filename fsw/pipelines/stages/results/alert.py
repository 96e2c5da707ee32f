"""An alert by area."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from fsw.pipelines.contract import ABOUT, FILES, Contract, plane
from fsw.pipelines.stage import About, File, Items, Priority, Stage
from fsw.pipelines.valid import share_of, within_valid
from kernels.imaging.image import Mask
from link.products.alert import Alert


class AreaAlert(Stage, frozen=True):
    """Says whether the mask covers more than `share_min` of the valid pixels: some twenty octets, ahead of all else.

    The share of valid pixels goes with it; where no pixel is valid, there is no alert.
    """

    share_min: Annotated[float, Meta(ge=0, le=1)]
    priority: Priority = 100

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"about": ABOUT, "mask": mask, "valid": mask}, gives={"files": FILES})

    def run(self, *, about: About, mask: Mask, valid: Mask) -> Items:
        pixels = int(np.count_nonzero(valid))
        share = int(within_valid(mask, valid).sum()) / pixels if pixels else 0.0
        alert = Alert(
            id=about.product_id, target=about.target, share=share, share_min=self.share_min, seen=share_of(valid)
        )
        return {"files": [File(".alert", alert.encode(), self.priority)]}
