"""What the processes app tells of starts, and of what a node lacks."""

import pytest

from fsw.apps.processes import Degraded, ExecutiveStarted, Processes, ProcessStatus
from fsw.supervisor.messages import Start
from fsw.supervisor.resets import Resets, open_resets


def app(folder, counts, start=(1, "", {}, False), lacks="", **facts):
    record = open_resets(folder)
    record.store(Resets(counts, **facts))
    return Processes(Start(*start), record, lacks)


def test_the_first_one_of_all_has_nothing_to_tell_but_counts(tmp_path):
    first, *rest = app(tmp_path, {"power-on": 1}, unstable=1).step(0)
    assert rest == []
    assert (first.incarnation, first.power_ons, first.unstable, first.is_safe, first.is_degraded) == (1, 1, 1, 0, 0)
    assert first.decode(first.encode()) == first


@pytest.mark.requirement("FSW-SUP-014")
def test_a_later_one_tells_once_why_it_is_there_and_what_it_lacks(tmp_path):
    one = app(tmp_path, {}, (7, "hang", {}, True), "no real-time priority (Operation not permitted)")
    started, degraded, status = one.step(0)
    assert started == ExecutiveStarted(incarnation=7, cause="hang")
    assert degraded == Degraded(lacks="no real-time priority (Operation not permitted)")
    assert (status.is_safe, status.is_degraded, status.priority, status.is_locked) == (1, 1, 0, 0)
    assert [type(report) for report in one.step(1)] == [ProcessStatus]


@pytest.mark.requirement("FSW-SUP-013")
def test_what_the_operating_system_granted_is_told(tmp_path):
    record = open_resets(tmp_path)
    (status,) = Processes(Start(1, "", {}, False), record, priority=10, is_locked=True).step(0)
    assert (status.is_degraded, status.priority, status.is_locked) == (0, 10, 1)


def test_each_cause_is_counted_in_one_place(tmp_path):
    causes = [
        "power-on",
        "watchdog",
        "supervisor",
        "hang",
        "exception",
        "commanded",
        "ended",
        "refused",
        "of another version",
    ]
    counts = {cause: 1 << number for number, cause in enumerate(causes)}
    counts |= {"SIGSEGV": 1000, "SIGKILL": 500, "signal 42": 3}
    (status,) = app(tmp_path, counts, unstable=70_000, board_resets=300).step(0)
    said = ("power_ons", "watchdog_resets", "supervisors", "hangs", "exceptions", "commanded")
    assert [getattr(status, name) for name in said] == [1, 2, 4, 8, 16, 32]
    assert (status.others, status.crashes) == (64 + 128 + 256, 1503)
    assert (status.unstable, status.board_resets) == (65_535, 255)


def test_counts_beyond_their_field_stay_at_its_end(tmp_path):
    everything = ["power-on", "watchdog", "supervisor", "hang", "exception", "commanded", "ended", "SIGSEGV"]
    (status,) = app(tmp_path, dict.fromkeys(everything, (1 << 32) - 1), (1 << 20, "", {}, False)).step(0)
    assert status.incarnation == status.hangs == status.crashes == status.others == 65_535
    assert status.decode(status.encode()) == status
