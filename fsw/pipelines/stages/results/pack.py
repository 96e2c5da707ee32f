"""Water as a product for the ground."""

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import ABOUT, FILES, OCTETS, Contract, ItemKind, plane, scalar
from fsw.pipelines.stage import About, File, Items, Priority, Stage
from fsw.pipelines.valid import share_of, within_valid
from kernels.imaging.image import Mask
from link.products.product import Product, WaterProduct


class Pack(Stage, frozen=True):
    """A product of outlines and, unless `runs` is false, runs; a few octets where the mask is empty.

    The share of the pixels that are data goes with it, where that is not all.
    """

    runs: bool = True
    priority: Priority = 0

    def contract(self) -> Contract:
        takes: dict[str, ItemKind] = {
            "about": ABOUT, "mask": plane("uint8"), "valid": plane("uint8"), "threshold": scalar("float32"),
            "outlines": OCTETS,
        }  # fmt: skip
        return Contract(takes=takes | ({"runs": OCTETS} if self.runs else {}), gives={"files": FILES})

    def run(
        self,
        *,
        about: About,
        mask: Mask,
        valid: Mask,
        threshold: NDArray[np.float32],
        outlines: bytes,
        runs: bytes = b"",
    ) -> Items:
        water = WaterProduct(
            georeference=about.georeference,
            shape=(mask.shape[0], mask.shape[1]),
            threshold=float(threshold),
            outlines=outlines,
            runs=runs,
        )
        found = water if within_valid(mask, valid).any() else None
        product = Product(id=about.product_id, target=about.target, water=found, seen=share_of(valid))
        return {"files": [File(".product", product.encode(), self.priority)]}
