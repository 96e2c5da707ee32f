"""The patches of a mask, counted and measured."""

from fsw.pipelines.contract import ArrayItem, Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, components


class Components(Stage, frozen=True):
    """Patches that hang together by an edge, numbered from 1: `labels`, their `areas` in pixels, their `boxes`.

    A box is first row, first column, last row + 1, last column + 1.
    """

    def contract(self) -> Contract:
        return Contract(
            takes={"mask": plane("uint8"), "valid": plane("uint8")},
            gives={
                "labels": plane("int32"),
                "areas": ArrayItem(("int32",), ("component",)),
                "boxes": ArrayItem(("int32",), ("component", 4)),
            },
        )

    def run(self, *, mask: Mask, valid: Mask) -> Items:
        return components(within_valid(mask, valid))._asdict()
