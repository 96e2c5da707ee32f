"""A mask whose outlines fit a budget."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, components, encode_outlines


class Simplify(Stage, frozen=True):
    """The smallest patches dropped, then the smallest holes filled, until the outlines take `octets_max` at most.

    Sizes of 2, 3, 4, 6, 8, 12 ... pixels are tried in turn. Larger shapes keep their exact borders, so that this costs
    little of what the mask says; only where all else fails is nothing left. Holes without data stay open.
    """

    octets_max: Annotated[int, Meta(ge=1, le=2**31)]

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"mask": mask, "valid": mask}, gives={"mask": mask})

    def run(self, *, mask: Mask, valid: Mask) -> Items:
        simple, smallest_px = within_valid(mask, valid), 2
        while len(encode_outlines(simple)) > self.octets_max:
            simple = within_valid(sieve(simple, smallest_px), valid)
            smallest_px = smallest_px * 3 // 2 if smallest_px & (smallest_px - 1) == 0 else smallest_px // 3 * 4
        return {"mask": simple}


def sieve(mask: Mask, smallest_px: int) -> Mask:
    """A mask of 0 and 1 without patches, and then without holes, of fewer than `smallest_px` pixels."""
    without = mask & ~_small(mask, smallest_px, at_edge=True)
    return without | _small(1 - without, smallest_px, at_edge=False)


def _small(mask: Mask, smallest_px: int, *, at_edge: bool) -> Mask:
    """The patches of fewer than `smallest_px` pixels; those that touch the image's edge only if `at_edge`."""
    found, (rows, cols) = components(mask), mask.shape
    top, left, bottom, right = found.boxes.T
    inside = (top > 0) & (left > 0) & (bottom < rows) & (right < cols)
    is_small = (found.areas < smallest_px) & (inside | at_edge)
    small: Mask = np.concatenate([[False], is_small])[found.labels].view(np.uint8)
    return small
