"""The recorder's app: what it reports of stores that fail, lose records, or are well."""

import errno

import pytest

from fsw.recorder.app import (
    DiskForgot,
    RecorderStatus,
    Recording,
    RecordsDropped,
    StoreFailing,
    StoreRenumbered,
    StoreRestored,
)
from fsw.recorder.setting import SyncPolicy
from tests.fsw.recorded import EAGER, FOLDER, held, packets, recorder, setting
from tests.hal.recording_medium import RecordingMedium

MS, SECOND = 1_000_000, 1_000_000_000


@pytest.mark.requirement("FSW-REC-013")
def test_a_status_comes_every_ten_seconds_and_says_what_waits():
    app = Recording(recorder(policy=EAGER), lambda: 1 << 40)
    app.recorder.accept(packets(1, 2, 3), 0)
    app.recorder.stores[1].marks.acknowledge([(0, 1)])
    (status,) = app.step(0)
    assert isinstance(status, RecorderStatus)
    assert (status.waiting, status.retrieved, status.unrecorded) == (2, 0, (1 << 32) - 1)
    assert [len(list(app.step(second * SECOND))) for second in (9, 10, 11, 20)] == [0, 1, 0, 1]


def test_the_app_is_due_when_records_are_to_be_made_safe():
    app = Recording(recorder(policy=SyncPolicy(ms=500)), int)
    assert app.due_ns is None
    app.recorder.accept(packets(1), 7)
    assert app.due_ns == 7 + 500 * MS
    list(app.step(app.due_ns))
    assert app.due_ns is None


@pytest.mark.requirement("FSW-REC-011")
def test_a_store_that_fails_is_reported_once_and_so_is_its_end():
    broken = [OSError(errno.EIO, "Input/output error")]

    def fail(call, path):
        if broken and path.suffix == ".segment":
            raise broken[0]

    app = Recording(recorder(RecordingMedium(fail), setting(), setting(2), policy=EAGER), int)
    app.recorder.accept(packets(1), 0)
    failing, other, status = app.step(0)
    assert (failing, other.store) == (StoreFailing(store=1, reason="Input/output error"), 2)
    assert (status.failing, status.failures) == (2, 2)
    assert list(app.step(1)) == []
    broken.clear()
    restored = [one for second in range(1, 60) for one in app.step(second * SECOND)]
    assert [one for one in restored if isinstance(one, StoreRestored)] == [
        StoreRestored(store=1),
        StoreRestored(store=2),
    ]


@pytest.mark.requirement("FSW-REC-011")
def test_a_failure_that_ends_with_the_next_step_is_reported_too():
    broken = [OSError(errno.ENOSPC, "No space left on device")]

    def fail(call, path):
        if broken and path.suffix == ".segment":
            raise broken.pop()

    app = Recording(recorder(RecordingMedium(fail), setting(), policy=EAGER), int)
    app.recorder.accept(packets(1), 0)
    told = [type(one) for one in app.step(5 * SECOND)]
    assert told == [StoreFailing, StoreRestored, RecorderStatus]


@pytest.mark.requirement("FSW-REC-002")
def test_numbers_that_cannot_be_read_at_the_start_are_told_and_not_used_again():
    calls = set()

    def fail(call, path):
        if call in calls:
            raise OSError(errno.EIO, "Input/output error")

    medium = RecordingMedium(fail)
    before = recorder(medium, policy=EAGER)
    before.accept(packets(*range(20)), 0)
    calls |= {"read", "names"}
    app = Recording(recorder(medium, policy=EAGER, draw=lambda bits: 1 << bits - 1), int)
    calls.clear()
    assert [one.number >= 1 << 61 for one in app.step(0) if isinstance(one, StoreRenumbered)] == [True]
    app.recorder.accept(packets(20), 0)
    assert min(held(app.recorder.stores[1])) >= 1 << 61
    assert [one for one in app.step(SECOND) if isinstance(one, StoreRenumbered)] == []
    after = recorder(medium, policy=EAGER)
    assert len(held(after.stores[1])) == 21


@pytest.mark.requirement("FSW-REC-017")
def test_a_disk_that_lost_what_it_had_confirmed_is_told_of_once():
    medium = RecordingMedium()
    before, slots = recorder(medium, policy=EAGER), [FOLDER / "memory" / f"store-1.{slot}" for slot in "ab"]
    before.accept(packets(1), 0)
    old = medium.read(slots[0])
    before.stores[1].marks.next_numbers(70_000)
    before.accept(packets(2), 0)
    assert not [one for one in Recording(recorder(medium), int).step(0) if isinstance(one, DiskForgot)]
    medium.write(slots[0], old)
    medium.remove(slots[1])
    app = Recording(recorder(medium), int)
    told = [[one for one in app.step(at * SECOND) if isinstance(one, DiskForgot)] for at in range(2)]
    assert told == [[DiskForgot(store=1)], []]


@pytest.mark.requirement("FSW-REC-012")
def test_what_makes_room_unacknowledged_is_reported():
    app = Recording(recorder(None, setting(octets=1 << 17), octets_max=100_000, policy=EAGER), int)
    for number in range(200):
        app.recorder.accept(packets(number, size=1000), 0)
    *dropped, status = app.step(0)
    assert {(type(one), one.store) for one in dropped} == {(RecordsDropped, 1)}
    assert sum(one.records for one in dropped) == status.dropped > 50
