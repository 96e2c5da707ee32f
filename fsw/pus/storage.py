"""Service 15 on board (ECSS-E-ST-70-41C §6.15): the packet stores of the recorder, by request.

A store that is retrieved keeps its content, its size and its channel until that ends; one that stores is not deleted.
Open retrieval runs while the ground listens, without a request: each acknowledgement is a sign of it. One that was
suspended waits to be resumed, or for a restart. Retrievals of a span of time end at a restart, and everything else that
is set here survives it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_together
from fsw.pus.paging import pages
from fsw.recorder.packet_store import PacketSpan, PacketStore
from fsw.recorder.recorder import STORE_NUMBER_MAX, Recorder
from fsw.recorder.retrieval import OpenRetrieval, RecordRun
from fsw.recorder.selection import Selector, chosen_types, with_types, without_types
from fsw.recorder.setting import CHOSEN_MAX, STORE_OCTETS_MIN, StoreSetting
from link.packets.space_packet import COUNT_MODULUS
from link.pus.message import Report, Request
from link.pus.services import storage
from link.pus.services.storage import (
    PacketRange,
    ProcessTypes,
    StoreConfiguration,
    StoredPackets,
    StoredTypes,
    StoreRange,
    StoreSize,
    StoreStatus,
    StoreSummary,
    StoreType,
)
from link.pus.services.verification import FailureCode, RefusedError

_Instruction = TypeVar("_Instruction")
_TICK_NS = 1_000  # a packet's time is cut to 60 ns


def stored_packets(run: RecordRun) -> StoredPackets:
    """The report by which records go down."""
    packets = b"".join([one.packet for one in run.records])
    return StoredPackets(store=run.store, first=run.records[0].number, dictionary=run.dictionary, packets=packets)


class StorageControl:
    """Requests about the stores of `recorder`, which keep reports of the processes `apids`.

    `channels` are the virtual channels on which a store may be retrieved.
    """

    def __init__(self, recorder: Recorder, apids: Collection[int], channels: Collection[int]) -> None:
        self._recorder, self._apids, self._channels = recorder, frozenset(apids), frozenset(channels)

    def handle(self, request: Request, monotonic_ns: int) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        try:
            yield from self._reports(request, monotonic_ns)
        except OSError as error:
            raise _refusal(error) from None

    def _reports(self, request: Request, monotonic_ns: int) -> Iterator[Report]:
        match request:
            case storage.ReportStoredTypes(store=number):
                chosen = chosen_types(self._known(number).setting.chosen)
                yield from pages(chosen, lambda page: StoredTypes(store=number, processes=page))
            case storage.SummariseStores(stores=numbers):
                yield from report_together(numbers or self._all, self._summary, _summaries)
            case storage.ReportStoreStatuses():
                statuses = map(self._status, self._all)
                yield from pages(statuses, lambda page: storage.StoreStatuses(statuses=page))
            case storage.ReportStoreConfigurations():
                made = map(self._configuration, self._all)
                yield from pages(made, lambda page: storage.StoreConfigurations(stores=page))
            case _:
                self._set(request, monotonic_ns)

    def _set(self, request: Request, monotonic_ns: int) -> None:
        match request:
            case storage.EnableStorage(stores=numbers) | storage.DisableStorage(stores=numbers):
                on = isinstance(request, storage.EnableStorage)
                _each(numbers or self._all, lambda one: self._change(one, is_storing=on))
            case storage.AddStoredTypes(store=number, processes=processes):
                _each(processes, lambda one: self._add(number, one))
            case storage.DeleteStoredTypes(store=number, processes=[]):
                self._change(number, chosen=())
            case storage.DeleteStoredTypes(store=number, processes=processes):
                _each(processes, lambda one: self._remove(number, one))
            case storage.DeleteContent(up_to=utc_ns, stores=numbers):
                delete = self._deletion(utc_ns, monotonic_ns)
                _each(numbers or self._all, delete)
            case storage.AcknowledgeRecords(store=number, ranges=ranges):
                self._recorder.accept_sign(monotonic_ns)
                self._acknowledge(number, ranges)
            case storage.AcknowledgePackets(ranges=ranges):
                self._recorder.accept_sign(monotonic_ns)
                self._acknowledge_packets(ranges)
            case _:
                self._retrieve(request, monotonic_ns)

    def _retrieve(self, request: Request, monotonic_ns: int) -> None:
        match request:
            case storage.StartRangeRetrieval(ranges=ranges):
                _each(ranges, self._start_range)
            case storage.AbortRangeRetrieval(stores=numbers):
                _each(numbers or self._all, self._abort_range)
            case storage.SetOpenRetrieval(start=start_ns, stores=numbers):
                _each(numbers or self._all, lambda one: self._begin_at(one, start_ns))
            case storage.ResumeOpenRetrieval(stores=numbers):
                _each(numbers or self._all, lambda one: self._open(one).resume(monotonic_ns))
            case storage.SuspendOpenRetrieval(stores=numbers):
                _each(numbers or self._all, lambda one: self._open(one).suspend())
            case _:
                self._make(request)

    def _make(self, request: Request) -> None:
        match request:
            case storage.CreateStores(stores=made):
                _each(made, self._create)
            case storage.DeleteStores(stores=numbers):
                _each(numbers or self._deletable, self._delete)
            case storage.CopyPackets():
                self._copy(request)
            case storage.ResizeStores(sizes=sizes):
                _each(sizes, self._resize)
            case storage.MakeCircular(store=number) | storage.MakeBounded(store=number):
                self._change(number, is_circular=isinstance(request, storage.MakeCircular))
            case storage.SetStoreChannel(store=number, channel=channel):
                self._check_channel(channel)
                self._check_quiet(self._known(number))
                self._change(number, channel=channel)
            case _:
                raise not_mine(request)

    @property
    def _all(self) -> list[int]:
        return sorted(self._recorder.stores)

    @property
    def _deletable(self) -> list[int]:
        return [number for number in self._all if not self._recorder.stores[number].setting.is_storing]

    def _known(self, number: int) -> PacketStore:
        if number not in self._recorder.stores:
            raise _bad(f"no store {number}")
        return self._recorder.stores[number]

    def _number(self, number: int) -> int:
        return self._known(number).setting.number

    def _change(self, number: int, **values: bool | int | tuple[Selector, ...]) -> None:
        setting = msgspec.structs.replace(self._known(number).setting, **values)
        if setting != self._known(number).setting:
            self._recorder.set(setting)

    def _add(self, number: int, process: ProcessTypes) -> None:
        chosen = frozenset(self._known(number).setting.chosen)
        self._change(number, chosen=_sorted(with_types(chosen, process, self._apids, CHOSEN_MAX)))

    def _remove(self, number: int, process: ProcessTypes) -> None:
        chosen = frozenset(self._known(number).setting.chosen)
        self._change(number, chosen=_sorted(without_types(chosen, process)))

    def _is_retrieved(self, number: int) -> bool:
        return self._recorder.is_retrieved(number) or self._recorder.is_copying(number)

    def _check_quiet(self, store: PacketStore) -> None:
        if self._is_retrieved(store.setting.number):
            raise _not_now(f"store {store.setting.number} is being retrieved")

    def _check_idle(self, store: PacketStore) -> None:
        self._check_quiet(store)
        if store.setting.is_storing:
            raise _not_now(f"store {store.setting.number} is storing")

    def _check_channel(self, channel: int) -> None:
        if channel not in self._channels:
            raise _bad(f"no virtual channel {channel} is for retrieval")

    def _deletion(self, utc_ns: int, monotonic_ns: int) -> Callable[[int], None]:
        def delete(number: int) -> None:
            store = self._known(number)
            self._check_quiet(store)
            store.delete_up_to(utc_ns, monotonic_ns)

        return delete

    def _acknowledge(self, number: int, ranges: list[storage.RecordRange]) -> None:
        store = self._known(number)
        for one in ranges:
            if not one.first <= one.last < store.durable:
                raise _bad(f"records {one.first} to {one.last}: store {number} has sent none from {store.durable} on")
        store.marks.acknowledge((one.first, one.last + 1) for one in ranges)

    def _acknowledge_packets(self, ranges: list[PacketRange]) -> None:
        spans: list[PacketSpan] = []
        try:
            _each(ranges, lambda one: spans.append(_span(one)))
        finally:
            for store in self._recorder.stores.values():
                store.acknowledge_packets(spans)

    def _start_range(self, one: StoreRange) -> None:
        if self._number(one.store) in self._recorder.ranges:
            raise _not_now(f"a span of time of store {one.store} is being retrieved")
        if one.start > one.end:
            raise _bad(f"store {one.store}: the span of time ends before it begins")
        self._recorder.retrieve_range(one.store, (one.start, one.end))

    def _abort_range(self, number: int) -> None:
        self._recorder.ranges.pop(self._number(number), None)

    def _open(self, number: int) -> OpenRetrieval:
        return self._recorder.retrievals[self._number(number)]

    def _begin_at(self, number: int, start_ns: int) -> None:
        retrieval = self._open(number)
        if retrieval.is_running:
            raise _not_now(f"the open retrieval of store {number} is under way")
        retrieval.start_ns = start_ns

    def _create(self, one: StoreConfiguration) -> None:
        if one.store in self._recorder.stores or one.store > STORE_NUMBER_MAX:
            raise _bad(f"store {one.store} exists already, or is none of 0..{STORE_NUMBER_MAX}")
        self._check_channel(one.channel)
        self._check_size(one.store, one.size)
        self._recorder.set(
            StoreSetting(
                number=one.store,
                octets=one.size,
                is_circular=one.type is StoreType.CIRCULAR,
                channel=one.channel,
            )
        )

    def _check_size(self, number: int, size: int) -> None:
        others = sum(store.setting.octets for key, store in self._recorder.stores.items() if key != number)
        room = self._recorder.octets_max - others
        if not STORE_OCTETS_MIN <= size <= room:
            raise _bad(f"store {number} of {size} octets: {STORE_OCTETS_MIN} is the least, and {room} are free")

    def _delete(self, number: int) -> None:
        self._check_idle(self._known(number))
        self._recorder.delete(number)

    def _copy(self, request: storage.CopyPackets) -> None:
        source, target = self._known(request.source), self._known(request.target)
        if source is target or request.start > request.end:
            raise _bad("a copy is to another store, and of a span of time that begins before it ends")
        self._check_quiet(target)
        self._recorder.copy(source, request.target, (request.start, request.end))

    def _resize(self, one: StoreSize) -> None:
        store = self._known(one.store)
        self._check_idle(store)
        self._check_size(one.store, one.size)
        if store.octets > one.size:
            raise _not_now(f"store {one.store} holds {store.octets} octets")
        self._change(one.store, octets=one.size)

    def _summary(self, number: int) -> StoreSummary:
        store, retrieval = self._known(number), self._recorder.retrievals[number]
        contents = [segment.contents for segment in store.segments if segment.contents.records]
        waiting = sum(segment.octets for segment in store.segments if store.unacknowledged(segment))
        return StoreSummary(
            store=number,
            oldest=min((one.oldest_ns for one in contents), default=0),
            newest=max((one.newest_ns for one in contents), default=0),
            open_retrieval=retrieval.reached_ns,
            filled=_percent(store.octets, store),
            to_retrieve=_percent(waiting, store),
        )

    def _status(self, number: int) -> StoreStatus:
        return StoreStatus(
            store=number,
            storing=self._known(number).setting.is_storing,
            retrieving_open=self._recorder.retrievals[number].is_running,
            retrieving_range=number in self._recorder.ranges,
        )

    def _configuration(self, number: int) -> StoreConfiguration:
        one = self._known(number).setting
        kind = StoreType.CIRCULAR if one.is_circular else StoreType.BOUNDED
        return StoreConfiguration(store=number, size=one.octets, type=kind, channel=one.channel)


def _each(instructions: Iterable[_Instruction], execute: Callable[[_Instruction], None]) -> None:
    """`execute_each`, where a medium that fails refuses an instruction too, so that it costs no other store."""

    def attempt(one: _Instruction) -> None:
        try:
            execute(one)
        except OSError as error:
            raise _refusal(error) from None

    execute_each(instructions, attempt)


def _refusal(error: OSError) -> RefusedError:
    return RefusedError(FailureCode.EXECUTION_FAILED, f"the disk says: {error.strerror or error}")


def _span(one: PacketRange) -> PacketSpan:
    if max(one.first_count, one.last_count) >= COUNT_MODULUS or one.start > one.end:
        raise _bad(f"packets {one.first_count} to {one.last_count} of {one.apid}: no range of packets")
    return PacketSpan(one.apid, one.first_count, one.last_count, one.start - _TICK_NS, one.end + _TICK_NS)


def _summaries(page: list[StoreSummary]) -> Report:
    return storage.StoreSummaries(summaries=page)


def _percent(octets: int, store: PacketStore) -> int:
    return min(100, -(-100 * octets // store.setting.octets))


def _sorted(chosen: frozenset[Selector]) -> tuple[Selector, ...]:
    return tuple(sorted(chosen, key=lambda one: (one[0], one[1] or 0, one[2] or 0)))


def _bad(reason: str) -> RefusedError:
    return RefusedError(FailureCode.BAD_ARGUMENTS, reason)


def _not_now(reason: str) -> RefusedError:
    return RefusedError(FailureCode.NOT_NOW, reason)
