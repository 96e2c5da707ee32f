"""What the ground writes for each product that arrives, beside the file itself."""

import json
from pathlib import Path

from link.product import Product


def write_products(octets: bytes, folder: Path, stem: str) -> list[Path]:
    """Read a product file and write STEM.geojson and STEM.png into `folder`; returns what was written.

    Raises DecodeError or CorruptError when `octets` are no product; the caller keeps them as received. For a map in a
    reference system that is not known here DecodeError as well, after the picture is written.
    """
    from ground.products.geojson import feature_collection
    from ground.products.overlay import overlay_png

    product = Product.decode(octets)
    map_file, picture_file = folder / f"{stem}.geojson", folder / f"{stem}.png"
    picture_file.write_bytes(overlay_png(product))
    map_file.write_text(json.dumps(feature_collection(product), separators=(",", ":")), encoding="utf-8")
    return [map_file, picture_file]
