"""Evaluation of a modulo counter in received units (frames, packets): which are missing, late or duplicates.

Ground stations overlap, files are concatenated, and networks reorder and duplicate datagrams; so a count that goes back
does not mean a loss of nearly a whole cycle. Each unit has a mark, some bits derived from its content. A unit whose
count was received before, with the same mark, is a duplicate; one that fills a recent gap is late, and is not lost. A
count that goes back and is neither, to 0 or with a modulus so large that no loss reaches half a cycle, is a restart of
the sender. Every other jump is forward: a loss of more than a whole cycle in one gap is not detected.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc32c

Numbers = NDArray[np.int64]
Marks = NDArray[np.uint32]
Choice = NDArray[np.bool_]
_MEMORY = 1 << 14  # units before the newest: a whole cycle of a space packet's count
_FEW = 64
_SHORT, _LONG = 1 << 8, 1 << 20  # moduli: TM counts reach 0 too often to show a restart, AOS counts never do


class Arrived(NamedTuple):
    """Flags of arrived units: `is_new`, not a duplicate; `is_next`, directly follows the new unit before it."""

    is_new: Choice
    is_next: Choice


class Arrival(NamedTuple):
    """As `Arrived`, for one unit; `is_late` if later ones came before it."""

    is_new: bool
    is_next: bool
    is_late: bool


def marks_of(octets: bytes | memoryview, ends: Numbers, checks: NDArray[np.uint16]) -> Marks:
    """Marks of units that end at `ends`, each of its last two octets and `checks`, the CRC-16 of those before."""
    stream = np.frombuffer(octets, np.uint8)
    high, low = stream[ends - 2].astype(np.uint32), stream[ends - 1].astype(np.uint32)
    return np.asarray(checks.astype(np.uint32) << 16 | high << 8 | low, np.uint32)


@dataclass(slots=True)
class Arrivals:
    """One counter modulo `modulus`.

    Totals since the beginning: `gaps` in the count, and units `lost` in them; `late` units, which counted as lost until
    they came; `duplicates`; `restarts` of the count.
    """

    modulus: int
    gaps: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    restarts: int = 0
    _first: int = 0
    """Place of the lowest unit; places are unwrapped counts."""
    _next: int = 0
    """Place behind the highest unit; 0 before the first of all."""
    _latest: int = 0
    """Place of the new unit that came last."""
    _chunks: list[tuple[int, Marks]] = field(default_factory=list)
    """Remembered units: marks of consecutive ones, from a place on; in the order of places."""

    def accept(self, counts: Numbers, marks: Marks) -> Arrived:
        """Register units in their order of arrival, one or more."""
        arrived = Arrived(np.ones(len(counts), np.bool_), np.ones(len(counts), np.bool_))
        steps = np.diff(counts)
        jumps = (np.flatnonzero((steps != 1) & (steps != 1 - self.modulus)) + 1).tolist()
        for start, stop in zip([0, *jumps], [*jumps, len(counts)], strict=True):
            run = Arrived(arrived.is_new[start:stop], arrived.is_next[start:stop])
            self._accept_run(int(counts[start]), marks[start:stop], run)
        return arrived

    def accept_one(self, count: int, unit: bytes) -> Arrival:
        """Register the next unit, given as the whole octets received."""
        if self._next and not (count - self._next) % self.modulus:  # as nearly always: nothing to compare it with
            arrival = Arrival(True, self._latest == self._next - 1, False)
            self._chunks.append((self._next, np.array([crc32c(unit)], np.uint32)))
            self._latest, self._next = self._next, self._next + 1
            self._forget()
            return arrival
        late = self.late
        is_new, is_next = self.accept(np.array([count]), np.array([crc32c(unit)], np.uint32))
        return Arrival(bool(is_new[0]), bool(is_next[0]), self.late > late)

    def is_near(self, count: int) -> bool:
        """Whether a unit with this count would be the next one, or one of the few after it."""
        return (count - self._next) % self.modulus < _FEW

    def _accept_run(self, count: int, marks: Marks, run: Arrived) -> None:
        """Register units with consecutive counts, from `count` on."""
        if not self._next:
            self._first = self._next = count + self.modulus
            self._latest = self._next - 1
        ahead = (count - self._next) % self.modulus
        again = self._accept_again(self.modulus - ahead, marks, run) if ahead else 0
        if ahead and not again:
            self._jump(count, ahead)
        if again < len(marks):
            run.is_next[again] = self._latest == self._next - 1
            self._chunks.append((self._next, marks[again:]))
            self._next += len(marks) - again
            self._latest = self._next - 1
            self._forget()

    def _jump(self, count: int, ahead: int) -> None:
        """Register a gap or a restart: the next unit does not follow the highest one and is none of those before."""
        is_back = 2 * ahead > self.modulus > _SHORT
        self._next += ahead
        if is_back and (count == 0 or self.modulus > _LONG):
            self.restarts += 1
            self._first = self._next
        else:
            self.gaps += 1
            self.lost += ahead

    def _accept_again(self, back: int, marks: Marks, run: Arrived) -> int:
        """Number of units, the first `back` places before the next one, that are duplicates or late.

        0 unless all agree with the remembered marks, and the missing ones are missing only recently, or in a narrow
        gap: a loss of nearly a whole cycle that ends in one is rarer than a unit that is so late.
        """
        memory, count = min(self.modulus, _MEMORY), min(len(marks), back)
        if back > memory // 2:
            return 0
        place = self._next - back
        known, remembered = self._remembered(place, count)
        if (remembered != marks[:count])[known].any():
            return 0
        if not (known.all() or back <= memory // 8 or self._fits_gap(place, count)):
            return 0
        self.duplicates += int(known.sum())
        run.is_new[:count] = ~known
        for number in np.flatnonzero(~known).tolist():
            run.is_next[number] = self._latest == place + number - 1
            self._fill(place + number, marks[number : number + 1])
        return count

    def _fits_gap(self, place: int, count: int) -> bool:
        """Whether units were received close before these places, and close behind them."""
        near = min(self.modulus, _MEMORY) // 16
        known, _ = self._remembered(place - near, near + count + near)
        return bool(known[:near].any() and known[near + count :].any())

    def _fill(self, place: int, mark: Marks) -> None:
        """Register a unit that was missing, or one from before the first."""
        self.late += 1
        self._latest = place
        if place < self._first:
            between, self._first = self._first - place - 1, place
            self.lost += between
            self.gaps += between > 0
        else:
            around, _ = self._remembered(place - 1, 3)
            self.lost -= 1
            self.gaps += 1 - int(around.sum())
        insort(self._chunks, (place, mark), key=itemgetter(0))

    def _remembered(self, place: int, count: int) -> tuple[Choice, Marks]:
        """Whether each of the places from `place` on is remembered, and their marks."""
        known, marks = np.zeros(count, np.bool_), np.zeros(count, np.uint32)
        first = max(bisect_right(self._chunks, place, key=itemgetter(0)) - 1, 0)
        for start, own in self._chunks[first:]:
            low, high = max(start, place), min(start + len(own), place + count)
            if start >= place + count:
                break
            known[low - place : max(high, low) - place] = True
            marks[low - place : max(high, low) - place] = own[low - start : max(high, low) - start]
        return known, marks

    def _forget(self) -> None:
        """Forget units that are too old to be compared again."""
        start, marks = self._chunks[0]
        while start + len(marks) < self._next - min(self.modulus, _MEMORY):
            del self._chunks[0]
            start, marks = self._chunks[0]
