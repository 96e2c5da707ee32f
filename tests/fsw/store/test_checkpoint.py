"""Checkpoints survive a failure after any octet, and rot: the other file stands in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.store.checkpoint import KEY_OCTETS, Checkpoint, Checkpoints
from tests.hal.recording_medium import RecordingMedium

KEY = bytes(range(KEY_OCTETS))


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_newest_is_what_was_saved_last(tmp_path_factory, saved):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("job"), KEY)
    assert checkpoints.newest() is None
    for number, octets in enumerate(saved):
        checkpoints.save(number, octets)
        assert checkpoints.newest() == Checkpoint(number, octets)


def saved_twice(folder):
    Checkpoints(folder, KEY).save(1, b"first")
    Checkpoints(folder, KEY).save(2, b"second")
    return next(path for path in folder.iterdir() if b"second" in path.read_bytes())


def test_torn_anywhere_the_other_stands_in(tmp_path):
    newest = saved_twice(tmp_path)
    whole = newest.read_bytes()
    for cut in range(len(whole)):
        newest.write_bytes(whole[:cut])
        checkpoints = Checkpoints(tmp_path, KEY)
        assert checkpoints.newest() == Checkpoint(1, b"first")
        checkpoints.save(3, b"third")  # replaces the torn one
        assert checkpoints.newest() == Checkpoint(3, b"third")
        assert newest.read_bytes().endswith(b"third")


@pytest.mark.requirement("FSW-JOB-006")
def test_any_flip_and_the_other_stands_in(tmp_path):
    newest = saved_twice(tmp_path)
    whole = newest.read_bytes()
    for bit in range(0, 8 * len(whole), 3):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        newest.write_bytes(flipped)
        assert Checkpoints(tmp_path, KEY).newest() == Checkpoint(1, b"first")


@pytest.mark.requirement("FSW-JOB-006")
def test_no_other_job_is_taken_up(tmp_path):
    Checkpoints(tmp_path, KEY).save(1, b"first")
    assert Checkpoints(tmp_path, bytes(KEY_OCTETS)).newest() is None


@pytest.mark.requirement("FSW-JOB-006")
def test_a_power_cut_at_any_call_leaves_the_last_one_or_the_one_under_way():
    saved = {None}

    def look(medium):
        for left in medium.after_cut():
            survivor = Checkpoints(Path("/jobs/1"), KEY, left).newest()
            assert (survivor and survivor.number) in saved

    medium = RecordingMedium(on_call=look)
    checkpoints = Checkpoints(Path("/jobs/1"), KEY, medium)
    for number in range(1, 5):
        saved.add(number)
        checkpoints.save(number, bytes(number))
        saved = {number}
        look(medium)


def test_a_file_that_cannot_be_read_counts_as_absent(tmp_path):
    newest = saved_twice(tmp_path)
    newest.unlink()
    newest.mkdir()
    assert Checkpoints(tmp_path, KEY).newest() == Checkpoint(1, b"first")
