"""Numbers never repeat, and what was acknowledged is remembered in bounded memory."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.recorder.marks import ACKNOWLEDGED_MAX, PROGRESS_OCTETS_MAX, RecordMarks, StoreProgress
from fsw.store.durable import Durable
from tests.fsw.recorded import FOLDER
from tests.hal.recording_medium import RecordingMedium


def marks(medium):
    return RecordMarks(Durable(FOLDER, "store-1", StoreProgress(), PROGRESS_OCTETS_MAX, medium))


@pytest.mark.requirement("FSW-REC-002")
def test_numbers_never_repeat_whenever_the_power_fails():
    taken = 0

    def look(medium):
        for left in medium.after_cut():
            assert marks(left).next_numbers(1) >= taken

    medium = RecordingMedium(on_call=look)
    one = marks(medium)
    for count in (1, 5, 70_000, 1):
        assert one.next_numbers(count) == taken
        one.reserve()
        taken += count


@pytest.mark.requirement("FSW-REC-002")
def test_where_no_reservation_can_be_read_numbers_go_on_from_one_that_is_drawn():
    def fail(call, path):
        if call == "read":
            raise OSError(errno.EIO, "disk")

    medium = RecordingMedium()
    one = marks(medium)
    for _ in range(3):
        one.next_numbers(70_000)
        one.reserve()
    medium.fail = fail
    record = Durable(FOLDER, "store-1", StoreProgress(), PROGRESS_OCTETS_MAX, medium)
    again = RecordMarks(record, lambda bits: 3 << bits - 2)
    assert (again.is_drawn, again.next >= 3 << 60, one.is_drawn) == (True, True, False)
    again.next_numbers(5)
    again.reserve()
    medium.fail = lambda call, path: None
    last = marks(medium)
    assert (last.is_drawn, last.next > again.next) == (False, True)


def test_what_could_not_be_reserved_is_tried_again():
    def fail(call, path):
        if failing:
            raise OSError(errno.EIO, "disk")

    failing = []
    medium = RecordingMedium(fail)
    one = marks(medium)
    failing.append(True)
    assert one.next_numbers(3) == 0
    for _ in range(2):
        with pytest.raises(OSError, match="disk"):
            one.reserve()
    failing.clear()
    one.acknowledge([(0, 1)])  # reserves them too: what is acknowledged must not be given out again
    assert marks(medium).next >= 3
    assert (one.record.value.reserved, one.record.failed) == (65539, 2)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12))
def test_what_is_acknowledged_is_a_set_of_numbers(ranges):
    medium = RecordingMedium()
    one = marks(medium)
    one.next_numbers(80)
    known = {number for start, size in ranges for number in range(start, start + size)}
    for start, size in ranges:
        one.acknowledge([(start, start + size)])
    for each in (one, marks(medium)):
        assert {n for low, high in each.unsettled(0, 80) for n in range(low, high)} == set(range(80)) - known
        assert each.count_unsettled(0, 80) == 80 - len(known)
    one.gone_below(40)
    assert one.count_unsettled(0, 80) == len(set(range(40, 80)) - known)


def test_of_too_many_ranges_the_shortest_is_forgotten():
    medium = RecordingMedium()
    one = marks(medium)
    one.next_numbers(10 * ACKNOWLEDGED_MAX)
    one.acknowledge((10 * at, 10 * at + 2 + (at == 7)) for at in range(ACKNOWLEDGED_MAX))
    assert one.forgotten == 0
    one.acknowledge([(10 * ACKNOWLEDGED_MAX - 5, 10 * ACKNOWLEDGED_MAX - 4)])
    assert one.forgotten == 1
    one.acknowledge([(10 * ACKNOWLEDGED_MAX - 5, 10 * ACKNOWLEDGED_MAX)])
    assert (one.forgotten, one.count_unsettled(70, 73)) == (2, 0)
    again = marks(medium)
    assert list(again.unsettled(0, 5000)) == list(one.unsettled(0, 5000))


def test_what_is_gone_is_neither_waited_for_nor_remembered_with_its_gaps():
    one = marks(RecordingMedium())
    one.next_numbers(10)
    one.acknowledge([(1, 2), (4, 5)])
    one.gone_below(6)
    assert (list(one.unsettled(0, 10)), one.count_unsettled(0, 10)) == ([(6, 10)], 4)
    one.acknowledge([(8, 9)])
    assert one.record.value.acknowledged == [(0, 6), (8, 9)]
