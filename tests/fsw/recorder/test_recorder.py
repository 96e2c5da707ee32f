"""Stores together: what goes where, what is dropped first, what is played first, and what survives of settings."""

import errno
from itertools import pairwise

import pytest

from fsw.recorder.recorder import STORES_MAX
from fsw.recorder.retrieval import EVER_NS
from fsw.recorder.segment_files import SegmentFiles
from fsw.recorder.setting import SyncPolicy
from link.packets.space_packet import SpacePacket
from link.pus.services.verification import RefusedError
from tests.fsw.recorded import EAGER, FOLDER, SEGMENTS, START_NS, held, packet, packets, played, recorder, setting
from tests.hal.recording_medium import RecordingMedium

MS = 1_000_000


@pytest.mark.requirement("FSW-REC-006")
def test_packets_go_to_the_stores_that_choose_their_kinds():
    stores = [
        setting(1, chosen=((65, 5, None),)),
        setting(2, chosen=((65, 3, 25), (66, None, None))),
        setting(3, is_storing=False),
        setting(4),
    ]
    node = recorder(None, *stores, policy=EAGER)
    event, sample, other = packet(1, service=5, subtype=1), packet(2), packet(3, apid=66, service=1, subtype=1)
    bare = SpacePacket(67, 0, b"x").encode(), START_NS
    for _ in range(2):  # the second time by what was found the first time
        node.accept([event, sample, other, bare], 0)
    found = [list(held(node.stores[number]).values()) for number in (1, 2, 3, 4)]
    assert found == [[event] * 2, [sample, other] * 2, [], [event, sample] * 2]
    node.set(setting(3, chosen=((67, 0, None),)), setting(1, is_storing=False))
    node.accept([event, bare], 0)
    assert list(held(node.stores[3]).values()) == [bare]
    assert len(held(node.stores[1])) == 2


def filled(node, store, numbers, monotonic_ns=0, size=1000):
    for number in numbers:
        node.put(node.stores[store], packets(number, size=size), monotonic_ns)


@pytest.mark.requirement("FSW-REC-004")
def test_what_is_acknowledged_goes_first_then_what_is_least_important_then_the_oldest():
    stores = [setting(number, octets=1 << 17, priority=number) for number in (1, 2, 3)]
    node = recorder(None, *stores, octets_max=100_000, policy=EAGER)
    filled(node, 2, range(30))
    filled(node, 1, range(30, 60))
    filled(node, 3, range(60, 90))
    (first, _) = node.stores[3].segments
    node.stores[3].marks.acknowledge([(0, first.contents.last + 1)])
    before = {number: set(held(node.stores[number])) for number in (1, 2, 3)}
    filled(node, 3, range(90, 100))
    assert (node.expired, sum(node.dropped.values())) == ({3: first.contents.records}, 0)
    assert min(held(node.stores[3])) == first.contents.last + 1
    assert [set(held(node.stores[number])) for number in (1, 2)] == [before[1], before[2]]
    filled(node, 3, range(100, 120))
    assert set(held(node.stores[1])) < before[1]
    assert (set(held(node.stores[2])), node.dropped[1] > 0) == (before[2], True)
    filled(node, 3, range(120, 200))
    assert held(node.stores[1]) == held(node.stores[2]) == {}
    assert [node.dropped[number] for number in (1, 2)] == [30, 30]
    told = node.drain_dropped()
    assert [one.store for one in told] == sorted(one.store for one in told)
    assert sum(one.unacknowledged for one in told) == sum(node.dropped.values())
    assert told[0].kinds == {(65, 3, 25)}
    assert (told[0].oldest_ns, told[0].priority) == (packet(30)[1], 1)
    assert node.drain_dropped() == []
    assert node.octets <= 100_000


@pytest.mark.requirement("FSW-REC-005")
def test_nothing_pushes_out_what_is_more_important():
    node = recorder(
        None, setting(1, octets=1 << 17, priority=1), setting(2, octets=1 << 17, priority=2), octets_max=1 << 16,
        policy=EAGER)  # fmt: skip
    filled(node, 2, range(80))
    there = held(node.stores[2])
    node.octets_max = node.octets
    filled(node, 1, range(80, 90))
    assert held(node.stores[2]) == there
    assert node.stores[1].refused == 10


def test_a_loss_that_nobody_fetches_is_still_counted():
    node = recorder(None, setting(octets=1 << 16), policy=EAGER)
    filled(node, 1, range(700))
    assert len(node._dropped) == 64
    assert node.unreported > 0
    lost = node.dropped[0]
    assert lost == min(held(node.stores[1]))
    assert sum(one.records for one in node.drain_dropped()) < lost


def test_a_segment_that_cannot_be_deleted_keeps_no_other_from_making_room():
    medium = RecordingMedium()
    node = recorder(medium, setting(octets=1 << 16), policy=EAGER)
    filled(node, 1, range(40))
    stuck = node.stores[1].segments[0].path

    def fail(call, path):
        if (call, path) == ("remove", stuck):
            raise OSError(errno.EIO, "disk")

    medium.fail = fail
    filled(node, 1, range(40, 100))
    assert node.stores[1].segments[0].path == stuck
    assert list(held(node.stores[1]).values())[-1] == packet(99, 1000)
    assert node.stores[1].failures > 0
    medium.fail = lambda call, path: None if call != "remove" else fail(call, stuck)
    filled(node, 1, range(100, 160))
    assert node.stores[1].refused > 0


def test_on_a_full_disk_the_least_valuable_segment_makes_room():
    full = {"is": False}

    def fail(call, path):
        if full["is"] and call in {"append", "write"} and path.suffix == ".segment":
            raise OSError(errno.ENOSPC, "No space left on device")

    medium = RecordingMedium(fail, on_call=lambda m: full.update({"is": False}) if m.calls[-1][0] == "remove" else None)
    node = recorder(medium, setting(octets=1 << 20, priority=2), setting(2, octets=1 << 20, priority=1), policy=EAGER)
    filled(node, 2, range(5))
    filled(node, 1, range(5, 10))
    full["is"] = True
    filled(node, 1, [10])
    assert node.stores[1].disk_is_full
    assert node.next_due_ns == 1000 * MS
    node.step(1000 * MS)
    assert (node.dropped, held(node.stores[2])) == ({1: 5}, {})
    assert list(held(node.stores[1]).values()) == packets(*range(5, 11), size=1000)


def test_a_disk_that_stays_full_costs_one_segment_an_attempt_and_attempts_grow_rare():
    def fail(call, path):
        if failing and call in {"append", "write"} and path.suffix == ".segment":
            attempts.append(now_ms)
            raise OSError(errno.ENOSPC, "No space left on device")

    failing, attempts, now_ms = [], [], 0
    node = recorder(RecordingMedium(fail), setting(octets=1 << 16), policy=SyncPolicy(octets=1, retry_ms_max=8_000))
    for number in range(40):
        filled(node, 1, [number])
    before = len(node.stores[1].segments)
    failing.append(True)
    filled(node, 1, [40])
    for now_ms in range(0, 60_000, 100):
        node.step(now_ms * MS)
        filled(node, 1, [41 + now_ms // 100], now_ms * MS)
    assert attempts == [0, 1_000, 3_000, 7_000, 15_000, 23_000, 31_000, 39_000, 47_000, 55_000]
    assert len(node.stores[1].segments) == max(0, before - len(attempts) + 1)
    failing.clear()
    node.step(63_000 * MS)
    assert node.next_due_ns is None
    failing.append(True)
    filled(node, 1, [900], 70_000 * MS)
    assert node.next_due_ns == 71_000 * MS


def test_a_copy_waits_while_its_target_fails():
    def fail(call, path):
        if failing and path.name.startswith("00002-") and path.suffix == ".segment":
            raise OSError(errno.EIO, "disk")

    failing = []
    node = recorder(RecordingMedium(fail), setting(), setting(2, chosen=()), policy=EAGER)
    filled(node, 1, range(200))
    failing.append(True)
    node.copy(node.stores[1], 2, EVER_NS)
    for second in range(10):
        node.step(second * 100 * MS)
    assert node.next_due_ns == 1000 * MS
    failing.clear()
    for second in range(1, 9):
        node.step(second * 1000 * MS)
    assert node.next_due_ns is None
    assert list(held(node.stores[2]).values()) == packets(*range(200), size=1000)


def test_a_store_that_cannot_be_flushed_costs_no_other():
    def fail(call, path):
        if path.name.startswith("00001-") and path.suffix == ".segment":
            raise OSError(errno.EIO, "disk")

    node = recorder(RecordingMedium(fail), setting(), setting(2), policy=SyncPolicy())
    node.accept(packets(1), 0)
    with pytest.raises(OSError, match="disk"):
        node.flush(0)
    assert [one.durable for one in node.stores.values()] == [0, 1]


@pytest.mark.requirement("FSW-REC-014")
def test_the_most_important_store_is_played_first():
    node = recorder(None, setting(1, priority=1), setting(2, priority=2), policy=EAGER)
    node.accept(packets(1, 2), 0)
    for retrieval in node.retrievals.values():
        retrieval.resume(0)
    assert node.next_due_ns is None
    runs = [node.play(1000, 0) for _ in range(3)]
    assert [run and run.store for run in runs] == [2, 1, None]


def test_a_store_that_may_not_go_keeps_no_other_back():
    node = recorder(None, setting(1, priority=1), setting(2, priority=2), policy=EAGER)
    node.accept(packets(1), 0)
    node.accept_sign(0)
    assert node.play(1000, 0, lambda one: one.number == 1).store == 1
    assert node.play(1000, 0, lambda one: one.number == 1) is None


def sent(node, second):
    return [number for number, _ in played(node, second * 1000 * MS)]


@pytest.mark.requirement("FSW-REC-009")
def test_what_is_not_acknowledged_is_sent_again_after_a_while():
    node = recorder(policy=EAGER, patience_s=30)
    node.accept(packets(1, 2, 3), 0)
    retrieval, marks = node.retrievals[1], node.stores[1].marks
    assert (played(node), node.next_play_ns()) == ([], None)
    retrieval.resume(0)
    assert sent(node, 5) == [0, 1, 2]
    assert node.next_play_ns() == 30_000 * MS
    marks.acknowledge([(1, 2)])
    assert [sent(node, second) for second in (6, 34)] == [[], []]  # at 30 s nothing was sent long enough ago
    assert node.next_play_ns() == 64_000 * MS
    assert [sent(node, second) for second in (63, 64, 65, 93)] == [[], [0, 2], [], []]
    marks.acknowledge([(0, 3)])
    assert node.next_play_ns() is None
    assert sent(node, 200) == []
    retrieval.suspend()
    assert (node.next_play_ns(), sent(node, 300)) == (None, [])


def test_what_is_recorded_meanwhile_has_time_to_be_acknowledged_live():
    node = recorder(policy=EAGER, patience_s=32)
    node.retrievals[1].resume(0)
    told = set()
    for second in range(100):
        node.accept(packets(second), second * 1000 * MS)
        numbers = sent(node, second)
        assert all(number % 7 == 0 and number <= second - 32 for number in numbers)
        told.update(numbers)
        if second % 10 == 0:  # the ground has all but every seventh
            ours = [number for number in range(second) if number % 7]
            node.stores[1].marks.acknowledge((number, number + 1) for number in ours)
    assert told == set(range(0, 64, 7))
    assert node.next_play_ns()


def test_a_retrieval_remembers_little_however_often_it_is_asked():
    node = recorder(policy=EAGER, patience_s=32)
    retrieval = node.retrievals[1]
    retrieval.resume(0)
    for at in range(300):
        node.accept(packets(at), at * 100 * MS)
        assert retrieval.next(1000, at * 100 * MS) is None
    assert len(retrieval._recorded._reached) <= 16


def test_open_retrieval_ends_when_the_ground_is_silent_and_begins_anew_with_its_next_sign():
    node = recorder(policy=EAGER)
    node.accept(packets(0, 1), 0)
    assert (played(node), node.next_play_ns()) == ([], None)
    node.accept_sign(0)
    assert [number for number, _ in played(node)] == [0, 1]
    node.accept_sign(60_000 * MS)  # it lives: what waits is sent again in its time
    assert [number for number, _ in played(node, 60_000 * MS)] == [0, 1]
    node.accept(packets(2), 70_000 * MS)
    assert [number for number, _ in played(node, 179_999 * MS)] != []
    assert (played(node, 180_000 * MS), node.next_play_ns()) == ([], None)
    node.accept(packets(3), 1_000_000 * MS)
    node.stores[1].marks.acknowledge([(0, 1)])
    node.accept_sign(1_000_000 * MS)
    assert [number for number, _ in played(node, 1_000_000 * MS)] == [1, 2, 3]


def test_old_records_are_sent_again_also_while_new_ones_come():
    node = recorder(policy=EAGER, patience_s=32)
    node.accept(packets(0), 0)
    node.retrievals[1].resume(0)
    told = []
    for second in range(1, 200):
        node.accept(packets(second), second * 1000 * MS)
        node.accept_sign(second * 1000 * MS)
        told += [(second, number) for number in sent(node, second)]
        node.stores[1].marks.acknowledge([(1, second)])
    assert [number for _, number in told] == [0] * len(told)
    seconds = [second for second, _ in told]
    assert seconds[0] == 1
    assert all(32 <= after - before <= 66 for before, after in pairwise(seconds))
    assert len(seconds) >= 4


def test_runs_are_of_consecutive_records_and_bounded():
    node = recorder(policy=EAGER)
    node.accept(packets(*range(10), size=80), 0)
    node.stores[1].marks.acknowledge([(4, 5)])
    node.retrievals[1].resume(0)
    runs = []
    while run := node.play(220, 0):
        runs.append([one.number for one in run.records])
    assert runs == [[0, 1], [2, 3], [5, 6], [7, 8], [9]]
    node.retrievals[1].resume(0)
    assert len(node.play(1, 0).records) == 1


def test_open_retrieval_begins_at_a_time():
    node = recorder(policy=EAGER)
    node.accept(packets(1, 2, 3), 0)
    retrieval = node.retrievals[1]
    assert retrieval.reached_ns == packet(1)[1]
    retrieval.start_ns = packet(2)[1]
    retrieval.resume(0)
    assert [number for number, _ in played(node)] == [1, 2]
    assert retrieval.reached_ns == packet(2)[1]
    retrieval.start_ns = 0
    node.accept(packets(4), 0)
    assert retrieval.reached_ns == packet(1)[1]  # the oldest one of the segment in which the next record is


@pytest.mark.parametrize("end", [0, 1])
def test_a_copy_has_what_was_there_when_it_began(end):
    node = recorder(None, setting(1), setting(2, is_storing=False), policy=EAGER)
    node.accept(packets(*range(200), size=1000), 0)
    node.copy(node.stores[1], 2, (packet(10)[1], packet(150)[1]) if end else EVER_NS)
    assert node.is_copying(1)
    assert node.is_copying(2)
    assert node.next_due_ns == 0
    node.step(0)
    assert 0 < len(held(node.stores[2])) < 100
    node.accept(packets(200, size=1000), 0)
    while node.is_copying(2):
        node.step(0)
    assert list(held(node.stores[2]).values()) == packets(*(range(10, 151) if end else range(200)), size=1000)
    assert node.next_due_ns is None


@pytest.mark.requirement("FSW-REC-006")
def test_settings_survive_a_restart_and_stores_come_and_go():
    medium = RecordingMedium()
    node = recorder(medium, policy=EAGER)
    node.set(setting(2, priority=9, chosen=((65, 3, None),)))
    node.accept(packets(1), 0)
    for left in medium.after_cut():
        again = recorder(left)
        assert {number: one.setting for number, one in again.stores.items()} == {
            1: setting(1), 2: setting(2, priority=9, chosen=((65, 3, None),))}  # fmt: skip
        assert held(again.stores[2]) == {0: packet(1)}
    node.copy(node.stores[1], 2, EVER_NS)
    node.delete(2)
    node.step(0)
    assert not node.is_copying(1)
    for left in medium.after_cut():
        assert set(recorder(left).stores) == {1}
    node.set(setting(2))
    node.accept(packets(2), 0)
    assert min(held(node.stores[2])) > 1  # numbers go on
    node.delete(2)
    node.delete(1)
    assert (node.octets, node.play(100, 0)) == (0, None)
    with pytest.raises(RefusedError, match="32 stores"):
        node.set(*map(setting, range(STORES_MAX + 1)))


def test_a_range_is_sent_once_before_what_is_open():
    node = recorder(policy=EAGER)
    node.accept(packets(*range(6)), 0)
    node.stores[1].marks.acknowledge([(0, 6)])
    node.retrieve_range(1, (packet(2)[1], packet(3)[1]))
    node.retrievals[1].resume(0)
    assert [number for number, _ in played(node)] == [2, 3]
    assert node.ranges == {}
    node.retrieve_range(1, EVER_NS)
    node.accept(packets(6), 0)
    assert sent(node, 0) == [0, 1, 2, 3, 4, 5]
    assert sent(node, 30) == [6]


def test_a_store_whose_setting_is_lost_is_found_by_its_segments():
    medium = RecordingMedium()
    node = recorder(medium, setting(3), policy=EAGER)
    node.accept(packets(1), 0)
    for name in ("99999-00000000000000000000.segment", "00001-99999999999999999999.segment", "strange"):
        medium.write(SEGMENTS / name, b"")
    again = recorder(medium, setting(1))
    assert set(again.stores) == {1, 3}
    assert held(again.stores[3]) == {0: packet(1)}
    assert not again.stores[3].setting.is_storing


def test_a_folder_that_is_not_ours_is_told_and_left_alone():
    medium = RecordingMedium()
    for folder in (FOLDER, SEGMENTS):
        medium.make_folder(folder)
    medium.write(SEGMENTS / "theirs", b"")
    node = recorder(medium, policy=EAGER)
    node.accept(packets(1), 0)
    assert "not ours" in node.stores[1].fault
    assert medium.names(SEGMENTS) == ["theirs"]


def test_a_folder_that_cannot_be_listed_is_counted():
    def fail(call, path):
        if call == "names":
            raise OSError(errno.EIO, "disk")

    assert recorder(RecordingMedium(fail)).failures == 1
    assert list(SegmentFiles(FOLDER, RecordingMedium()).found()) == []


def test_flush_raises_what_the_medium_says():
    def fail(call, path):
        if path.suffix == ".segment":
            raise OSError(errno.EIO, "disk")

    node = recorder(RecordingMedium(fail), policy=SyncPolicy())
    with pytest.raises(OSError, match="disk"):
        node.accept(packets(1), 0) or node.flush(0)
