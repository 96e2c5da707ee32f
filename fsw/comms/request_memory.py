"""What a node remembers of its requests, so that whenever it restarts none is executed twice and none is lost.

COP-1 delivers a frame once as long as both ends live. A receiver that forgot V(R) takes frames again that the sender,
who heard no acknowledgement, repeats (CCSDS 232.1-B-2 §5.2.7). So V(R), the receiver's state and the requests taken are
stored on the medium before any request is executed and before the ground hears that its frame was accepted.
"""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from fsw.store.durable import Durable, RecordOrigin
from kernels.coding.crc import crc32c
from link.cop1.farm import Farm, FarmState
from link.pus.services.verification import ExecutionStage, FailureCode

TAKEN_MAX = 128
"""How many requests are remembered: as many as the widest window of COP-1 can have in transit."""
_REASON_OCTETS_MAX = 60
REQUESTS_OCTETS_MAX = 64 + TAKEN_MAX * (24 + _REASON_OCTETS_MAX)
_ID_OCTETS = 4
_ACKNOWLEDGE_AT, _ACKNOWLEDGE_MASK = 6, 0x0F  # of the packet's octets (ECSS-E-ST-70-41C §7.4.4.1)
_COUNT_MASK = 0x3FFF
_STAGES, _CODES = {*ExecutionStage}, {0, *FailureCode}
NO_REQUEST = 0xFFFF
"""Stands for the sequence count before the first request."""


class Taken(msgspec.Struct, array_like=True):
    """A request: the first four octets of its packet, the CRC-32C of the whole packet, and its state.

    `stage` is the last one reached, 0 before the first; with a `code` it is the one that failed. `acknowledge`: the
    stages whose success it wants reported. `is_released`: it came from a schedule or an action on board. `is_told`: its
    end was reported, and reported again, so long ago that no restart needs to repeat it.
    """

    word: int
    crc: int
    acknowledge: int
    is_released: bool = False
    stage: int = 0
    code: int = 0
    reason: str = ""
    is_told: bool = False

    def __post_init__(self) -> None:
        """Take what other software remembered as it can be told: a failure without a known code, or at the end."""
        if self.code not in _CODES:
            self.code = FailureCode.EXECUTION_FAILED.value
        if self.stage not in _STAGES:
            self.stage = ExecutionStage.COMPLETION.value if self.code else 0

    @property
    def is_over(self) -> bool:
        """Whether it was completed or has failed."""
        return self.stage == ExecutionStage.COMPLETION or self.code != 0

    @property
    def standing(self) -> str:
        """The state of the request in words, for an event's sentence."""
        if self.code:
            return f"has failed ({FailureCode(self.code).name.lower()})"
        return "is completed" if self.is_over else "is under way"


class Remembered(msgspec.Struct, array_like=True):
    """The state of the receiver of telecommand frames (FARM-1), and the last requests, oldest first."""

    vr: int = 0
    is_locked: bool = True
    taken: list[Taken] = []


class RequestMemory:
    """Keeps `record` equal to the state of `farm` and of the requests; `farm` begins in its state before the restart.

    Where that state is unknown (there is no record, it is damaged, or the medium fails), it begins in lockout: the
    sender of COP-1 then ends its service with an alert instead of repeating frames, and the operator decides.
    Counts `repeated` requests.
    """

    def __init__(self, record: Durable[Remembered], farm: Farm) -> None:
        self.record, self._farm = record, farm
        self.repeated = 0
        self.taken = list(record.value.taken)
        self._by_packet = {(one.word, one.crc): one for one in self.taken if not one.is_released}
        self._fresh: set[tuple[int, int]] = set()
        self._is_dirty = False
        farm.begin(record.value.vr, is_locked=record.value.is_locked or record.origin is not RecordOrigin.KEPT)
        self._store()
        if record.fault:
            farm.begin(farm.vr, is_locked=True)

    @property
    def untold(self) -> list[Taken]:
        """The requests whose end the ground may not know."""
        return [one for one in self.taken if not one.is_told]

    @property
    def last_count(self) -> int:
        """The sequence count of the last received request, so that a new ground can continue after it."""
        return next((one.word & _COUNT_MASK for one in reversed(self.taken) if not one.is_released), NO_REQUEST)

    def expect(self, packets: Iterable[bytes]) -> None:
        """Remember the requests in `packets`, which will be handled next, and the state of the receiver."""
        for packet in packets:
            key = _key(packet)
            if key not in self._by_packet:
                self._add(_entry_of(packet, key))
                self._fresh.add(key)
                self._is_dirty = True
        before = self.record.value
        if self._is_dirty or (self._farm.vr, self._is_locked) != (before.vr, before.is_locked):
            self._store()

    def claim(self, packet: bytes) -> tuple[Taken, bool]:
        """The request, and whether it is new and must be executed: this is true once for each request."""
        key = _key(packet)
        if key not in self._by_packet:
            self.expect([packet])
        is_new = key in self._fresh
        self._fresh.discard(key)
        self.repeated += not is_new
        return self._by_packet[key], is_new

    def released(self, packet: bytes) -> Taken:
        """A request released on board, never a repetition; `keep` remembers it, if it goes on after its handler."""
        return _entry_of(packet, _key(packet), is_released=True)

    def keep_cut_short(self, packets: Iterable[bytes]) -> None:
        """Remember released requests that a restart cut short: whether they were executed is not known."""
        for packet in packets:
            self.keep(self.released(packet))
        self.flush()

    def keep(self, entry: Taken) -> None:
        """Remember a request that goes on after its handler returned."""
        if entry.is_released:
            self._add(entry)
        self._is_dirty = True

    def settle(self, entry: Taken, stage: ExecutionStage, code: int = 0, reason: str = "") -> None:
        """Note the stage that a request reached; the next `flush` stores the ends of requests."""
        entry.stage, entry.code = stage, code
        entry.reason = reason and reason.encode()[:_REASON_OCTETS_MAX].decode(errors="ignore")
        self._is_dirty |= entry.is_over and self._remembers(entry)

    def mark_told(self, entries: Iterable[Taken]) -> None:
        """Note that the end of each request was reported; the next write stores it."""
        for entry in entries:
            entry.is_told = entry.is_over
        self.taken = [one for one in self.taken if not (one.is_told and one.is_released)]

    @property
    def is_unstored(self) -> bool:
        """Whether `flush` has anything to store."""
        return self._is_dirty

    def flush(self) -> None:
        """Store what was settled; to be called before any of it is reported."""
        if self._is_dirty:
            self._store()

    @property
    def _is_locked(self) -> bool:
        return self._farm.state is FarmState.LOCKOUT

    def _remembers(self, entry: Taken) -> bool:
        """Whether this very entry is among `taken`; a released one may be like another."""
        if entry.is_released:
            return any(one is entry for one in self.taken)
        return self._by_packet.get((entry.word, entry.crc)) is entry

    def _add(self, entry: Taken) -> None:
        if len(self.taken) >= TAKEN_MAX:
            self._remove(next((at for at, one in enumerate(self.taken) if one.is_over), 0))
        self.taken.append(entry)
        if not entry.is_released:
            self._by_packet[entry.word, entry.crc] = entry

    def _remove(self, at: int) -> None:
        entry = self.taken.pop(at)
        if not entry.is_released:
            del self._by_packet[entry.word, entry.crc]

    def _store(self) -> None:
        self._is_dirty = False
        with suppress(OSError):  # the record counts it
            self.record.store(Remembered(self._farm.vr, self._is_locked, self.taken))


def _entry_of(packet: bytes, key: tuple[int, int], *, is_released: bool = False) -> Taken:
    acknowledge = packet[_ACKNOWLEDGE_AT] & _ACKNOWLEDGE_MASK if len(packet) > _ACKNOWLEDGE_AT else 0
    return Taken(*key, acknowledge, is_released)


def _key(packet: bytes) -> tuple[int, int]:
    return int.from_bytes(packet[:_ID_OCTETS]), crc32c(packet)
