"""A product as a file: a few octets when no water was found, else outlines and a mask.

version 4 | kind 4 | id 32 | target (length 8, UTF-8), and for water only:
EPSG 32 | easting f64 | northing f64 | pixel f64 | rows 16 | columns 16 | threshold f32 |
outlines (length 32, octets) | runs (to the end)

Where not all pixels were data the version is 2, and the share of those that were (f32) follows the target.

Outlines and runs have the formats of kernels/imaging/image.py and are opaque here. Construct is the definition;
`decode` makes the checks that it cannot (an empty tail, text that is not UTF-8).
"""

from dataclasses import dataclass
from typing import Self

import construct as cs
from construct import ConstructError

from kernels.imaging.georeference import Georeference
from link.errors import DecodeError

VERSION, PARTLY_SEEN = 1, 2
NOTHING_FOUND, WATER_FOUND = 0, 1

_WATER = cs.Struct(
    "epsg" / cs.Int32ub,
    "easting_m" / cs.Float64b,
    "northing_m" / cs.Float64b,
    "pixel_m" / cs.Float64b,
    "rows" / cs.Int16ub,
    "columns" / cs.Int16ub,
    "threshold" / cs.Float32b,
    "outlines" / cs.Prefixed(cs.Int32ub, cs.GreedyBytes),
    "runs" / cs.GreedyBytes,
)
_WIRE = cs.Struct(
    "head" / cs.BitStruct("version" / cs.BitsInteger(4), "kind" / cs.BitsInteger(4)),
    "id" / cs.Int32ub,
    "target" / cs.PascalString(cs.Int8ub, "utf8"),
    "seen" / cs.If(cs.this.head.version == PARTLY_SEEN, cs.Float32b),
    "water" / cs.Switch(cs.this.head.kind, {NOTHING_FOUND: cs.Pass, WATER_FOUND: _WATER}, default=cs.Error),
    cs.Terminated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterProduct:
    """Water found in an image of `shape` (rows, columns) placed by `georeference`."""

    georeference: Georeference
    shape: tuple[int, int]
    threshold: float
    outlines: bytes
    runs: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The result for one image. `id` counts up on the node; `water` is None when no water was found.

    `seen`: the share of the pixels that were data, 0..1 as binary32; the others are not classified.
    """

    id: int
    target: str
    water: WaterProduct | None
    seen: float = 1.0

    def encode(self) -> bytes:
        """The file's octets."""
        kind = NOTHING_FOUND if self.water is None else WATER_FOUND
        version = VERSION if cs.Float32b.build(self.seen) == cs.Float32b.build(1) else PARTLY_SEEN
        octets: bytes = _WIRE.build(
            {
                "head": {"version": version, "kind": kind},
                "id": self.id,
                "target": self.target,
                "seen": self.seen,
                "water": self.water and _water_fields(self.water),
            }
        )
        return octets

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole file; raises DecodeError."""
        try:
            fields = _WIRE.parse(octets)
        except (ConstructError, UnicodeDecodeError) as error:
            raise DecodeError(f"not a product: {error}") from error
        if fields.head.version not in (VERSION, PARTLY_SEEN):
            raise DecodeError(f"product version {fields.head.version}, expected {VERSION} or {PARTLY_SEEN}")
        seen = 1.0 if fields.seen is None else fields.seen
        if fields.seen is not None and not 0 <= seen < 1:
            raise DecodeError(f"seen {seen}, expected 0..1, below 1 in version {PARTLY_SEEN}")
        return cls(id=fields.id, target=fields.target, water=fields.water and _water(fields.water), seen=seen)


def _water_fields(water: WaterProduct) -> dict[str, object]:
    place = water.georeference
    return {
        "epsg": place.epsg,
        "easting_m": place.easting_m,
        "northing_m": place.northing_m,
        "pixel_m": place.pixel_m,
        "rows": water.shape[0],
        "columns": water.shape[1],
        "threshold": water.threshold,
        "outlines": water.outlines,
        "runs": water.runs,
    }


def _water(fields: cs.Container[object]) -> WaterProduct:
    place = Georeference(
        epsg=fields.epsg, easting_m=fields.easting_m, northing_m=fields.northing_m, pixel_m=fields.pixel_m
    )
    return WaterProduct(
        georeference=place,
        shape=(fields.rows, fields.columns),
        threshold=fields.threshold,
        outlines=fields.outlines,
        runs=fields.runs,
    )
