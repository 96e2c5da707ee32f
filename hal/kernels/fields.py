"""Fields of many packets as columns, cut by a table (csrc/include/skyrack/fields.h)."""

from typing import Any

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

FIELD = np.dtype(
    [
        ("out", np.int64),  # octet of its first value in the output
        ("stride", np.int64),  # octets between the values of two packets
        ("bit", np.uint32),  # where it begins in a packet
        ("bits", np.uint32),
        ("form", np.uint32),
        ("width", np.uint32),  # octets of a value in the output
    ],
    align=True,
)
assert FIELD.itemsize == ffi.sizeof("struct sr_field")
UNSIGNED: int = lib.SR_FIELD_UNSIGNED
SIGNED: int = lib.SR_FIELD_SIGNED
LITTLE_UNSIGNED: int = lib.SR_FIELD_LITTLE_UNSIGNED
LITTLE_SIGNED: int = lib.SR_FIELD_LITTLE_SIGNED
OCTETS: int = lib.SR_FIELD_OCTETS


def read_fields(
    octets: bytes | bytearray | memoryview, offsets: NDArray[np.int64], fields: NDArray[Any], out: NDArray[np.uint8]
) -> None:
    """Cut the FIELD records `fields` out of the packets that begin at `offsets`, into `out`, contiguous octets.

    Raises ValueError for a field that cannot be or that lies outside a packet's stream or the output, TypeError for
    arrays of another dtype or that are not contiguous.
    """
    for name, array, dtype in (("offsets", offsets, np.int64), ("fields", fields, FIELD), ("out", out, np.uint8)):
        if array.dtype != dtype or array.ndim != 1 or not array.flags.c_contiguous:
            raise TypeError(f"{name}: one contiguous row of {np.dtype(dtype)} expected")
    buffer = ffi.from_buffer("uint8_t[]", octets)
    status = lib.sr_fields_read(
        buffer, len(buffer), ffi.from_buffer("int64_t[]", offsets), len(offsets),
        ffi.from_buffer("struct sr_field[]", fields), len(fields),
        ffi.from_buffer("uint8_t[]", out, require_writable=True), len(out))  # fmt: skip
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a field that cannot be, or one outside the {len(buffer)} octets of the stream or its output")
