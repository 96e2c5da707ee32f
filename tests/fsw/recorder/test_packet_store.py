"""What was recorded survives whatever happens to power and medium; what was not is not lost in silence."""

import errno

import pytest

from fsw.recorder.marks import StoreProgress
from fsw.recorder.packet_store import PacketSpan
from fsw.recorder.setting import SyncPolicy
from fsw.store.durable import Durable
from tests.fsw.recorded import (
    EAGER,
    FOLDER,
    SEGMENTS,
    START_NS,
    VERSION,
    held,
    packet,
    packets,
    played,
    recorder,
    setting,
)
from tests.hal.recording_medium import RecordingMedium

LAZY = SyncPolicy(octets=1 << 20, ms=1000)
MS = 1_000_000


def resumed(medium, **options):
    made = recorder(medium, **options)
    made.retrievals[1].resume(0)
    return made


@pytest.mark.requirement("FSW-REC-001")
def test_a_power_cut_at_any_call_loses_only_what_was_not_recorded():
    """And no number ever stands for two packets of which the ground may have heard."""
    sent, recorded, lives = {}, {}, []

    def look(medium):
        for left in medium.after_cut():
            survivor = resumed(left)
            found = dict(played(survivor))
            lives.append(len(found))
            assert recorded.items() <= found.items()
            assert found.items() <= sent.items()
            survivor.accept(packets(99), 0)
            survivor.flush(0)
            (new,) = set(held(survivor.stores[1])) - set(found)
            assert new not in recorded

    medium = RecordingMedium(on_call=look)
    node = recorder(medium, policy=LAZY)
    for batch in range(3):
        first = node.stores[1].marks.next
        made = packets(3 * batch, 3 * batch + 1, 3 * batch + 2)
        sent |= dict(enumerate(made, first))
        node.accept(made, batch * 1000 * MS)
        node.step(batch * 1000 * MS + 999 * MS)
        assert node.stores[1].durable == first
        node.step(batch * 1000 * MS + 1000 * MS)
        assert node.stores[1].durable == first + 3
        recorded = dict(sent)
        look(medium)
    assert len(set(lives)) > 3


@pytest.mark.requirement("FSW-REC-001")
def test_a_power_cut_at_any_octet_of_a_write():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1, 2), 0)
    (path,) = [SEGMENTS / name for name in medium.names(SEGMENTS) if name.endswith("segment")]
    safe = len(medium.read(path))
    node.accept(packets(3, 4), 0)
    whole = medium.read(path)
    for cut in range(safe, len(whole) + 1):
        medium.write(path, whole[:cut])
        survivor = recorder(medium)
        found = [taken for _, taken in sorted(held(survivor.stores[1]).items())]
        assert found == packets(1, 2, 3, 4)[: len(found)]
        assert len(found) == 2 + (cut >= safe + (len(whole) - safe) // 2) + (cut == len(whole))
        survivor.accept(packets(5), 0)
        survivor.flush(0)
        assert list(held(survivor.stores[1]).values()) == [*found, packet(5)]
        for name in set(medium.names(SEGMENTS)) - {path.name, ".skyrack-recorder"}:
            medium.remove(SEGMENTS / name)


@pytest.mark.parametrize("call", ["append", "write", "sync"])
def test_a_call_that_fails_costs_nothing(call):
    """Whether or not it had its effect: the next attempt writes all that is not confirmed to a new segment."""
    failing = {"is": False}

    def fail(now, path):
        if failing["is"] and (now, path.suffix) == (call, ".segment"):
            raise OSError(errno.EIO, "the disk fails")

    medium = RecordingMedium(fail)
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)
    failing["is"] = True
    for number in (2, 3):
        node.accept(packets(number), 0)
    store = node.stores[1]
    if call == "write":  # only a new segment is written so
        store.remove(store.segments[0])
        node.accept(packets(4), 0)
    assert (store.fault, store.failures > 0) == ("the disk fails", True)
    assert store.next_due_ns == 1000 * MS
    failing["is"] = False
    node.step(999 * MS)
    assert store.fault
    node.step(1000 * MS)
    assert (store.fault, store.next_due_ns, store.durable) == ("", None, store.marks.next)
    found = [one[0] for one in held(store).values()]
    assert found == [one[0] for one in packets(*((4,) if call == "write" else (1, 2, 3)))]
    assert [one[0] for one in held(recorder(medium).stores[1]).values()] == found


def test_a_segment_of_which_nothing_was_recorded_is_written_again_under_its_name():
    def fail(call, path):
        if call == "sync" and path.suffix == ".segment" and not failed:
            failed.append(path)
            raise OSError(errno.EIO, "the disk fails")

    failed = []
    medium = RecordingMedium(fail)
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)
    assert (node.stores[1].segments, node.octets, node.stores[1].durable) == ([], 0, 0)
    node.accept(packets(2), 1)
    node.step(1000 * MS)
    assert [one.path for one in node.stores[1].segments] == failed
    assert held(node.stores[1]) == held(recorder(medium).stores[1]) == dict(enumerate(packets(1, 2)))


def test_what_a_dead_process_left_unsynced_is_safe_once_it_is_found():
    medium = RecordingMedium()
    node = recorder(medium, policy=LAZY)
    node.accept(packets(1, 2), 0)  # and the process dies
    found = resumed(medium)
    assert found.stores[1].durable > 1
    for left in medium.after_cut():
        assert dict(played(resumed(left))) == dict(enumerate(packets(1, 2)))


def test_what_cannot_be_made_safe_at_the_start_is_counted():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)

    def fail(call, path):
        if call == "sync" and path.name != "memory" and path.suffix not in {".a", ".b"}:
            raise OSError(errno.EIO, "the disk fails")

    medium.fail = fail
    survivor = recorder(medium)
    assert (survivor.stores[1].failures, held(survivor.stores[1])) == (2, {0: packet(1)})


def test_nothing_is_written_before_its_number_is_reserved():
    """Else a number that was sent could be given out again once its record is deleted."""
    failing = {"is": False}

    def fail(call, path):
        if failing["is"] and path.name.startswith("store-1."):
            raise OSError(errno.EIO, "the disk fails")

    medium = RecordingMedium(fail)
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)
    node = resumed(medium, policy=EAGER)  # has no numbers left of the block
    failing["is"] = True
    node.accept(packets(2), 0)
    assert (node.stores[1].fault, node.stores[1].durable) == ("the disk fails", 65537)
    assert len(held(node.stores[1])) == 1
    failing["is"] = False
    node.step(1000 * MS)
    assert (node.stores[1].fault, held(node.stores[1])[65537]) == ("", packet(2))
    node.stores[1].delete_up_to(START_NS + 10**12, 0)
    assert recorder(medium).stores[1].marks.next > 65537


def test_what_stands_twice_after_a_failed_sync_is_read_once():
    def fail(call, path):
        if call == "sync" and path.suffix == ".segment" and syncs and syncs.pop():
            raise OSError(errno.EIO, "the disk fails")

    syncs = [False, True, False]
    medium = RecordingMedium(fail)
    node = recorder(medium, policy=EAGER)
    for number in (1, 2):
        node.accept(packets(number), 0)
    node.step(1000 * MS)
    assert len(node.stores[1].segments) == 2
    again = recorder(medium)
    assert held(again.stores[1]) == held(node.stores[1]) == dict(enumerate(packets(1, 2)))
    assert [one.contents.records for one in again.stores[1].segments] == [1, 1]


@pytest.mark.requirement("FSW-REC-010")
def test_while_the_medium_fails_a_bounded_number_waits():
    def fail(call, path):
        if path.suffix == ".segment":
            raise OSError(errno.EIO, "the disk fails")

    medium = RecordingMedium(fail)
    node = recorder(medium, policy=SyncPolicy(held_octets_max=300))
    store = node.stores[1]
    assert store.accept(packets(0), 0) == 1
    assert store.accept(packets(*range(1, 9)), 0) < 8
    assert store.refused == 9 - store.marks.next > 0
    assert store.durable == 0
    kept = store.marks.next
    medium.fail = lambda call, path: None
    node.flush(0)
    assert held(store) == dict(enumerate(packets(*range(kept))))


def test_a_full_store_of_each_type():
    size = 1000
    medium = RecordingMedium()
    node = recorder(medium, setting(1, octets=1 << 16), setting(2, octets=1 << 16, is_circular=False), policy=EAGER)
    for number in range(100):
        node.accept(packets(number, size=size), 0)
    circular, bounded = node.stores[1], node.stores[2]
    assert circular.octets <= 1 << 16 >= bounded.octets
    assert list(held(circular).values())[-1] == packet(99, size)
    assert min(held(circular)) == node.dropped[0] > 0
    assert node.dropped[0] == sum(one.records for one in node.drain_dropped())
    assert list(held(bounded).values()) == [packet(number, size) for number in range(100 - bounded.refused)]
    assert bounded.refused > 0
    assert len(circular.segments) > 4
    again = recorder(medium)
    assert held(again.stores[1]) == held(circular)
    assert again.stores[1].octets == circular.octets


def test_a_packet_larger_than_its_store_is_refused():
    node = recorder(None, setting(1, octets=1 << 13))
    node.accept([*packets(1), packet(2, 9000)], 0)
    assert node.stores[1].refused == 1
    assert node.stores[1].marks.next == 1


@pytest.mark.requirement("FSW-REC-003")
def test_a_damaged_record_costs_itself_and_is_not_waited_for():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1, 2, 3), 0)
    path = node.stores[1].segments[0].path
    whole = medium.read(path)
    at = len(whole) // 2
    medium.write(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    for survivor in (node, resumed(medium)):
        survivor.retrievals[1].resume(0)
        assert played(survivor) == [(0, packet(1)), (2, packet(3))]
        assert survivor.stores[1].damaged == 1
        assert list(survivor.stores[1].marks.unsettled(0, 3)) == [(0, 1), (2, 3)]


def test_a_damaged_header_costs_no_record():
    medium = RecordingMedium()
    node = recorder(medium, setting(priority=3), policy=EAGER)
    node.accept(packets(1), 0)
    segment = node.stores[1].segments[0]
    assert (segment.priority, segment.dictionary) == (3, VERSION)
    medium.overwrite(segment.path, b"\0\0\0\0")
    (found,) = recorder(medium, setting(priority=3)).stores[1].segments
    assert (found.priority, found.dictionary, found.contents.records) == (3, bytes(8), 1)


def test_a_segment_that_cannot_be_read_at_the_start_is_tried_again():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1, 2), 0)

    def fail(call, path):
        if (call, path.suffix) == ("read", ".segment"):
            raise OSError(errno.EIO, "the disk fails")

    medium.fail = fail
    survivor = resumed(medium)
    store = survivor.stores[1]
    assert (store.failures, len(store.segments), store.marks.next) == (1, 1, 65538)
    assert (played(survivor), store.failures) == ([], 2)
    with pytest.raises(OSError, match="the disk fails"):
        store.delete_up_to(START_NS, 0)
    medium.fail = lambda call, path: None
    assert played(survivor) == []
    assert survivor.next_play_ns() == 30_000 * MS
    assert played(survivor, 30_000 * MS) == [(0, packet(1)), (1, packet(2))]


def test_times_decide_what_is_deleted_whatever_their_order():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    times = [5, 1, 9, 3]
    made = [packet(at, utc_ns=START_NS + at) for at in times]
    node.accept(made, 0)
    node.stores[1].delete_up_to(START_NS + 4, 0)
    assert held(node.stores[1]) == {0: made[0], 2: made[2]}
    node.stores[1].delete_up_to(START_NS + 4, 0)
    for left in medium.after_cut():
        assert held(recorder(left).stores[1]) == {0: made[0], 2: made[2]}
    node.accept(packets(20), 0)
    assert list(held(node.stores[1])) == [0, 2, 4]
    node.stores[1].delete_up_to(START_NS + 9, 0)
    assert list(held(node.stores[1])) == [4]
    assert len(node.stores[1].segments) == 1


def test_an_empty_store_has_nothing_to_delete():
    node = recorder()
    node.stores[1].delete_up_to(START_NS, 0)
    node.stores[1].clear()
    assert (node.stores[1].segments, node.stores[1].failures) == ([], 0)


def test_what_is_deleted_does_not_come_back():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1, 2), 0)
    node.stores[1].delete_up_to(START_NS + 10**12, 0)
    assert node.stores[1].octets == 0
    for left in medium.after_cut():
        survivor = resumed(left)
        assert played(survivor) == []
        survivor.accept(packets(3), 0)
        survivor.flush(0)
        survivor.retrievals[1].resume(0)
        assert [number for number, _ in played(survivor)] == [65538]


def test_what_the_ground_has_received_live_is_named_by_its_packets():
    """APID, counts through the end of their cycle, and times: a count comes again every 16384 packets."""
    medium = RecordingMedium()
    node = resumed(medium, policy=LAZY)
    made = packets(16382, 16383, 16384, 16385) + packets(16383, apid=66)
    node.stores[1].accept([*made, packet(32767)], 0)
    node.stores[1].acknowledge_packets([PacketSpan(65, 16383, 0, made[1][1], made[2][1])])
    node.flush(0)
    node.retrievals[1].resume(0)
    assert [number for number, _ in played(node)] == [0, 3, 4, 5]
    node.stores[1].acknowledge_packets([PacketSpan(65, 1, 1, made[3][1], made[3][1])])
    node.stores[1].acknowledge_packets([PacketSpan(65, 2, 9, 0, made[3][1])])
    node.stores[1].acknowledge_packets([PacketSpan(65, 2, 9, 0, 1)])
    again = resumed(medium)
    assert [number for number, _ in played(again)] == [0, 4, 5]


def test_what_came_live_long_ago_is_looked_for_on_the_medium():
    node = resumed(RecordingMedium(), policy=LAZY, octets_max=1 << 24)
    store = node.stores[1]
    for at in range(0, 6000, 100):
        node.accept(packets(*range(at, at + 100)), 0)
    reads = []
    node._files.medium.fail = lambda call, path: reads.append(path) if call == "read" else None
    store.acknowledge_packets([PacketSpan(65, 5000, 5999, packet(5000)[1], packet(5999)[1])])
    assert (reads, store.marks.count_unsettled(0, 6000)) == ([], 5000)
    assert store.durable < 6000
    store.acknowledge_packets([PacketSpan(65, 100, 5899, packet(100)[1], packet(5899)[1])])
    assert list(store.marks.unsettled(0, 6000)) == [(0, 100)]
    again = recorder(node._files.medium).stores[1]
    again.acknowledge_packets([PacketSpan(65, 0, 9, packet(0)[1], packet(9)[1])])
    assert next(again.marks.unsettled(0, 6000)) == (10, 100)


def test_waiting_records_of_a_full_medium_can_be_acknowledged_too():
    def fail(call, path):
        if path.suffix == ".segment":
            raise OSError(errno.EIO, "the disk fails")

    node = recorder(RecordingMedium(fail))
    for at in range(0, 4200, 100):
        node.stores[1].accept(packets(*range(at, at + 100)), 0)
    node.stores[1].acknowledge_packets([PacketSpan(65, 0, 4199, packet(0)[1], packet(4199)[1])])
    assert node.stores[1].marks.count_unsettled(0, 4200) == 0


def test_what_was_not_recorded_yet_outlives_the_segment_that_made_room():
    node = recorder(policy=LAZY)
    node.accept(packets(1), 0)
    node.flush(0)
    node.accept(packets(2), 0)
    node.stores[1].remove(node.stores[1].segments[0])
    assert node.stores[1].durable == 1
    node.flush(0)
    assert held(node.stores[1]) == {1: packet(2)}


def test_what_is_gone_needs_no_acknowledgement_and_no_memory():
    node = recorder(None, setting(octets=1 << 16), policy=EAGER)
    node.accept(packets(*range(20)), 0)
    store = node.stores[1]
    store.delete_up_to(packet(4)[1], 0)
    assert store.marks.count_unsettled(0, 20) == 15
    for at in range(20, 2000, 20):
        node.accept(packets(*range(at, at + 20), size=100), 0)
        store.marks.acknowledge([(at, at + 7)])
    assert min(held(store)) > 1000
    assert len(store.marks.record.value.acknowledged) < 40


def test_what_went_with_a_segment_between_others_is_not_waited_for():
    node = recorder(None, setting(octets=1 << 16), policy=EAGER)
    for at in range(0, 200, 20):
        node.accept(packets(*range(at, at + 20), size=100), 0)
    store = node.stores[1]
    dropped = store.remove(store.segments[1])
    assert dropped.records == dropped.unacknowledged > 0
    assert store.marks.count_unsettled(0, store.marks.next) == len(held(store)) == 200 - dropped.records


def test_of_a_record_that_stands_twice_a_sound_one_is_read():
    def fail(call, path):
        if call == "sync" and path.suffix == ".segment" and syncs and syncs.pop():
            raise OSError(errno.EIO, "the disk fails")

    syncs = [False, True, False]
    medium = RecordingMedium(fail)
    node = recorder(medium, policy=EAGER)
    for number in (1, 2):
        node.accept(packets(number), 0)
    node.accept(packets(3), 1000 * MS)
    later = node.stores[1].segments[1].path
    whole = medium.read(later)
    medium.write(later, whole[:30] + bytes([whole[30] ^ 1]) + whole[31:])
    again = recorder(medium).stores[1]
    assert held(again) == dict(enumerate(packets(1, 2, 3)))
    assert again.damaged == 1


def test_numbers_go_on_after_the_last_record_where_the_reservation_is_lost():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.stores[1].marks.next_numbers(70_000)
    node.accept(packets(1, 2), 0)
    for slot in "ab":
        medium.write(FOLDER / "memory" / f"store-1.{slot}", b"rubbish")
    assert recorder(medium, draw=lambda bits: 0).stores[1].marks.next == 70_002


def test_a_store_whose_numbers_were_lost_begins_beyond_them():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)
    progress = Durable(FOLDER / "memory", "store-1", StoreProgress(), 1 << 14, medium)
    assert progress.value.reserved == 65537
    for slot in "ab":
        medium.write(FOLDER / "memory" / f"store-1.{slot}", b"rubbish")
    assert recorder(medium, draw=lambda bits: 1 << bits - 1).stores[1].marks.next > 1 << 61
