"""Starts are counted by cause, over restarts of the executive, the supervisor and the board."""

import pytest

from fsw.supervisor.messages import Start
from fsw.supervisor.resets import (
    BOARD_RESETS_MAX,
    Resets,
    board_reset_forbidden,
    boot_id,
    calmed,
    noted,
    open_resets,
)
from hal.medium import HostMedium


def start(incarnation=1, cause="", **counts):
    return Start(incarnation, cause, counts, is_safe=False)


@pytest.mark.requirement("FSW-SUP-013")
def test_each_start_has_one_cause():
    resets = noted(Resets(), start(), "boot 1")
    assert resets == Resets({"power-on": 1}, "boot 1", unstable=1)
    resets = noted(resets, start(2, "hang", hang=1), "boot 1")
    resets = noted(resets, start(5, "SIGSEGV", hang=1, SIGSEGV=2), "boot 1")
    assert resets.counts == {"power-on": 1, "hang": 2, "SIGSEGV": 2}
    assert noted(resets, start(), "boot 1").counts["supervisor"] == 1
    assert noted(resets, start(cause="watchdog"), "boot 1").counts["supervisor"] == 1  # the board ran on since
    assert noted(resets, start(cause="watchdog"), "boot 2").counts["watchdog"] == 1
    assert noted(resets, start(), "boot 2").counts["power-on"] == 2


def test_a_calm_flight_ends_a_boot_loop():
    resets = Resets()
    for number in range(4):
        resets = noted(resets, start(), f"boot {number}")
    assert resets.unstable == 4
    assert calmed(resets) == Resets(resets.counts, "boot 3")


def test_counts_end_where_their_field_does():
    full = Resets({"hang": (1 << 32) - 1}, "boot", unstable=(1 << 32) - 1)
    assert noted(full, start(2, "hang", hang=3), "boot") == full


@pytest.mark.requirement("FSW-SUP-013")
def test_the_record_survives(tmp_path):
    record = open_resets(tmp_path)
    record.store(noted(record.value, start(), boot_id()))
    assert open_resets(tmp_path).value == record.value
    assert len(boot_id()) == 36


def test_a_kernel_without_names_of_boots_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr("fsw.supervisor.resets._BOOT_ID", tmp_path / "none")
    assert boot_id() == ""


@pytest.mark.requirement("FSW-SUP-006")
def test_resets_of_the_board_that_do_not_help_end(tmp_path):
    assert [board_reset_forbidden(tmp_path) for _ in range(BOARD_RESETS_MAX)] == [""] * BOARD_RESETS_MAX
    assert board_reset_forbidden(tmp_path) == "3 resets did not help"
    record = open_resets(tmp_path)
    record.store(calmed(record.value))
    assert board_reset_forbidden(tmp_path) == ""


def test_a_reset_that_cannot_be_counted_is_not_asked_for(tmp_path):
    class Full(HostMedium):
        def overwrite(self, path, octets):
            raise OSError(28, "No space left on device")

    assert board_reset_forbidden(tmp_path, Full()) == "it could not be counted (No space left on device)"


@pytest.mark.parametrize("cause", ["x" * 20])
def test_every_cause_has_room(tmp_path, cause):
    record = open_resets(tmp_path)
    record.store(Resets({f"{cause}{number:02}": (1 << 32) - 1 for number in range(80)}, "b" * 64, 9, 9))
    assert open_resets(tmp_path).value.unstable == 9
