"""The recorder: packet stores that share one medium, and what is dropped where they have no room.

What the ground has acknowledged goes first, then what is least important, then what is oldest. A packet never pushes
out what is more important than itself.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from secrets import randbits

import msgspec

from fsw.recorder.contents import kind_key, packet_kind
from fsw.recorder.marks import NUMBER_MAX, PROGRESS_OCTETS_MAX, RecordMarks, StoreProgress
from fsw.recorder.packet_store import DroppedSegment, PacketStore, StoreSegment, TimedPacket
from fsw.recorder.retrieval import Cursor, OpenRetrieval, RangeRetrieval, RecordRun
from fsw.recorder.segment import RECORD_OCTETS
from fsw.recorder.segment_files import SegmentFiles
from fsw.recorder.setting import CHOSEN_MAX, USUAL_SYNC, StoreSetting, SyncPolicy
from fsw.store.durable import Durable
from hal.medium import HOST, Medium
from link.pus.services.verification import FailureCode, RefusedError

STORES_MAX = 32
STORE_NUMBER_MAX = 255
_SETTINGS_OCTETS_MAX = STORES_MAX * (160 + 16 * CHOSEN_MAX)
_COPY_OCTETS = 1 << 16  # copied at a time
_DROPPED_MAX = 64
_NS = 1_000_000_000
_READING_NS = _NS  # between two segments of which a start has only seen the ends: each takes some milliseconds


class StoreSettings(msgspec.Struct, frozen=True):
    """All stores of a recorder."""

    stores: tuple[StoreSetting, ...] = ()


class Copying(msgspec.Struct):
    """Packets on their way from one store to another."""

    retrieval: RangeRetrieval
    target: int


class Recorder:
    """Stores in `folder`, of at most `octets_max` octets in all; `stores` are those of the first start.

    `version` names the dictionary that describes the packets. `patience_s`: how long the ground has to acknowledge what
    it received, before that is sent again. `draw` gives a random number of so many bits, where the numbers of a store
    were lost. Counts records `dropped` by priority, which the ground has not acknowledged, and `expired` ones, which it
    has.
    """

    def __init__(
        self,
        folder: Path,
        stores: Iterable[StoreSetting] = (),
        *,
        octets_max: int,
        version: bytes,
        policy: SyncPolicy = USUAL_SYNC,
        patience_s: int = 60,
        medium: Medium = HOST,
        draw: Callable[[int], int] = randbits,
    ) -> None:
        self._draw = draw
        self.octets_max, self._version, self._policy = octets_max, version, policy
        self._patience_ns = patience_s * _NS
        self._files, self._memory, self._medium = SegmentFiles(folder / "segments", medium), folder / "memory", medium
        self.settings = Durable(self._memory, "stores", StoreSettings(tuple(stores)), _SETTINGS_OCTETS_MAX, medium)
        self.stores: dict[int, PacketStore] = {}
        self.retrievals: dict[int, OpenRetrieval] = {}
        self.ranges: dict[int, RangeRetrieval] = {}
        self.dropped, self.expired = Counter[int](), Counter[int]()
        self.failures = self.unreported = 0
        self._copies: list[Copying] = []
        self._dropped: list[DroppedSegment] = []
        self._routes: dict[bytes, list[PacketStore]] = {}
        self._begin()
        self._unread = [
            (one, segment) for one in self.stores.values() for segment in one.segments if not segment.is_read
        ]
        self._reading_ns: int | None = None

    @property
    def octets(self) -> int:
        """How much of the medium all stores take."""
        return sum([store.octets for store in self.stores.values()])

    @property
    def next_due_ns(self) -> int | None:
        """When `step` has something to do, in monotonic time; None while it has nothing."""
        due = [store.next_due_ns for store in self.stores.values()]
        due += [0] if self._copies and any(self._goes_on(one) for one in self._copies) else []
        due += [self._reading_ns] if self._unread else []
        return min([ns for ns in due if ns is not None], default=None)

    def next_play_ns(self, may_go: Callable[[StoreSetting], bool] = lambda _: True) -> int | None:
        """When `play` may have something to send of stores that `may_go`; None while only a record can change it."""
        running = [one for one in self.retrievals.values() if one.is_running]
        due = [one.next_due_ns for one in running if may_go(one.store.setting)]
        return min([ns for ns in due if ns is not None], default=None)

    def accept(self, packets: Iterable[TimedPacket], monotonic_ns: int) -> None:
        """Keep packets in the stores that choose their kinds; each store writes its own with one write.

        A packet is recorded once `durable` of its store has passed its number, and counted where it finds no room.
        """
        batches: defaultdict[int, list[TimedPacket]] = defaultdict(list)
        routes = self._routes
        for item in packets:
            key = kind_key(item[0])
            for store in routes[key] if key in routes else self._route(item[0]):
                batches[store.setting.number].append(item)
        for number, batch in batches.items():
            self.put(self.stores[number], batch, monotonic_ns)

    def put(self, store: PacketStore, packets: Sequence[TimedPacket], monotonic_ns: int) -> None:
        """Keep packets in one store."""
        start, octets, octets_max = 0, 0, store.setting.segment_octets
        for at, (packet, _) in enumerate(packets):
            size = len(packet) + RECORD_OCTETS
            if octets and octets + size > octets_max:
                self._put(store, packets[start:at], octets, monotonic_ns)
                start, octets = at, 0
            octets += size
        self._put(store, packets[start:], octets, monotonic_ns)

    def step(self, monotonic_ns: int) -> None:
        """Make safe what is due, try again what failed, go on copying, and read what was not read at the start."""
        for store in self.stores.values():
            if store.disk_is_full and store.may_try(monotonic_ns):
                self._drop_for(store)
            store.step(monotonic_ns)
        for copying in filter(self._goes_on, list(self._copies)):
            run = copying.retrieval.next(_COPY_OCTETS)
            if run is None or copying.target not in self.stores:
                self._copies.remove(copying)
            else:
                packets = [(one.packet, one.utc_ns) for one in run.records]
                self.put(self.stores[copying.target], packets, monotonic_ns)

        if self._unread and (self._reading_ns is None or monotonic_ns >= self._reading_ns):
            self._read_on(monotonic_ns)

    def flush(self, monotonic_ns: int) -> None:
        """Record all that was accepted, now. Raises the first OSError, after all stores were tried."""
        errors: list[OSError] = []
        for store in self.stores.values():
            try:
                store.flush(monotonic_ns)
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def play(
        self, octets_max: int, monotonic_ns: int, may_go: Callable[[StoreSetting], bool] = lambda _: True
    ) -> RecordRun | None:
        """The next records to send, of the most important store that has any and that `may_go`; None if there are none.

        At most `octets_max` octets of packets, but at least one packet.
        """
        sent = [one for number, one in self.stores.items() if self.is_retrieved(number)]
        for store in sorted(sent, key=lambda one: -one.setting.priority):
            number = store.setting.number
            if not may_go(store.setting):
                continue
            if number in self.ranges:
                if run := self.ranges[number].next(octets_max):
                    return run
                del self.ranges[number]
            if run := self.retrievals[number].next(octets_max, monotonic_ns):
                return run
        return None

    def accept_sign(self, monotonic_ns: int) -> None:
        """Note that the ground listens: what it has not acknowledged is sent from now on, and for a while."""
        for retrieval in self.retrievals.values():
            retrieval.accept_sign(monotonic_ns)

    def retrieve_range(self, number: int, span_ns: tuple[int, int]) -> None:
        """Send all that a store has recorded of a span of time, once, before what the ground has not acknowledged."""
        store = self.stores[number]
        self.ranges[number] = RangeRetrieval(Cursor(store), span_ns, store.durable)

    def copy(self, source: PacketStore, target: int, span_ns: tuple[int, int]) -> None:
        """Copy the packets of a span of time into the store `target`, as later steps come to them."""
        self._copies.append(Copying(RangeRetrieval(Cursor(source), span_ns, source.durable), target))

    def is_copying(self, number: int) -> bool:
        """Whether packets are copied from or to this store."""
        return any(number in (one.target, one.retrieval.cursor.store.setting.number) for one in self._copies)

    @property
    def is_sending(self) -> bool:
        """Whether records of any store are sent."""
        return bool(self.ranges) or any(one.is_running for one in self.retrievals.values())

    def is_retrieved(self, number: int) -> bool:
        """Whether records of this store are sent."""
        return number in self.ranges or self.retrievals[number].is_running

    def drain_dropped(self) -> list[DroppedSegment]:
        """What was lost since the last call; of more than 64 segments the latest are only in the counters."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def set(self, *settings: StoreSetting) -> None:
        """Set stores anew, or create them; on return this survives a restart. Raises RefusedError, OSError."""
        now = {number: store.setting for number, store in self.stores.items()}
        now |= {one.number: one for one in settings}
        if len(now) > STORES_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"there are {STORES_MAX} stores, no more fit")
        self.settings.store(StoreSettings(tuple(now[number] for number in sorted(now))))
        self._routes.clear()
        for one in settings:
            if one.number in self.stores:
                self.stores[one.number].setting = one
            else:
                self._open(one, [])

    def delete(self, number: int) -> None:
        """Delete a store and all that it holds. Raises OSError."""
        self.stores[number].clear()
        self.settings.store(StoreSettings(tuple(one.setting for key, one in self.stores.items() if key != number)))
        self._routes.clear()
        del self.stores[number], self.retrievals[number]
        self.ranges.pop(number, None)

    def _begin(self) -> None:
        firsts: defaultdict[int, list[int]] = defaultdict(list)
        try:
            for number, first in self._files.found():
                if number <= STORE_NUMBER_MAX and first <= NUMBER_MAX:
                    firsts[number].append(first)
        except OSError:
            self.failures += 1
        known = {one.number: one for one in self.settings.value.stores}
        for number in sorted({*known, *firsts}):  # a store whose setting was lost keeps nothing new, and can be read
            self._open(known.get(number, StoreSetting(number=number, octets=self.octets_max)), firsts[number])

    def _open(self, setting: StoreSetting, firsts: list[int]) -> None:
        name = f"store-{setting.number}"
        progress = Durable(self._memory, name, StoreProgress(), PROGRESS_OCTETS_MAX, self._medium)
        store = PacketStore(setting, RecordMarks(progress, self._draw), self._files, self._version, self._policy)
        store.find(firsts)
        self.stores[setting.number] = store
        self.retrievals[setting.number] = OpenRetrieval(store, self._patience_ns)

    def _read_on(self, monotonic_ns: int) -> None:
        """Read a segment, if time has passed since the last one; what cannot be read then is read when it is needed."""
        if self._reading_ns is not None:
            store, segment = self._unread.pop()
            try:
                if segment in store.segments and not segment.is_read:
                    store.read(segment)
            except OSError:
                store.failures += 1
        self._reading_ns = monotonic_ns + _READING_NS

    def _goes_on(self, copying: Copying) -> bool:
        """Whether a copy is to be continued now: it waits while its target cannot be written."""
        return copying.target not in self.stores or not self.stores[copying.target].fault

    def _route(self, packet: bytes) -> list[PacketStore]:
        kind = packet_kind(packet)
        stores = [one for one in self.stores.values() if one.setting.is_storing and one.setting.chooses(*kind)]
        self._routes[kind_key(packet)] = stores
        return stores

    def _put(self, store: PacketStore, packets: Sequence[TimedPacket], octets: int, monotonic_ns: int) -> None:
        if self._make_room(store, store.room_needed(octets)):
            store.accept(packets, monotonic_ns)
        else:
            store.refused += len(packets)

    def _make_room(self, store: PacketStore, octets: int) -> bool:
        """Whether `store` may grow by `octets`, after whatever had to go."""
        while store.octets + octets > store.setting.octets:
            if not store.setting.is_circular or not self._drop(list(store.segments)):
                return False
        while self.octets + octets > self.octets_max:
            if not self._drop_for(store):
                return False
        return True

    def _drop_for(self, store: PacketStore) -> bool:
        """Drop a segment of any store that is worth no more than what comes to `store`; whether one was dropped."""
        by_worth = [
            ((one.unacknowledged(segment) > 0, segment.priority, segment.contents.oldest_ns), one, segment)
            for one in self.stores.values()
            for segment in one.segments
        ]
        priority = store.setting.priority
        may_go = [item for item in by_worth if not item[0][0] or item[0][1] <= priority]
        return self._drop([item[2] for item in sorted(may_go, key=lambda item: item[0])])

    def _drop(self, segments: list[StoreSegment]) -> bool:
        """Drop the first of these that the medium lets go; whether there was one."""
        for segment in segments:
            owner = next(one for one in self.stores.values() if segment in one.segments)
            try:
                dropped = owner.remove(segment)
            except OSError:
                owner.failures += 1
                continue
            self.dropped[dropped.priority] += dropped.unacknowledged
            self.expired[dropped.priority] += dropped.records - dropped.unacknowledged
            if dropped.unacknowledged and len(self._dropped) < _DROPPED_MAX:
                self._dropped.append(dropped)
            elif dropped.unacknowledged:
                self.unreported += 1
            return True
        return False
