"""The mask of clouds as a file for the ground."""

from fsw.pipelines.contract import ABOUT, FILES, Contract, plane
from fsw.pipelines.stage import About, File, Items, Priority, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, encode_runs
from link.products.screening import CloudMaskProduct


class PackClouds(Stage, frozen=True):
    """The whole mask of clouds as runs, sent before the tiles: a few octets show the ground which tiles not to expect.

    Where not all pixels are data, the mask of those that are goes with it.
    """

    priority: Priority = 100

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"about": ABOUT, "clouds": mask, "valid": mask}, gives={"files": FILES})

    def run(self, *, about: About, clouds: Mask, valid: Mask) -> Items:
        mask = CloudMaskProduct(
            id=about.product_id,
            target=about.target,
            shape=(clouds.shape[0], clouds.shape[1]),
            runs=encode_runs(within_valid(clouds, valid)),
            valid_runs=b"" if valid.all() else encode_runs(valid),
        )
        return {"files": [File(".clouds", mask.encode(), self.priority)]}
