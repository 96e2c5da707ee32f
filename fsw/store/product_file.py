"""A product as one file that describes itself: record | content | the same record again.

The record (fsw/store/storage.py) holds the JSON of a `StoredProduct`. Either of the two is enough to find the content,
so that no single flipped bit outside the content makes the file unreadable.
"""

from typing import NamedTuple

import msgspec

from fsw.store.storage import MARKER, record, text_at
from hal.board import Evidence
from kernels.coding.crc import crc32c

ID_MAX = 2**31 - 1
"""The greatest number that a file may give a product; telemetry has room for twice as many, for later products."""


class DamagedProductError(Exception):
    """The file holds no product that can be trusted; the text says what is wrong with it."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The origin of an answer: what was captured when, and what computing it took. Times in nanoseconds, UTC.

    `models`: name, version and SHA-256 of the bundle of each model that it was computed with.
    """

    target: str
    raw_octets: int
    input_sha256: str
    capture_utc_ns: int
    compute_start_utc_ns: int
    compute_end_utc_ns: int
    joules: float
    joules_source: Evidence
    models: tuple[str, ...] = ()


class StoredProduct(msgspec.Struct, frozen=True, kw_only=True, tag="stored"):
    """A product's description in its file; `boot` is the node's start in which it was made."""

    id: int
    name: str
    octets: int
    crc32c: int
    provenance: Provenance
    priority: int = 0
    boot: int = 0


class ProductFile(NamedTuple):
    """A file that was read; `is_sound` where neither record is damaged."""

    product: StoredProduct
    content: bytes
    is_sound: bool


def encode_file(product: StoredProduct, content: bytes) -> bytes:
    """The octets of the file."""
    description = record(msgspec.json.encode(product).decode())
    return description + content + description


def decode_file(octets: bytes) -> ProductFile:
    """Read a whole file, and check its content. Raises DamagedProductError."""
    back_at = octets.rfind(MARKER)
    front, back = text_at(octets, 0), text_at(octets, back_at)
    text = back if front is None else front
    if text is None:
        raise DamagedProductError("neither of its two records can be read")
    product = _product(text)
    start = back_at - product.octets if front is None else len(record(front))
    content = octets[max(0, start) : start + product.octets]
    if not is_content(product, content):
        raise DamagedProductError("its content is not what was written")
    return ProductFile(product, content, octets == encode_file(product, content))


def is_content(product: StoredProduct, content: bytes) -> bool:
    """Whether `content` has the size and hash that were stored."""
    return len(content) == product.octets and crc32c(content) == product.crc32c


def _product(text: str) -> StoredProduct:
    try:
        return msgspec.json.decode(text, type=StoredProduct)
    except (msgspec.DecodeError, RecursionError):
        raise DamagedProductError("another version of this software wrote it") from None
