"""All records that survive a restart are in one folder, each under its own name."""

from pathlib import Path

import msgspec
import pytest

from fsw.store.records import Records
from tests.hal.recording_medium import RecordingMedium


class Count(msgspec.Struct, frozen=True):
    count: int = 0


def test_each_record_survives_under_its_name():
    medium = RecordingMedium()
    before = Records(Path("/memory"), medium)
    before.open("one", Count(), 64).store(Count(1))
    before.open("two", Count(), 64).store(Count(2))
    after = Records(Path("/memory"), medium)
    assert [after.open(name, Count(), 64).value for name in ("one", "two")] == [Count(1), Count(2)]
    assert [(name, record.value.count) for name, record in after.opened.items()] == [
        ("memory of one", 1),
        ("memory of two", 2),
    ]


def test_a_name_is_opened_once():
    records = Records(Path("/memory"), RecordingMedium())
    records.open("one", Count(), 64)
    with pytest.raises(AssertionError, match="one"):
        records.open("one", Count(), 64)


def test_names_are_made_safe_once_for_all_and_until_it_succeeds():
    folder, medium = Path("/memory"), RecordingMedium()
    before = Records(folder, medium)
    for name in ("one", "two", "three"):
        before.open(name, Count(), 64).store(Count(1))
    failing = [True]

    def fail(call, path):
        if (call, path) == ("sync", folder) and failing and failing.pop():
            raise OSError(5, "the disk fails")

    medium.fail = fail
    medium.calls.clear()
    after = Records(folder, medium)
    assert [after.open(name, Count(), 64).fault for name in ("one", "two", "three")] == ["the disk fails", "", ""]
    assert medium.calls.count(("sync", folder)) == 1
