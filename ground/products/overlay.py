"""A picture of a product: water in blue with its shoreline, over a background or on a plain sheet."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from ground.products.geojson import shoreline
from kernels.imaging.image import decode_outlines, rasterise
from link.products.product import Product

SCALE = 2  # side of a scene pixel, in pixels of the picture
LAND, WATER, SHORE = (232, 226, 208), (38, 110, 190), (250, 210, 30)
WATER_WEIGHT = 0.45  # of the water's colour over a background


def overlay_png(product: Product, background: NDArray[np.uint8] | None = None) -> bytes:
    """A PNG; `background` (rows, columns, 3), if given, has the shape of the product's image.

    A product without water shows the background alone, or one pixel of land. Raises CorruptError.
    """
    if product.water is None:
        sheet = np.full((1, 1, 3), LAND, np.uint8) if background is None else background
        return _png(_enlarged(sheet))
    shape = product.water.shape
    polygons = decode_outlines(product.water.outlines, shape)
    sheet = np.full((*shape, 3), LAND, np.uint8) if background is None else background
    picture = _enlarged(_tinted(sheet, rasterise(polygons, shape), 1.0 if background is None else WATER_WEIGHT))
    pen = ImageDraw.Draw(picture)
    for line in shoreline([ring for polygon in polygons for ring in polygon], shape):
        pen.line([tuple(corner) for corner in (line * SCALE).tolist()], fill=SHORE, width=1)
    return _png(picture)


def false_colour(
    near_infrared: NDArray[np.generic],
    red: NDArray[np.generic],
    green: NDArray[np.generic],
    valid: NDArray[np.generic] | None = None,
) -> NDArray[np.uint8]:
    """Bands (rows, columns) as a picture (rows, columns, 3), each stretched between its 2nd and 98th percentiles.

    Pixels that are not `valid` (0) or not finite do not count for these and are black.
    """
    shown = np.ones(green.shape, bool) if valid is None else valid != 0
    return np.stack([_stretched(np.asarray(band, np.float64), shown) for band in (near_infrared, red, green)], axis=2)


def _stretched(band: NDArray[np.float64], shown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    shown = shown & np.isfinite(band)
    if not shown.any():
        return np.zeros(band.shape, np.uint8)
    low, high = np.percentile(band[shown], (2, 98))
    stretched: NDArray[np.uint8] = np.zeros(band.shape, np.uint8)
    stretched[shown] = 255 * np.clip((band[shown] - low) / (high - low or 1.0), 0, 1)
    return stretched


def _tinted(sheet: NDArray[np.uint8], mask: NDArray[np.uint8], weight: float) -> NDArray[np.uint8]:
    amount = weight * (mask[..., None] != 0)
    tinted: NDArray[np.uint8] = (sheet * (1 - amount) + np.array(WATER) * amount).astype(np.uint8)
    return tinted


def _enlarged(picture: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    origin = PngInfo()
    origin.add_text("Software", "Skyrack")
    picture.save(out, "PNG", compress_level=3, pnginfo=origin)  # optimised: 3 % less, thirty times as long
    return out.getvalue()
