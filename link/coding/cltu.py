"""Communications link transmission units (CCSDS 231.0-B-4 §4, §5): how a TC frame crosses the uplink.

start EB90 | blocks of 7 octets and one of BCH(63,56) parity, the last filled with 55 | tail C5C5 C5C5 C5C5 C579

The receiver reads octets, because serial lines and packet links deliver whole octets. A start sequence may have one
wrong bit, one wrong bit of each block is corrected, and the first block that cannot be corrected, which the tail
sequence always is, ends the unit. The data decoded until then are a candidate frame, which the frame decoder checks.
The search for the next start continues behind the last block without a wrong bit: where a tail was lost, half of all
random blocks pass as blocks with one wrong bit, and must not consume the next unit.
"""

import re
from dataclasses import dataclass, field

from kernels.coding.bch import BLOCK_OCTETS, DATA_OCTETS, bch_decode, bch_encode
from kernels.coding.randomise import Code, randomised

START = bytes.fromhex("eb90")
TAIL = bytes.fromhex("c5c5c5c5c5c5c579")
_FILL = b"\x55"
BREAK = _FILL * (2 * BLOCK_OCTETS - 1)
"""Octets sent behind a unit that was broken off: wherever that was, they fill one whole block, which cannot be
corrected and so ends the unit; then the receiver looks for the next start."""
_START_NUMBER = int.from_bytes(START)
_STARTS = [_START_NUMBER, *(_START_NUMBER ^ 1 << bit for bit in range(16))]
_ANY_START = re.compile(b"|".join(re.escape(start.to_bytes(2)) for start in _STARTS), re.DOTALL)


def encode_cltu(frame: bytes, *, randomise: bool) -> bytes:
    """The CLTU that carries `frame`, which is randomised first if `randomise` (§6); fill octets are not."""
    information = randomised(frame, Code.TC) if randomise else frame
    return START + bch_encode(information + _FILL * (-len(frame) % DATA_OCTETS)) + TAIL


def can_be_broken_off(unit: bytes, sent: int) -> bool:
    """Whether the first `sent` octets of `unit`, then BREAK, give no receiver the frame: its last block is missing."""
    return sent <= len(unit) - len(TAIL) - BLOCK_OCTETS


@dataclass(slots=True)
class CltuReader:
    """Finds units in a stream of octets; holds no more than one unit between calls.

    `frame_octets_max` bounds a unit: a longer one is cut there. Counters: `units` that ended with a good block or more,
    `empty` starts without any, `corrected_bits`, and `octets_skipped` outside the units.
    """

    randomised: bool
    frame_octets_max: int = 1024
    units: int = 0
    empty: int = 0
    corrected_bits: int = 0
    octets_skipped: int = 0
    _pending: bytearray = field(default_factory=bytearray)
    _unit: bytearray | None = None
    _doubtful: int = 0
    """Octets of `_pending` that are in the unit already, but may still begin another one: their blocks had errors."""

    def feed(self, octets: bytes) -> list[bytes]:
        """Take received octets, in pieces of any size; return the candidate frames that end in them, fill included."""
        self._pending += octets
        candidates: list[bytes] = []
        while self._search() if self._unit is None else self._read_blocks(self._unit, candidates):
            pass
        return candidates

    def finish(self) -> list[bytes]:
        """End of the stream: return the candidate frame whose end is missing, if any, and skip the rest."""
        candidates: list[bytes] = []
        if self._unit is not None:
            self._forget_doubtful()
            self._end(self._unit, candidates)
        self.octets_skipped += len(self._pending)
        self._pending.clear()
        return candidates

    def _search(self) -> bool:
        """Drop the octets before a start sequence; returns whether one was found."""
        found = _ANY_START.search(self._pending)
        skipped = found.start() if found else max(len(self._pending) - 1, 0)
        self.octets_skipped += skipped
        del self._pending[: found.end() if found else skipped]
        self._unit = bytearray() if found else None
        return found is not None

    def _read_blocks(self, unit: bytearray, candidates: list[bytes]) -> bool:
        """Move the received blocks into the unit, as far as it has room, or end it; returns whether there was one.

        All blocks are decoded in one call, because where start sequences are close together, the blocks behind are
        read again for each of them.
        """
        room = -(-(self.frame_octets_max - len(unit)) // DATA_OCTETS)
        count = min((len(self._pending) - self._doubtful) // BLOCK_OCTETS, max(room, 1))
        if not count:
            return False
        codeblocks = self._pending[self._doubtful : self._doubtful + count * BLOCK_OCTETS]
        information, wrong_bits = bch_decode(bytes(codeblocks))
        good = min(wrong_bits.index(-1) if -1 in wrong_bits else count, room)
        clean = next((number for number in range(good, 0, -1) if not wrong_bits[number - 1]), 0)
        unit += information[: good * DATA_OCTETS]
        self.corrected_bits += sum(wrong_bits[:good])
        if clean:
            self._doubtful += clean * BLOCK_OCTETS
            self._forget_doubtful()
        self._doubtful += (good - clean) * BLOCK_OCTETS
        if good < count:
            self._end(unit, candidates)
        return True

    def _forget_doubtful(self) -> None:
        del self._pending[: self._doubtful]
        self._doubtful = 0

    def _end(self, unit: bytearray, candidates: list[bytes]) -> None:
        if not self._doubtful and self._pending.startswith(TAIL):
            del self._pending[: len(TAIL)]
        self._unit, self._doubtful = None, 0
        if not unit:
            self.empty += 1
            return
        self.units += 1
        candidates.append(randomised(bytes(unit), Code.TC) if self.randomised else bytes(unit))
