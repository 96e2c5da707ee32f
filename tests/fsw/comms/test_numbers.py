"""No number comes twice, whenever the power fails; and a packet costs no write."""

import errno

import pytest

from fsw.comms.numbers import _BLOCK, NAMES_MAX
from tests.fsw.memories import numbers_on
from tests.hal.recording_medium import RecordingMedium


class Killed(BaseException):
    """The power has failed."""


def test_names_count_from_zero_each_for_itself():
    numbers = numbers_on()
    assert [numbers.next(name) for name in ("a", "b", "a", "a")] == [0, 0, 1, 2]


@pytest.mark.requirement("FSW-RES-007")
def test_the_power_fails_at_every_call():
    for call in range(1, 40):

        def look(medium, call=call):
            if len(medium.calls) == call:
                raise Killed

        medium, used, boots = RecordingMedium(on_call=look), {}, 0
        try:
            for _ in range(2):
                numbers = numbers_on(medium)
                boots = numbers.boots
                for number in range(_BLOCK + 10):
                    for name in "ab"[: 1 + (number > 5)]:
                        used[name] = numbers.next(name)
        except Killed:
            pass
        for left in medium.after_cut():
            again = numbers_on(left)
            assert again.boots > boots
            for name, last in used.items():
                assert again.next(name) > last


def test_a_block_costs_one_write():
    medium = RecordingMedium()
    numbers = numbers_on(medium)
    for _ in range(10):
        numbers.next("a")
    before = len(medium.calls)
    for _ in range(_BLOCK):
        numbers.next("a")
    assert sum(call == "overwrite" for call, _ in medium.calls[before:]) == 1


def test_starts_are_counted():
    medium = RecordingMedium()
    assert [numbers_on(medium).boots for _ in range(3)] == [1, 2, 3]


def test_as_many_names_as_there_may_be_fit():
    numbers = numbers_on()
    for number in range(NAMES_MAX):
        numbers._next[f"2047/{number:03d},{number:03d}".ljust(20, "x")] = 1 << 40
    numbers._reserve()
    assert numbers.record.fault == ""


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_on_a_failing_medium_it_counts_all_the_same(reason):
    def fail(call, path):
        if call not in ("read", "names"):
            raise OSError(reason, "failing")

    numbers = numbers_on(RecordingMedium(fail))
    assert [numbers.next("a") for _ in range(_BLOCK + 5)] == list(range(_BLOCK + 5))
    assert numbers.record.fault == "failing"
    assert numbers.record.failed == 3
