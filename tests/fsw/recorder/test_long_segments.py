"""Long segments, of which a start looks at the ends: nothing is lost, doubled or told otherwise than by reading all."""

import errno

import pytest

from tests.fsw.recorded import EAGER, SEGMENTS, START_NS, held, packet, packets, played, recorder, setting
from tests.hal.recording_medium import RecordingMedium

S = 1_000_000_000
COUNT, SIZE = 100, 300  # a segment of 35 KiB
ROOMY = setting(octets=1 << 20)


class Watched(RecordingMedium):
    """Notes the names of the segments that are read as a whole."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.reads = []

    def read(self, path):
        if path.suffix == ".segment":
            self.reads.append(path.name)
        return super().read(path)

    def read_part(self, path, offset, size):
        return super().read(path)[offset : offset + size]


def written(*, starts=2):
    """A medium on which each of so many starts wrote a long segment, and their records by number."""
    medium = Watched()
    for start in range(starts):
        node = recorder(medium, ROOMY, policy=EAGER)
        node.accept(packets(*range(start * COUNT, (start + 1) * COUNT), size=SIZE), 0)
    return medium, held(node.stores[1])


def watched(medium):
    """Start anew; the recorder, and the names of the segments that it reads as a whole from now on."""
    medium.reads.clear()
    return recorder(medium, ROOMY, policy=EAGER), medium.reads


def damage(medium, path, at):
    whole = medium.read(path)
    medium.write(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


@pytest.mark.requirement("FSW-REC-015")
def test_a_start_reads_no_long_segment_and_knows_its_numbers_and_times():
    medium, there = written()
    node, reads = watched(medium)
    (store,) = node.stores.values()
    assert not reads
    assert [(one.contents.first, one.contents.last) for one in store.segments] == [(0, 99), (65636, 65735)]
    assert [one.contents.oldest_ns for one in store.segments] == [START_NS, START_NS + 100 * S]
    assert store.marks.count_unsettled(0, store.marks.next) == len(there) == 2 * COUNT
    assert store.octets == sum(len(medium.read(one.path)) for one in store.segments)
    node.retrievals[1].resume(0)
    assert dict(played(node)) == there
    assert held(store) == there
    assert store.damaged == store.failures == 0


def test_what_the_ground_has_is_not_read():
    medium, _ = written()
    node, reads = watched(medium)
    node.stores[1].marks.acknowledge([(0, COUNT)])
    node.retrievals[1].resume(0)
    assert len(played(node)) == COUNT
    assert set(reads) == {node.stores[1].segments[1].path.name}


@pytest.mark.requirement("FSW-REC-015")
def test_the_middle_is_read_in_time_and_what_is_damaged_there_is_told():
    medium, there = written()
    node, _ = watched(medium)
    path = node.stores[1].segments[0].path
    damage(medium, path, len(medium.read(path)) // 2)
    node, reads = watched(medium)
    for second in range(4):
        assert len(reads) == max(0, second - 1)
        assert node.next_due_ns == (second * S if second in {1, 2} else None)
        node.step(second * S)
    assert (len(reads), node.next_due_ns, node.stores[1].damaged) == (2, None, 1)
    assert all(one.is_read for one in node.stores[1].segments)
    assert node.stores[1].marks.count_unsettled(0, node.stores[1].marks.next) == len(there) - 1


@pytest.mark.parametrize("at", [0, 30, -30, -400])
def test_where_an_end_is_damaged_all_is_read(at):
    medium, there = written(starts=1)
    path = SEGMENTS / f"00001-{0:020}.segment"
    damage(medium, path, at % len(medium.read(path)))
    node, reads = watched(medium)
    assert reads == [path.name]
    assert len(there) - 1 <= len(held(node.stores[1])) <= len(there)


def test_a_torn_end_is_judged_by_all_before_it():
    medium, there = written(starts=1)
    path = SEGMENTS / f"00001-{0:020}.segment"
    medium.write(path, medium.read(path)[:-1])
    node, reads = watched(medium)
    assert reads == [path.name]
    assert held(node.stores[1]) == {number: one for number, one in there.items() if number < COUNT - 1}


def test_large_packets_leave_no_two_at_the_end():
    medium = Watched()
    node = recorder(medium, ROOMY, policy=EAGER)
    node.accept(packets(*range(8), size=4000), 0)
    node, reads = watched(medium)
    assert len(reads) == 1
    assert len(held(node.stores[1])) == 8


def test_what_stands_twice_after_a_failed_sync_is_read_once():
    def fail(call, path):
        if call == "sync" and path.suffix == ".segment" and syncs and syncs.pop():
            raise OSError(errno.EIO, "the disk fails")

    syncs = [False, True, False]
    medium = Watched(fail)
    node = recorder(medium, ROOMY, policy=EAGER)
    for start in (0, COUNT):
        node.accept(packets(*range(start, start + COUNT), size=SIZE), 0)
    node.step(S)
    there = held(node.stores[1])
    node, reads = watched(medium)
    assert reads == [node.stores[1].segments[0].path.name]
    assert [one.contents.records for one in node.stores[1].segments] == [COUNT, COUNT]
    assert held(node.stores[1]) == there


def test_the_newest_is_made_safe_at_once_the_others_when_they_are_read():
    medium, there = written()
    medium.calls.clear()
    node = recorder(medium, ROOMY, policy=EAGER)
    first, second = (one.path for one in node.stores[1].segments)
    synced = [path for call, path in medium.calls if call == "sync"]
    assert second in synced
    assert first not in synced
    node.retrievals[1].resume(0)
    assert dict(played(node)) == there
    assert ("sync", first) in medium.calls


@pytest.mark.requirement("FSW-REC-015")
def test_one_that_cannot_be_read_later_is_tried_again_when_it_is_asked_for():
    medium, there = written(starts=1)
    node, _ = watched(medium)

    def fail(call, path):
        if (call, path.suffix) == ("read", ".segment"):
            raise OSError(errno.EIO, "the disk fails")

    medium.fail = fail
    node.step(0)
    node.step(S)
    assert (node.stores[1].failures, node.next_due_ns) == (1, None)
    node.retrievals[1].resume(0)
    assert played(node) == []
    medium.fail = lambda call, path: None
    assert dict(played(node, 30 * S)) == there


def test_one_that_is_gone_or_was_read_meanwhile_is_left_alone():
    medium, _ = written(starts=3)
    node, reads = watched(medium)
    store = node.stores[1]
    store.remove(store.segments[2])
    store.read(store.segments[1])
    for second in range(5):
        node.step(second * S)
    assert (len(reads), store.failures, store.damaged) == (2, 0, 0)


def test_times_decide_what_is_deleted_of_one_that_was_not_read():
    medium = Watched()
    node = recorder(medium, ROOMY, policy=EAGER)
    early = packet(7, SIZE, utc_ns=START_NS - S)
    node.accept([*packets(*range(50), size=SIZE), early, *packets(*range(50, COUNT), size=SIZE)], 0)
    node, _ = watched(medium)
    node.stores[1].delete_up_to(START_NS - 1, 0)
    assert list(held(node.stores[1])) == [*range(50), *range(51, COUNT + 1)]
