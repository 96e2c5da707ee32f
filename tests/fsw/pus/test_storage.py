"""Service 15: every request does to the stores what it says, and refuses what would lose something or make no sense."""

import errno

import pytest

from fsw.pus.storage import StorageControl, stored_packets
from fsw.recorder.setting import STORE_OCTETS_MIN
from link.frames.tc_segment import split_packets
from link.pus.packets import TM_OVERHEAD
from link.pus.services import storage
from link.pus.services.storage import (
    PacketRange,
    ProcessTypes,
    RecordRange,
    ServiceTypes,
    StoreConfiguration,
    StoreRange,
    StoreSize,
    StoreType,
)
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.recorded import EAGER, START_NS, VERSION, held, packet, packets, played, recorder, setting
from tests.hal.recording_medium import RecordingMedium

TICK_NS = 60  # in which a time is told


def control(*stores, **options):
    medium = options.pop("medium", RecordingMedium())
    made = recorder(medium, *stores, policy=EAGER, **options)
    return made, StorageControl(made, {65, 66}, {1, 2})


def do(service, request, monotonic_ns=0):
    return list(service.handle(type(request).decode(request.encode()), monotonic_ns))


def refused(service, request, sentence, code=FailureCode.BAD_ARGUMENTS):
    with pytest.raises(RefusedError, match=sentence) as caught:
        do(service, request)
    assert caught.value.code is code


def types(apid, **services):
    return ProcessTypes(
        apid=apid, services=[ServiceTypes(service=int(name[1:]), subtypes=each) for name, each in services.items()]
    )


def statuses(service):
    (report,) = do(service, storage.ReportStoreStatuses())
    return [(one.store, one.storing, one.retrieving_open, one.retrieving_range) for one in report.statuses]


def test_stores_begin_and_end_to_store():
    node, service = control(setting(1), setting(2))
    do(service, storage.DisableStorage(stores=[2]))
    assert statuses(service) == [(1, True, False, False), (2, False, False, False)]
    node.accept(packets(1), 0)
    do(service, storage.DisableStorage(stores=[]))
    node.accept(packets(2), 0)
    do(service, storage.EnableStorage(stores=[]))
    node.accept(packets(3), 0)
    assert [list(held(one).values()) for one in node.stores.values()] == [packets(1, 3), packets(3)]
    refused(service, storage.EnableStorage(stores=[7]), "no store 7")


@pytest.mark.requirement("FSW-REC-006")
def test_which_types_are_stored():
    node, service = control(setting(1, chosen=()))
    do(service, storage.AddStoredTypes(store=1, processes=[types(66), types(65, s5=[], s3=[25])]))
    node.accept([packet(1), packet(2, service=5), packet(3, service=9), packet(4, apid=66)], 0)
    assert list(held(node.stores[1])) == [0, 1, 2]
    (report,) = do(service, storage.ReportStoredTypes(store=1))
    assert report.processes == [types(65, s3=[25], s5=[]), types(66)]
    refused(service, storage.AddStoredTypes(store=1, processes=[types(67)]), "process 67", FailureCode.ILLEGAL_APID)
    many = types(65, s9=list(range(1, 90)))
    refused(service, storage.AddStoredTypes(store=1, processes=[many]), "64 report types", FailureCode.NOT_NOW)
    do(service, storage.DeleteStoredTypes(store=1, processes=[types(66)]))
    refused(service, storage.DeleteStoredTypes(store=1, processes=[types(66)]), "not all of these types of 66")
    do(service, storage.DeleteStoredTypes(store=1, processes=[]))
    node.accept(packets(5), 0)
    assert len(held(node.stores[1])) == 3


@pytest.mark.requirement("FSW-REC-008")
def test_what_is_retrieved_says_where_it_is_from():
    node, service = control()
    made = packets(*range(5), size=100)
    node.accept(made, 0)
    assert node.play(1 << 16, 0) is None
    do(service, storage.AcknowledgeRecords(store=1, ranges=[RecordRange(first=1, last=2)]))
    assert statuses(service) == [(1, True, True, False)]
    first, rest = (stored_packets(node.play(1 << 16, 0)) for _ in range(2))
    assert (first.store, first.first, first.dictionary, first.packets) == (1, 0, VERSION, made[0][0])
    assert (rest.first, split_packets(rest.packets)) == (3, [made[3][0], made[4][0]])
    assert TM_OVERHEAD + len(rest.encode()) == TM_OVERHEAD + 18 + len(rest.packets)
    do(service, storage.SuspendOpenRetrieval(stores=[1]))
    do(service, storage.AcknowledgeRecords(store=1, ranges=[]))
    assert statuses(service) == [(1, True, False, False)]
    do(service, storage.ResumeOpenRetrieval(stores=[1]))
    assert statuses(service) == [(1, True, True, False)]


def test_what_was_never_sent_cannot_be_acknowledged():
    node, service = control()
    node.accept(packets(1, 2), 0)
    for first, last in [(0, 2), (1, 0)]:
        ranges = [RecordRange(first=0, last=1), RecordRange(first=first, last=last)]
        refused(service, storage.AcknowledgeRecords(store=1, ranges=ranges), f"records {first} to {last}")
    refused(service, storage.AcknowledgeRecords(store=7, ranges=[]), "no store 7")
    assert list(node.stores[1].marks.unsettled(0, 2)) == [(0, 2)]


@pytest.mark.requirement("FSW-REC-009")
def test_packets_that_came_live_are_acknowledged_in_every_store():
    node, service = control(setting(1), setting(2))
    made = packets(1, 2, 3)
    node.accept(made, 0)
    span = {"apid": 65, "start": made[0][1], "end": made[1][1]}
    bad = PacketRange(first_count=1 << 14, last_count=2, **span)
    good = PacketRange(first_count=1, last_count=2, **span)
    refused(service, storage.AcknowledgePackets(ranges=[bad, good]), "instruction 1: packets 16384 to 2 of 65")
    back = PacketRange(apid=65, first_count=1, last_count=2, start=made[1][1], end=made[0][1])
    refused(service, storage.AcknowledgePackets(ranges=[back]), "no range of packets")
    do(service, storage.ResumeOpenRetrieval(stores=[]))
    assert [number for number, _ in played(node)] == [2, 2]


@pytest.mark.requirement("FSW-REC-007")
def test_a_span_of_time_is_retrieved():
    node, service = control()
    node.accept(packets(*range(6)), 0)
    do(service, storage.AcknowledgeRecords(store=1, ranges=[RecordRange(first=0, last=5)]))
    do(service, storage.SuspendOpenRetrieval(stores=[]))
    one = StoreRange(store=1, start=packet(2)[1], end=packet(4)[1] + TICK_NS)
    do(service, storage.StartRangeRetrieval(ranges=[one]))
    assert statuses(service) == [(1, True, False, True)]
    refused(service, storage.StartRangeRetrieval(ranges=[one]), "is being retrieved", FailureCode.NOT_NOW)
    assert [number for number, _ in played(node)] == [2, 3, 4]
    do(service, storage.StartRangeRetrieval(ranges=[one]))
    do(service, storage.AbortRangeRetrieval(stores=[]))
    do(service, storage.AbortRangeRetrieval(stores=[1]))
    assert played(node) == []
    back = StoreRange(store=1, start=packet(4)[1], end=packet(2)[1])
    refused(service, storage.StartRangeRetrieval(ranges=[back]), "ends before it begins")


@pytest.mark.requirement("FSW-REC-007")
def test_open_retrieval_begins_at_a_time():
    node, service = control()
    node.accept(packets(*range(4)), 0)
    do(service, storage.SetOpenRetrieval(start=packet(2)[1], stores=[]))
    do(service, storage.ResumeOpenRetrieval(stores=[1]))
    again = storage.SetOpenRetrieval(start=0, stores=[1])
    refused(service, again, "open retrieval of store 1 is under way", FailureCode.NOT_NOW)
    assert [number for number, _ in played(node)] == [2, 3]


def test_content_is_deleted_up_to_a_time():
    node, service = control()
    node.accept(packets(*range(4)), 0)
    do(service, storage.DeleteContent(up_to=packet(1)[1], stores=[]))
    assert list(held(node.stores[1])) == [2, 3]
    do(service, storage.ResumeOpenRetrieval(stores=[]))
    again = storage.DeleteContent(up_to=packet(2)[1], stores=[1])
    refused(service, again, "store 1 is being retrieved", FailureCode.NOT_NOW)


def test_a_summary():
    node, service = control(setting(1, octets=1 << 17), setting(2))
    node.set(setting(2, is_storing=False))
    node.accept(packets(*range(40), size=1000), 0)
    node.stores[1].marks.acknowledge([(0, node.stores[1].segments[1].contents.first)])
    (report,) = do(service, storage.SummariseStores(stores=[]))
    one, empty = report.summaries
    assert abs(one.oldest - packet(0)[1]) <= TICK_NS
    assert abs(one.newest - packet(39)[1]) <= TICK_NS
    assert (one.filled, one.to_retrieve, one.open_retrieval) == (33, 21, one.oldest)
    assert (empty.store, empty.filled, empty.to_retrieve, empty.oldest) == (2, 0, 0, empty.newest)
    refused(service, storage.SummariseStores(stores=[9]), "no store 9")


def made(number, size=STORE_OCTETS_MIN, *, kind=StoreType.CIRCULAR, channel=1):
    return StoreConfiguration(store=number, size=size, type=kind, channel=channel)


def test_stores_are_created_and_deleted():
    node, service = control(setting(1, octets=1 << 20), octets_max=1 << 21)
    do(service, storage.CreateStores(stores=[made(2, kind=StoreType.BOUNDED, channel=2)]))
    (report,) = do(service, storage.ReportStoreConfigurations())
    assert report.stores == [made(1, 1 << 20, channel=0), made(2, kind=StoreType.BOUNDED, channel=2)]
    for wrong, said in [
        (made(2), "store 2 exists already"),
        (made(256), "none of 0..255"),
        (made(3, channel=3), "no virtual channel 3"),
        (made(3, STORE_OCTETS_MIN - 1), "65536 is the least"),
        (made(3, 1 << 20), "983040 are free"),
    ]:
        refused(service, storage.CreateStores(stores=[wrong]), said)
    refused(service, storage.DeleteStores(stores=[1]), "store 1 is storing", FailureCode.NOT_NOW)
    do(service, storage.ResumeOpenRetrieval(stores=[2]))
    refused(service, storage.DeleteStores(stores=[2]), "store 2 is being retrieved", FailureCode.NOT_NOW)
    do(service, storage.SuspendOpenRetrieval(stores=[2]))
    do(service, storage.DeleteStores(stores=[]))
    assert set(node.stores) == {1}


def test_stores_are_resized_and_turned():
    node, service = control(setting(1, octets=1 << 17))
    node.accept(packets(*range(80), size=1000), 0)
    bigger = storage.ResizeStores(sizes=[StoreSize(store=1, size=1 << 18)])
    refused(service, bigger, "store 1 is storing", FailureCode.NOT_NOW)
    do(service, storage.DisableStorage(stores=[]))
    do(service, bigger)
    smaller = storage.ResizeStores(sizes=[StoreSize(store=1, size=1 << 16)])
    refused(service, smaller, r"store 1 holds \d+ octets", FailureCode.NOT_NOW)
    refused(service, storage.ResizeStores(sizes=[StoreSize(store=1, size=9)]), "is the least")
    for request in (
        storage.MakeBounded(store=1),
        storage.MakeBounded(store=1),
        storage.SetStoreChannel(store=1, channel=2),
    ):
        do(service, request)
    assert (node.stores[1].setting.is_circular, node.stores[1].setting.channel) == (False, 2)
    do(service, storage.MakeCircular(store=1))
    assert node.stores[1].setting.is_circular
    refused(service, storage.SetStoreChannel(store=1, channel=9), "no virtual channel 9")
    do(service, storage.ResumeOpenRetrieval(stores=[]))
    refused(service, storage.SetStoreChannel(store=1, channel=1), "is being retrieved", FailureCode.NOT_NOW)


def test_a_span_of_time_is_copied():
    node, service = control(setting(1), setting(2, is_storing=False))
    node.accept(packets(*range(6)), 0)
    span = {"start": packet(1)[1], "end": packet(3)[1] + TICK_NS}
    do(service, storage.CopyPackets(source=1, target=2, **span))
    busy = storage.DeleteStores(stores=[2])
    refused(service, busy, "store 2 is being retrieved", FailureCode.NOT_NOW)
    while node.is_copying(2):
        node.step(0)
    assert list(held(node.stores[2]).values()) == packets(1, 2, 3)
    refused(service, storage.CopyPackets(source=1, target=1, **span), "a copy is to another store")
    refused(service, storage.CopyPackets(source=1, target=2, start=span["end"], end=START_NS), "a copy is to another")


def test_what_the_disk_says_is_told():
    medium = RecordingMedium()
    _, service = control(medium=medium)

    def fail(call, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    medium.fail = fail
    for request in (storage.DisableStorage(stores=[1]), storage.MakeBounded(store=1)):
        refused(service, request, "the disk says: No space left on device", FailureCode.EXECUTION_FAILED)


def test_a_store_that_fails_costs_itself_alone():
    """Of a request about all stores, and of packets that came live, the others have theirs."""
    medium = RecordingMedium()
    node, service = control(setting(1), setting(2), setting(3), medium=medium)
    made = packets(1, 2, 3)
    node.accept(made, 0)

    def fail(call, path):
        if path.name.startswith("00002-") and path.suffix == ".segment":
            raise OSError(errno.EIO, "Input/output error")

    medium.fail = fail
    for store in node.stores.values():
        store._recent.clear()  # as after a restart: what is acknowledged is looked for on the medium
    span = PacketRange(apid=65, first_count=1, last_count=1, start=made[0][1], end=made[0][1])
    do(service, storage.AcknowledgePackets(ranges=[span]))
    assert [one.marks.count_unsettled(0, 3) for one in node.stores.values()] == [2, 3, 2]
    assert node.stores[2].failures == 1
    do(service, storage.SuspendOpenRetrieval(stores=[]))
    everything = storage.DeleteContent(up_to=made[2][1] + TICK_NS, stores=[])
    refused(service, everything, "instruction 2: the disk says: Input/output error", FailureCode.EXECUTION_FAILED)
    assert [len(one.segments) for one in node.stores.values()] == [0, 1, 0]
    medium.fail = lambda call, path: None
    do(service, everything)
    assert node.octets == 0
