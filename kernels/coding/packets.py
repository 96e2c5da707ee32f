"""Space packets in a stream: where each begins and what its header says (csrc/include/skyrack/packets.h)."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import octets_of, pointer, require, whole
from kernels.library import ffi, lib

PACKET = np.dtype(
    [("offset", np.int64), ("size", np.int32), ("identification", np.uint16), ("sequence", np.uint16)], align=True
)
SIZE_MIN: int = lib.SR_PACKET_MIN
SIZE_MAX: int = lib.SR_PACKET_MAX
_APIDS = 2048
_ROOM_MIN, _OCTETS_A_PACKET = 256, 256  # room for the first call: doubled while it does not suffice


def find_packets(
    octets: bytes | bytearray | memoryview,
    *,
    checked: bool = True,
    apids: Collection[int] | None = None,
    size_max: int = SIZE_MAX,
    prefix: int = 0,
) -> NDArray[Any]:
    """PACKET records of all packets, in order: offset and size in octets, the header's first two words.

    A packet counts as one if it has up to `size_max` octets, one of `apids` if given, stands behind `prefix` octets of
    something else and, if `checked`, ends with a good CRC-16; where no packet begins, the next octet is tried. Raises
    ValueError for an APID, size or prefix out of range.
    """
    rules, buffer, at, count = _rules(checked, apids, size_max, prefix), octets_of(octets), 0, 0
    records = np.empty(max(len(buffer) // _OCTETS_A_PACKET, _ROOM_MIN), PACKET)
    position, found = ffi.new("size_t *", at), ffi.new("size_t *")
    while True:
        room = pointer(records[count:], "struct sr_packet[]")
        require(lib.sr_packets_find(buffer, len(buffer), position, rules, room, len(records) - count, found))
        count += found[0]
        if count < len(records):
            return records[:count]
        records = np.concatenate([records, np.empty_like(records)])


def _rules(checked: bool, apids: Collection[int] | None, size_max: int, prefix: int) -> Any:
    size_max, prefix = whole("size_max", size_max, SIZE_MIN, SIZE_MAX), whole("prefix", prefix, 0, 0xFFFFFFFF)
    bits = bytes([0xFF] * (_APIDS // 8)) if apids is None else _bits(apids)
    return ffi.new("struct sr_packets_rules *", (prefix, size_max, bool(checked), True, bits))


def _bits(apids: Collection[int]) -> bytes:
    """A set of APIDs as a bit field: APID 0 is the least significant bit of octet 0."""
    believed = 0
    for apid in apids:
        believed |= 1 << whole("apid", apid, 0, _APIDS - 1)
    return believed.to_bytes(_APIDS // 8, "little")
