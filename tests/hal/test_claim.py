"""A folder belongs to one at a time, and to nobody who has ended."""

from pathlib import Path

import pytest

from hal.linux.claim import claim_folder


def test_one_at_a_time(tmp_path):
    folder = tmp_path / "made" / "here"
    with (
        claim_folder(folder, "a node"),
        pytest.raises(BlockingIOError, match="here: a node that still runs keeps its files there"),
        claim_folder(folder, "a node"),
    ):
        raise AssertionError("claimed twice")
    with claim_folder(folder, "a node"):
        pass


def test_errors_of_the_holder_stay_what_they_are(tmp_path):
    with pytest.raises(BlockingIOError, match=r"^mine$"), claim_folder(tmp_path, "a node"):
        raise BlockingIOError("mine")


def test_a_folder_that_cannot_be_made_is_refused():
    with pytest.raises(OSError, match="/proc/none"), claim_folder(Path("/proc/none"), "a node"):
        raise AssertionError("claimed")
