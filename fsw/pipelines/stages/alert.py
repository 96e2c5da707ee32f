"""An alert by area."""

from typing import Annotated

from msgspec import Meta

from fsw.pipelines.contract import ABOUT, FILES, Contract, plane
from fsw.pipelines.stage import About, File, Items, Priority, Stage
from hal.kernels.image import Mask
from link.alert import Alert


class AreaAlert(Stage, frozen=True):
    """Says whether the mask covers more than `share_min` of the valid pixels: some twenty octets, ahead of all else."""

    share_min: Annotated[float, Meta(ge=0, le=1)]
    priority: Priority = 100

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"about": ABOUT, "mask": mask, "valid": mask}, gives={"files": FILES})

    def run(self, *, about: About, mask: Mask, valid: Mask) -> Items:
        pixels = int(valid.sum())
        share = int((mask & valid).sum()) / pixels if pixels else 0.0
        alert = Alert(id=about.product_id, target=about.target, share=share, share_min=self.share_min)
        return {"files": [File(".alert", alert.encode(), self.priority)]}
