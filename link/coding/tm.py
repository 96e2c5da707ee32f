"""Synchronisation and coding of telemetry frames (CCSDS 131.0-B-4): a frame with its Reed-Solomon parity (§4),
randomised (§10), behind an attached sync marker (§9), is one channel access data unit (CADU); tm_encoder.py makes it.

In the decoder's input, units may begin at any bit, be inverted, and slip. Nothing that can be found is lost:
- While it searches, each marker with at most `marker_errors_max` wrong bits begins a candidate.
- A unit is certain if it decodes (by Reed-Solomon and the frame's CRC, as far as they are managed) or if the next
  marker follows directly. Certain units that do not decode are counted as uncorrectable. Reed-Solomon alone is no
  proof: code and randomiser are cyclic, so that a unit read a few octets too early or too late is nearly a codeword.
  Without a CRC, therefore, a unit that needed corrections also needs the next marker.
- Behind a certain unit the next one is tried even if its marker is damaged, provided that it has a CRC to prove it.
- Behind an uncertain unit the search continues at its second bit, so that a marker inside it is found.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc16, crc16_batch
from kernels.coding.randomise import randomise, randomised
from kernels.coding.reed_solomon import UNCORRECTABLE
from kernels.coding.sync import HIT, align_all, find_markers
from link.coding.tm_encoder import ASM as ASM
from link.coding.tm_encoder import ASM_OCTETS as ASM_OCTETS
from link.coding.tm_encoder import TmEncoder as TmEncoder
from link.coding.tm_encoder import reed_solomon_of, sequence_of
from link.managed import Managed
from link.packets.chosen import chosen

_ASM_BITS = 8 * ASM_OCTETS
_MARKER = ASM.to_bytes(ASM_OCTETS)
_ASM_ROW = np.frombuffer(_MARKER, np.uint8)
_STEP_UNITS = 256  # decoded at once: enough to make a call cheap, few enough to stay in the processor's cache
_STEP_OCTETS = 4096  # searched at once for a marker

_Rows = NDArray[np.uint8]


class _Decoded(NamedTuple):
    """Frames (count, tm_frame_octets), whether each decoded, and how many of its symbols were wrong."""

    frames: _Rows
    good: NDArray[np.bool_]
    symbols: NDArray[np.int64]


class TmDecoder:
    """Decoder of received bits into the frames of `managed`; holds less than two units between calls.

    Counters: `received` frames returned, `corrected_frames` of them with wrong symbols, `corrected_symbols` in all;
    `uncorrectable` units that were certain but did not decode; `octets_skipped` outside of all units.
    """

    def __init__(self, managed: Managed, *, marker_errors_max: int = 3) -> None:
        self.received = self.corrected_frames = self.corrected_symbols = self.uncorrectable = 0
        self._managed = managed
        self._code = reed_solomon_of(managed)
        self._marker_errors_max = marker_errors_max
        self._unit_bits = _ASM_BITS + 8 * managed.tm_code_octets
        self._buffer = bytearray()
        self._at_bit = 0  # bit of the buffer where the next unit, or the search, begins
        self._hunting = True
        self._inverted = False
        self._ended = False
        self._bits_skipped = 0

    @property
    def octets_skipped(self) -> int:
        """Octets that belonged to no unit."""
        return self._bits_skipped // 8

    def feed(self, octets: bytes) -> list[bytes]:
        """Take received octets, in pieces of any size; return the frames that are complete now."""
        frame = self._live_frame(octets)
        return [frame.tobytes() for frame in self.feed_rows(octets)] if frame is None else [frame]

    def finish(self) -> list[bytes]:
        """End of the stream: return the last frame, if it waits for a marker behind it, and skip the rest."""
        self._ended = True
        frames = self.feed(b"")
        self._skip_to(8 * len(self._buffer))
        return frames

    def feed_rows(self, octets: bytes | memoryview) -> _Rows:
        """As `feed`, the frames being rows (count, tm_frame_octets) of one array."""
        self._buffer += octets
        found = [np.empty((0, self._managed.tm_frame_octets), np.uint8)]
        while self._hunt() if self._hunting else self._read(found):
            pass
        del self._buffer[: self._at_bit // 8]
        self._at_bit %= 8
        return np.concatenate(found)

    def _live_frame(self, octets: bytes) -> bytes | None:
        """The frame of one unit that comes by itself where one is expected, as on a live link: at less cost.

        None for anything else, also a unit that does not decode: nothing is changed then.
        """
        managed, code = self._managed, self._code
        is_next = not (self._hunting or self._inverted or self._at_bit or self._buffer)
        if not is_next or code is None or not managed.fecf:
            return None
        if 8 * len(octets) != self._unit_bits or not octets.startswith(_MARKER):
            return None
        block = octets[ASM_OCTETS:]
        frame, symbols = code.decode_block(randomised(block, sequence_of(managed)) if managed.randomise else block)
        if symbols == UNCORRECTABLE or crc16(frame):
            return None
        self.received += 1
        self.corrected_frames += symbols > 0
        self.corrected_symbols += symbols
        return frame

    def _hunt(self) -> bool:
        """Move to the next marker; returns whether there is one."""
        for start in range(self._at_bit // 8, len(self._buffer), _STEP_OCTETS):
            piece = bytes(self._buffer[start : start + _STEP_OCTETS + ASM_OCTETS])
            hits = find_markers(piece, ASM, errors=self._marker_errors_max)
            ahead = hits[hits["bit"] >= self._at_bit - 8 * start]
            if len(ahead):
                self._skip_to(8 * start + int(ahead["bit"][0]))
                self._hunting, self._inverted = False, bool(ahead["inverted"][0])
                return True
        self._skip_to(max(8 * len(self._buffer) - _ASM_BITS + 1, self._at_bit))
        return False

    def _read(self, found: list[_Rows]) -> bool:
        """Decode the units that follow each other directly; returns whether received octets may give more."""
        markers_known, units_whole = self._in_view()
        if not units_whole:
            return False
        markers_good = self._markers_good(markers_known)
        count = min(markers_good + self._managed.fecf, units_whole)
        if not count:
            self._hunting = True
            return True
        decoded = self._decode(count)
        followed = np.arange(1, count + 1) < markers_good + (self._ended and markers_good == markers_known)
        if not self._managed.fecf:
            decoded.good[:] &= (decoded.symbols == 0) | followed
        sure = decoded.good | followed
        done = int(np.flatnonzero(sure)[-1]) + 1 if sure.any() else 0
        self._release(decoded, done, found)
        has_marker = done < markers_good
        if done == count or (has_marker and markers_good == markers_known):
            return done > 0  # all read, or the next marker, not received yet, will decide
        self._hunting = True
        self._skip_to(self._at_bit + has_marker)
        return True

    def _in_view(self) -> tuple[int, int]:
        """Numbers of markers and of units that are received in full."""
        bits = 8 * len(self._buffer) - self._at_bit
        markers = (bits - _ASM_BITS) // self._unit_bits + 1
        return min(markers, _STEP_UNITS + 1), min(bits // self._unit_bits, _STEP_UNITS)

    def _markers_good(self, known: int) -> int:
        """Number of markers, from the first on, that are at their places."""
        if not self._at_bit % 8 and not self._inverted and self._are_whole(known):
            return known
        wrong = self._cut(known, 0, ASM_OCTETS) ^ _ASM_ROW
        if not wrong.any():
            return known
        bad = np.flatnonzero(np.unpackbits(wrong, axis=1).sum(axis=1) > self._marker_errors_max)
        return int(bad[0]) if len(bad) else known

    def _are_whole(self, known: int) -> bool:
        """Whether all of `known` markers are there without a wrong bit, where they begin on an octet."""
        first, step = self._at_bit // 8, self._unit_bits // 8
        places = range(first, first + known * step, step)
        return all(self._buffer.startswith(_MARKER, at) for at in places)

    def _decode(self, count: int) -> _Decoded:
        blocks = self._cut(count, _ASM_BITS, self._managed.tm_code_octets)
        if self._managed.randomise:
            randomise(blocks, sequence_of(self._managed))
        if self._code is None:
            return _Decoded(blocks, crc16_batch(blocks) == 0, np.zeros(count, np.int64))
        frames, corrections = self._code.decode(blocks)
        good = (corrections != UNCORRECTABLE).all(axis=1)
        if self._managed.fecf:
            good &= crc16_batch(frames) == 0
        return _Decoded(frames, good, corrections.sum(axis=1, dtype=np.int64))

    def _cut(self, count: int, skip_bits: int, size: int) -> _Rows:
        """`size` octets of each of `count` units, `skip_bits` behind its beginning, aligned and upright."""
        first_bit = self._at_bit + skip_bits
        if count == 1 and not first_bit % 8 and not self._inverted:  # a live link: nothing to turn or to shift
            return np.frombuffer(bytearray(self._buffer[first_bit // 8 : first_bit // 8 + size]), np.uint8)[None]
        hits = np.zeros(count, HIT)
        hits["bit"] = self._at_bit + self._unit_bits * np.arange(count)
        hits["inverted"] = self._inverted
        return align_all(self._buffer, hits, size, skip=skip_bits)

    def _release(self, decoded: _Decoded, done: int, found: list[_Rows]) -> None:
        """Return in `found` the units that decoded, of the first `done`, which are certain; count the others."""
        good, symbols = decoded.good[:done], decoded.symbols[:done][decoded.good[:done]]
        found.append(chosen(decoded.frames[:done], good))
        self.received += len(symbols)
        self.corrected_frames += int((symbols > 0).sum())
        self.corrected_symbols += int(symbols.sum())
        self.uncorrectable += int((~good).sum())
        self._at_bit += done * self._unit_bits

    def _skip_to(self, bit: int) -> None:
        self._bits_skipped += bit - self._at_bit
        self._at_bit = bit
