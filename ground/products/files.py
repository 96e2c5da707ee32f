"""The files that the ground makes of a product, and how they are distinguished from received files."""

import json
from collections.abc import Iterator
from pathlib import Path

from link.products.product import Product

MAP, PICTURE = ".geojson", ".png"
_OURS = {MAP: b'{"made_by":"Skyrack",', PICTURE: b"Software\0Skyrack"}
_LOOK_OCTETS = 4096


def make_files(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """The endings and contents of the files made of a product: its picture, then its map.

    Raises DecodeError or CorruptError when `octets` are not a product. For a map in a reference system that is unknown
    here DecodeError as well, after the picture.
    """
    from ground.products.geojson import feature_collection
    from ground.products.overlay import overlay_png

    product = Product.decode(octets)
    yield PICTURE, overlay_png(product)
    yield MAP, json.dumps({"made_by": "Skyrack"} | feature_collection(product), separators=(",", ":")).encode()


def is_ours(file: Path) -> bool:
    """Whether the content of a file marks it as made here, not received."""
    with file.open("rb") as opened:
        return _OURS[file.suffix] in opened.read(_LOOK_OCTETS)
