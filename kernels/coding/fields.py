"""Fields of many packets as columns, cut by a table (csrc/include/skyrack/fields.h)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, octets_of, pointer
from kernels.library import lib

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
UNSIGNED: int = lib.SR_FIELD_UNSIGNED
SIGNED: int = lib.SR_FIELD_SIGNED
LITTLE_UNSIGNED: int = lib.SR_FIELD_LITTLE_UNSIGNED
LITTLE_SIGNED: int = lib.SR_FIELD_LITTLE_SIGNED
OCTETS: int = lib.SR_FIELD_OCTETS


def read_fields(
    octets: bytes | bytearray | memoryview, offsets: NDArray[np.int64], fields: NDArray[Any], out: NDArray[np.uint8]
) -> None:
    """Cut the fields described by the FIELD records `fields` out of the packets that begin at `offsets` into `out`.

    Raises ValueError for a field with an impossible geometry or one that lies outside the stream or the output,
    TypeError for arrays of another dtype or that are not contiguous.
    """
    check("offsets", offsets, np.int64, 1)
    check("fields", fields, FIELD, 1)
    check("out", out, np.uint8, 1, writable=True)
    buffer, table = octets_of(octets), pointer(fields, "struct sr_field[]")
    status = lib.sr_fields_read(
        buffer, len(buffer), pointer(offsets), len(offsets), table, len(fields), pointer(out), len(out)
    )
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a field that cannot be read, or lies outside the {len(buffer)} octets or the output")
