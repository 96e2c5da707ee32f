"""The app of the recorder: makes safe what is due, and reports how full the stores are and what was lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fsw.executive.app import App, AppReport
from fsw.executive.sendable import capped
from fsw.recorder.packet_store import PacketStore
from fsw.recorder.recorder import Recorder
from fsw.recorder.scrub import SegmentScrub
from link.dictionary import Event, Int8ub, Int16ub, Int32ub, Int64ub, Telemetry, parameter, wire

_REASON_CHARACTERS_MAX = 60
_MS = 1_000_000


class RecorderStatus(Telemetry, id=0x48):
    """The on-board recorder, every ten seconds. Its counters count from the start of the node."""

    octets: int = wire(Int32ub, unit="octets", text="that all packet stores take")
    waiting: int = wire(Int32ub, text="records that the ground has not acknowledged")
    retrieved: int = wire(Int8ub, text="stores whose records go down, as the ground listens or has asked for them")
    dropped: int = wire(Int32ub, text="records that made room before the ground had them")
    refused: int = wire(Int32ub, text="packets that found no room")
    unrecorded: int = wire(Int32ub, text="packets that were not recorded because the recorder failed or rested")
    failures: int = wire(Int16ub, text="attempts to read or write that the medium did not do")
    failing: int = wire(Int8ub, limits=(0, 0), text="stores that cannot be written now")
    damaged: int = wire(Int16ub, text="runs of damaged octets, and records, that were found")
    forgotten: int = wire(Int16ub, text="acknowledged ranges that had no room: they go down once more")


class RecordsDropped(Event, id=0xB8, severity="low"):
    """{records} packets of store {store} made room for others before the ground had them."""

    store: int = wire(Int16ub)
    records: int = wire(Int32ub)


class StoreFailing(Event, id=0xB9, severity="medium"):
    """Packet store {store} cannot be written: {reason}."""

    store: int = wire(Int16ub)
    reason: str = wire()


class StoreRestored(Event, id=0xBA):
    """Packet store {store} can be written again."""

    store: int = wire(Int16ub)


class StoreRenumbered(Event, id=0x49, severity="medium"):
    """The numbers of packet store {store} were lost, and what the ground has of it: it goes on with {number}."""

    store: int = wire(Int16ub)
    number: int = wire(Int64ub)


class DiskForgot(Event, id=0x4A, severity="medium"):
    """The disk has lost what it had confirmed: packet store {store} has records beyond the numbers reserved for it."""

    store: int = wire(Int16ub)


class RecordsDamaged(Event, id=0x48, severity="medium"):
    """A segment of packet store {store} is not as it was written, {records} records are lost: {reason}."""

    store: int = wire(Int16ub)
    records: int = wire(Int32ub)
    reason: str = wire()


@dataclass
class Recording(App, period_ms=10_000, budget_ms=100, order=11):
    """Steps `recorder`; `unrecorded` says how many packets it was not given."""

    recorder: Recorder
    unrecorded: Callable[[], int]
    octets: int = parameter(
        Int32ub,
        id=0x48,
        default=1 << 16,
        unit="octets",
        range=(0, 1 << 20),
        text="of what is recorded that are checked every ten seconds; 0: none",
    )
    _failing: set[int] = field(default_factory=set)
    _status_ns: int = 0

    def __post_init__(self) -> None:
        self._scrub = SegmentScrub(self.recorder)

    @property
    def due_ns(self) -> int | None:
        """When records are to be made safe, or what failed is to be tried again; None while nothing is due."""
        return self.recorder.next_due_ns

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Do what is due, and report what changed, also a failure that ends with this step."""
        for store in self.recorder.stores.values():
            yield from self._changed(store)
            if store.marks.is_drawn:
                store.marks.is_drawn = False
                yield StoreRenumbered(store=store.setting.number, number=store.marks.next)
            if store.marks.is_behind:
                store.marks.is_behind = False
                yield DiskForgot(store=store.setting.number)
        self.recorder.step(now_ns)
        for dropped in self.recorder.drain_dropped():
            yield RecordsDropped(store=dropped.store, records=dropped.unacknowledged)
        for store in self.recorder.stores.values():
            yield from self._changed(store)
        if now_ns >= self._status_ns:
            self._status_ns = now_ns + self.period_ms * _MS
            for found in self._scrub.step(self.octets):
                reason = found.reason[:_REASON_CHARACTERS_MAX]
                yield RecordsDamaged(store=found.store, records=found.records, reason=reason)
            yield self._status()

    def _changed(self, store: PacketStore) -> Iterator[AppReport]:
        number = store.setting.number
        if store.fault and number not in self._failing:
            self._failing.add(number)
            yield StoreFailing(store=number, reason=store.fault[:_REASON_CHARACTERS_MAX])
        elif number in self._failing and not store.fault:
            self._failing.discard(number)
            yield StoreRestored(store=number)

    def _status(self) -> RecorderStatus:
        recorder, stores = self.recorder, self.recorder.stores.values()
        return RecorderStatus(
            octets=capped(recorder.octets, 32),
            waiting=capped(sum(one.marks.count_unsettled(0, one.marks.next) for one in stores), 32),
            retrieved=sum(recorder.is_retrieved(one.setting.number) for one in stores),
            dropped=capped(recorder.dropped.total(), 32),
            refused=capped(sum(one.refused for one in stores), 32),
            unrecorded=capped(self.unrecorded(), 32),
            failures=capped(recorder.failures + sum(one.failures + one.marks.record.failed for one in stores), 16),
            failing=sum(bool(one.fault) for one in stores),
            damaged=capped(sum(one.damaged for one in stores), 16),
            forgotten=capped(sum(one.marks.forgotten for one in stores), 16),
        )
