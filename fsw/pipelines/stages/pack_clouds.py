"""The mask of clouds as a file for the ground."""

from fsw.pipelines.contract import ABOUT, FILES, Contract, plane
from fsw.pipelines.stage import About, File, Items, Priority, Stage
from hal.kernels.image import Mask, encode_runs
from link.screening import CloudMask


class PackClouds(Stage, frozen=True):
    """The whole mask of clouds as runs, ahead of the tiles: a few octets tell the ground what it need not wait for."""

    priority: Priority = 100

    def contract(self) -> Contract:
        return Contract(takes={"about": ABOUT, "clouds": plane("uint8")}, gives={"files": FILES})

    def run(self, *, about: About, clouds: Mask) -> Items:
        shape = (clouds.shape[0], clouds.shape[1])
        mask = CloudMask(id=about.product_id, target=about.target, shape=shape, runs=encode_runs(clouds))
        return {"files": [File(".clouds", mask.encode(), self.priority)]}
