"""Water: index -> threshold -> clean-up -> outlines and runs, as a product of a few hundred octets.

MNDWI = (green - swir1) / (green + swir1) (Xu 2006), the kernels of csrc/include/skyrack/image.h. Where nothing is left
after the clean-up, the product says so in a few octets.
"""

from typing import Any

import msgspec
from numpy.typing import NDArray

from hal.camera import Georeference
from hal.kernels.image import Mask, clean_mask, encode_outlines, encode_runs, water_mask
from link.product import Product, Water


class WaterParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a job has to say beside the samples (band, row, column), whose `bands` are named in order."""

    product_id: int
    target: str
    bands: tuple[str, ...]
    threshold: float
    smallest_px: int
    epsg: int
    easting_m: float
    northing_m: float
    pixel_m: float


def run(samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:
    """The product of `samples`, encoded. Raises ValueError for parameters or bands that do not fit."""
    said = msgspec.convert(parameters, WaterParameters)
    green, swir1 = (samples[said.bands.index(name)] for name in ("green", "swir1"))
    mask = clean_mask(water_mask(green, swir1, threshold=said.threshold), smallest_px=said.smallest_px)
    water = _water(mask, said) if mask.any() else None
    return Product(id=said.product_id, target=said.target, water=water).encode()


def _water(mask: Mask, said: WaterParameters) -> Water:
    return Water(
        georeference=Georeference(
            epsg=said.epsg, easting_m=said.easting_m, northing_m=said.northing_m, pixel_m=said.pixel_m
        ),
        shape=(mask.shape[0], mask.shape[1]),
        threshold=said.threshold,
        outlines=encode_outlines(mask),
        runs=encode_runs(mask),
    )
