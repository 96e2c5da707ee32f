"""Header fields of many frames of one length: TM (CCSDS 132.0-B-3 §4.1), AOS (732.0-B-4 §4.1), USLP (732.1-B-2 §4.1).

The frames are rows of one array; the records have what `TmFrame`, `AosFrame` and `UslpFrame` give for a single frame.
These headers are read twice in the project, here and in link/frames: as columns many frames cost little each, and an
array of one row costs more than an object, so neither can serve as the other. The properties in
tests/ground/recordings/frames/test_framing.py hold every field of both equal, of damaged frames too.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc16_batch, crc16_ranges
from link.channels.uslp import IDLE_CHANNEL as USLP_IDLE_CHANNEL
from link.fecf import FECF_SIZE
from link.frames import aos as aos_frame
from link.frames import tm as tm_frame
from link.frames import uslp as uslp_frame
from link.frames.uslp import Rule
from link.managed import Managed

FrameKind = Literal["tm", "aos", "uslp"]
Rows = NDArray[np.uint8]
NO_PACKET_BEGINS = -1
NO_OCF = -1
CONTENT = np.dtype(
    [
        ("good", np.bool_),
        ("spacecraft_id", np.int32),
        ("vc", np.int32),
        ("count", np.int64),
        ("modulus", np.int64),
        ("holds_packets", np.bool_),
        ("start", np.int32),
        ("end", np.int32),
        ("first_header", np.int32),
        ("map_id", np.int32),
        ("bypass", np.bool_),
        ("number", np.int32),
        ("mark", np.uint32),
        ("ocf", np.int64),
    ],
    align=True,
)
"""Record of one frame: its `number` among the rows, and its `mark`, derived from its octets (link.packets.arrivals).
Unless it is `good`, the other fields are undefined. `count` runs modulo `modulus`, which is 1 for a frame that is not
counted; `bypass` frames are counted separately. If it `holds_packets`, they are in octets `start` to `end` and belong
to the access point `map_id`; the first one begins at octet `first_header` of these, or it is NO_PACKET_BEGINS. `ocf`:
the operational control field, or NO_OCF.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What must be known beforehand of frames: their kind, whole length, parts and, with `coding`, their coded units.

    A TM frame has a flag for its OCF. Frames that are not coded follow one another, each behind `prefix_octets` and
    before `suffix_octets` of something else, such as a time or the parity of a code. Raises ValueError for a length
    that is too short for a frame.

    `bitstreams` are the virtual channels of AOS that hold B_PDUs (bitstreams), not packets.
    """

    kind: FrameKind
    octets: int
    fecf: bool = True
    ocf: bool = False
    insert_octets: int = 0
    coding: Managed | None = None
    prefix_octets: int = 0
    suffix_octets: int = 0
    bitstreams: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        least = self.start + 1 + self.trailer_octets
        if not least <= self.octets <= 65536:
            raise ValueError(f"frames of {self.octets} octets, expected {least}..65536")
        if self.coding and self.coding.tm_frame_octets != self.octets:
            raise ValueError(f"frames of {self.octets} octets in units of {self.coding.tm_frame_octets}")

    @property
    def record_octets(self) -> int:
        """Octets from one frame that is not coded to the next."""
        return self.prefix_octets + self.octets + self.suffix_octets

    @property
    def start(self) -> int:
        """Offset of the packets in a frame without optional headers."""
        headers = {
            "tm": tm_frame.TM_HEADER_SIZE,
            "aos": aos_frame.AOS_HEADER_SIZE + aos_frame.M_PDU_HEADER_SIZE,
            "uslp": uslp_frame.USLP_HEADER_SIZE + 1,
        }
        return headers[self.kind] + self.insert_octets

    @property
    def trailer_octets(self) -> int:
        """Octets that every frame has behind its packets."""
        return FECF_SIZE * self.fecf + aos_frame.OCF_SIZE * self.ocf


def contents_of(frames: Rows, framing: Framing) -> NDArray[Any]:
    """CONTENT records of frames (count, framing.octets)."""
    contents = np.zeros(len(frames), CONTENT)
    _READERS[framing.kind](frames, framing, contents)
    contents["number"] = np.arange(len(frames))
    contents["mark"] = _marks(frames, framing)
    return contents


def _ocfs(frames: Rows, ends: NDArray[Any], is_there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """OCFs, the four octets at `ends`, for the frames that have one; NO_OCF for others."""
    word = np.zeros(len(frames), np.int64)
    if is_there.any():
        for number in range(aos_frame.OCF_SIZE):
            word = word << 8 | _octets_at(frames, ends + number)
    return np.where(is_there, word, NO_OCF)


def _marks(frames: Rows, framing: Framing) -> NDArray[np.uint32]:
    """Marks of frames: the last four octets; without a FECF, the last two and a CRC-16 of the rest."""
    last = frames[:, -4:].astype(np.uint32)
    high = (
        last[:, 0] << 8 | last[:, 1]
        if framing.fecf and framing.kind != "uslp"
        else crc16_batch(frames[:, :-2]).astype(np.uint32)
    )
    return np.asarray(high << 16 | last[:, 2] << 8 | last[:, 3])


def _read_tm(frames: Rows, framing: Framing, contents: NDArray[Any]) -> None:
    head = frames[:, : tm_frame.TM_HEADER_SIZE + 1].astype(np.int64)
    identification, status, secondary = head[:, 0] << 8 | head[:, 1], head[:, 4] << 8 | head[:, 5], head[:, 6]
    has_secondary, unsynchronised, pointer = status & 0x8000 > 0, status & 0x4000 > 0, status & 0x7FF
    contents["start"] = tm_frame.TM_HEADER_SIZE + (1 + secondary) * has_secondary
    contents["end"] = framing.octets - FECF_SIZE * framing.fecf - tm_frame.OCF_SIZE * (identification & 1)
    secondary_is_right = (secondary > 0) & (secondary <= tm_frame.SECONDARY_OCTETS_MAX)
    contents["good"] = _has_fecf(frames, framing) & (identification >> 14 == 0) & (contents["start"] < contents["end"])
    contents["good"] &= ~has_secondary | secondary_is_right
    contents["spacecraft_id"], contents["vc"] = identification >> 4 & 0x3FF, identification >> 1 & 7
    contents["ocf"] = _ocfs(frames, contents["end"], identification & 1 > 0)
    contents["count"], contents["modulus"] = head[:, 3], tm_frame.FRAME_COUNT_MODULUS
    contents["holds_packets"] = ~unsynchronised & (pointer != tm_frame.ONLY_IDLE)
    contents["first_header"] = np.where(pointer == tm_frame.NO_HEADER, NO_PACKET_BEGINS, pointer)


def _read_aos(frames: Rows, framing: Framing, contents: NDArray[Any]) -> None:
    head = frames[:, : aos_frame.AOS_HEADER_SIZE].astype(np.int64)
    m_pdu = frames[:, framing.start - aos_frame.M_PDU_HEADER_SIZE : framing.start].astype(np.int64)
    identification, signalling = head[:, 0] << 8 | head[:, 1], head[:, 5]
    pointer = (m_pdu[:, 0] << 8 | m_pdu[:, 1]) & 0x7FF
    contents["good"] = _has_fecf(frames, framing) & (identification >> 14 == aos_frame.VERSION)
    contents["spacecraft_id"] = (signalling >> 4 & 3) << 8 | identification >> 6 & 0xFF
    contents["vc"] = identification & 0x3F
    contents["count"] = head[:, 2] << 16 | head[:, 3] << 8 | head[:, 4]
    contents["modulus"] = aos_frame.AOS_COUNT_MODULUS
    contents["start"], contents["end"] = framing.start, framing.octets - framing.trailer_octets
    contents["holds_packets"] = (contents["vc"] != aos_frame.IDLE_CHANNEL) & (pointer != aos_frame.ONLY_IDLE)
    contents["holds_packets"] &= ~np.isin(contents["vc"], list(framing.bitstreams))
    contents["ocf"] = _ocfs(frames, contents["end"], np.full(len(frames), framing.ocf))
    contents["first_header"] = np.where(pointer == aos_frame.NO_HEADER, NO_PACKET_BEGINS, pointer)


def _read_uslp(frames: Rows, framing: Framing, contents: NDArray[Any]) -> None:
    head = frames[:, : uslp_frame.USLP_HEADER_SIZE].astype(np.int64)
    address = head[:, 0] << 24 | head[:, 1] << 16 | head[:, 2] << 8 | head[:, 3]
    size, flags = (head[:, 4] << 8 | head[:, 5]) + 1, head[:, 6]
    count_octets, ocf_octets = flags & 7, uslp_frame.OCF_SIZE * (flags >> 3 & 1)
    field = uslp_frame.USLP_HEADER_SIZE + count_octets + framing.insert_octets
    rule = _octets_at(frames, field) >> 5
    has_pointer = rule <= Rule.UNIT_GOES_ON
    pointer = np.where(has_pointer, _octets_at(frames, field + 1) << 8 | _octets_at(frames, field + 2), 0)
    contents["start"] = field + 1 + uslp_frame.POINTER_SIZE * has_pointer
    contents["end"] = size - FECF_SIZE * framing.fecf - ocf_octets
    contents["good"] = (address >> 28 == uslp_frame.VERSION) & (address & 1 == 0) & (size <= framing.octets)
    contents["good"] &= contents["start"] <= contents["end"]
    contents["ocf"] = _ocfs(frames, contents["end"], (ocf_octets > 0) & contents["good"])
    if framing.fecf:
        contents["good"] &= _crc_of_first(frames, size) == 0
    contents["spacecraft_id"], contents["vc"] = address >> 12 & 0xFFFF, address >> 5 & 0x3F
    contents["map_id"], contents["bypass"] = address >> 1 & 0x0F, flags >> 7
    contents["modulus"] = 1 << 8 * count_octets
    for number in range(7):
        octet = _octets_at(frames, np.full(len(frames), uslp_frame.USLP_HEADER_SIZE + number))
        contents["count"] = np.where(number < count_octets, contents["count"] << 8 | octet, contents["count"])
    contents["holds_packets"] = (contents["vc"] != USLP_IDLE_CHANNEL) & ((rule == Rule.PACKETS) | (rule == Rule.WHOLE))
    contents["first_header"] = np.where(pointer == uslp_frame.NO_POINTER, NO_PACKET_BEGINS, pointer)


def _octets_at(frames: Rows, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """One octet of each frame, the last one for an offset beyond its end."""
    return np.asarray(frames[np.arange(len(frames)), np.minimum(places, frames.shape[1] - 1)], np.int64)


def _crc_of_first(frames: Rows, sizes: NDArray[np.int64]) -> NDArray[np.uint16]:
    """CRC-16 of the first `sizes` octets of each frame, limited to its end."""
    octets = np.ascontiguousarray(frames)
    return crc16_ranges(octets.data, np.arange(len(frames)) * frames.shape[1], np.minimum(sizes, frames.shape[1]))


def _has_fecf(frames: Rows, framing: Framing) -> NDArray[np.bool_]:
    """Whether the FECF is right; True without one, and where the decoder of units has checked it already."""
    return crc16_batch(frames) == 0 if framing.fecf and not framing.coding else np.ones(len(frames), np.bool_)


_READERS = {"tm": _read_tm, "aos": _read_aos, "uslp": _read_uslp}
