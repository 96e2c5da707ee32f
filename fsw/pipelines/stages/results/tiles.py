"""The image itself in tiles, those with fewer clouds first."""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import ABOUT, FILES, Contract, cube, plane
from fsw.pipelines.stage import About, File, Items, Stage
from fsw.pipelines.valid import blanked, within_valid
from kernels.imaging.image import Mask, encode_runs
from link.products.screening import Tile

_PRIORITY_MAX = 99  # of a tile without clouds


class Tiles(Stage, frozen=True):
    """Tiles of about `tile_px` pixels a side, losslessly: the clearest first, those with more clouds than a share not.

    `cloud_share_max` is that share, of the valid pixels; a tile without any is not sent, and for the order, what is not
    valid counts as cloud does. A tile is a file of its own: what a pass has no time for is dropped tile by tile.
    """

    tile_px: Annotated[int, Meta(ge=8, le=1024)]
    cloud_share_max: Annotated[float, Meta(ge=0, le=1)] = 0.7

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(
            takes={"about": ABOUT, "bands": cube("uint8", "uint16"), "clouds": mask, "valid": mask},
            gives={"files": FILES},
        )

    def run(self, *, about: About, bands: NDArray[Any], clouds: Mask, valid: Mask) -> Items:
        files = []
        for rows, columns in product(*(spans(side, self.tile_px) for side in clouds.shape)):
            known = valid[rows, columns]
            seen, clouded = (
                int(mask.sum()) for mask in (within_valid(known, known), within_valid(clouds[rows, columns], known))
            )
            if seen and clouded <= self.cloud_share_max * seen:
                tile = Tile(
                    id=about.product_id,
                    target=about.target,
                    row=rows.start,
                    column=columns.start,
                    samples=np.ascontiguousarray(blanked(bands[:, rows, columns], known)),
                    valid_runs=b"" if seen == known.size else encode_runs(np.ascontiguousarray(known)),
                )
                suffix = f"-r{rows.start}c{columns.start}.tile"
                files.append(File(suffix, tile.encode(), round(_PRIORITY_MAX * (seen - clouded) / known.size)))
        return {"files": files}


def spans(side: int, tile_px: int) -> Iterator[slice]:
    """A side cut into equal parts of about `tile_px`, none empty."""
    parts = max(1, round(side / tile_px))
    return (slice(start, end) for start, end in pairwise(side * part // parts for part in range(parts + 1)))
