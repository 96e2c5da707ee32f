"""What would be lost at a restart is reported once, tried again, and reported once more when it is kept again."""

import errno

import pytest

from fsw.apps.memory import Memory, MemoryChanged, MemoryDamaged, MemoryFailing, MemoryRestored
from link.pus.services.test import Ping
from link.pus.services.verification import ExecutionStage
from link.pus.source import TcSource
from tests.fsw.memories import FOLDER, numbers_on, request_memory_on
from tests.hal.recording_medium import RecordingMedium


def app_on(medium, units_sent=lambda: 0):
    requests, numbers = request_memory_on(medium), numbers_on(medium)
    return Memory({"requests": requests.record, "numbers": numbers.record}, requests, units_sent)


def test_a_failing_record_is_told_once_and_when_it_is_well_again():
    medium = RecordingMedium()
    app, reason = app_on(medium), "Input/output error"

    def fail(call, path):
        if call == "overwrite" and "numbers" in path.name:
            raise OSError(errno.EIO, reason)

    assert list(app.step(0)) == []
    medium.fail, app.records["numbers"].fault = fail, reason
    assert list(app.step(0)) == [MemoryFailing(record="numbers", reason=reason)]
    assert [list(app.step(0)) for _ in range(3)] == [[]] * 3
    reason = "No space left on device"
    assert list(app.step(0)) == [MemoryFailing(record="numbers", reason=reason)]
    assert app.failed == 5
    medium.fail = lambda call, path: None
    assert list(app.step(0)) == [MemoryRestored(record="numbers")]
    assert list(app.step(0)) == []


def test_a_damaged_copy_is_told_once():
    medium = RecordingMedium()
    app_on(medium)
    medium.write(FOLDER / "numbers.a", b"rubbish")
    app = app_on(medium)
    assert [list(app.step(0)) for _ in range(2)] == [[MemoryDamaged(record="numbers", slots=1)], []]
    assert app.damaged == 1


@pytest.mark.requirement("FSW-RES-012")
def test_a_copy_that_changed_later_is_told_and_stored_again():
    medium = RecordingMedium()
    app = app_on(medium)
    list(app.step(0))
    octets = medium.read(FOLDER / "numbers.a")
    medium.write(FOLDER / "numbers.a", octets[:30] + bytes([octets[30] ^ 1]) + octets[31:])
    changed = MemoryChanged(record="numbers", reason="it is damaged")
    assert [list(app.step(0)) for _ in range(2)] == [[changed], []]
    assert (app.damaged, app_on(medium).damaged) == (1, 0)


@pytest.mark.requirement("FSW-RES-012")
def test_some_records_are_checked_at_a_time():
    medium = RecordingMedium()
    app = app_on(medium)
    numbers, checked = app.records["numbers"], []
    app.records = {str(at): numbers for at in range(5)}
    numbers.check = lambda: checked.append(1) or ""
    for _ in range(5):
        list(app.step(0))
    assert len(checked) == 10


@pytest.mark.parametrize(
    ("sent", "untold"),
    [
        ([4, 8, 12, 16, 20], [1, 1, 1, 1, 0]),
        ([4, 8, 12, 13, 16, 20], [1, 1, 1, 1, 1, 0]),
        ([3, 6, 10, 14, 18, 22], [1, 1, 1, 1, 1, 0]),
        ([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_what_has_ended_counts_as_told_only_after_it_could_be_told(sent, untold):
    """A report counts as sent and repeated once the port took the units after it: a lost port takes one at most."""
    units = iter(sent)
    app = app_on(RecordingMedium(), units_sent=lambda: next(units))
    entry, _ = app.requests.claim(TcSource(65).packet(Ping()).encode())
    app.requests.settle(entry, ExecutionStage.COMPLETION)
    left = []
    for _ in untold:
        list(app.step(0))
        left.append(len(app.requests.untold))
    assert left == untold
