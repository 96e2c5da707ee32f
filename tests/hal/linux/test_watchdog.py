"""A watchdog's device is fed, asked and stopped as the kernel's documentation says; only a board has a real one."""

import errno
from struct import pack

import pytest

from hal.linux.watchdog import HardwareWatchdog, open_watchdog

SETTIMEOUT, GETBOOTSTATUS = 0xC0045706, 0x80045702


class Device:
    """The ioctl(2) of a watchdog that takes 15 s at most."""

    def __init__(self, status=0, refuses=0):
        self.asked, self.status, self.refuses = [], status, refuses

    def __call__(self, descriptor, request, argument):
        self.asked.append((request, argument))
        if request == self.refuses:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        return pack("@i", 15 if request == SETTIMEOUT else self.status)


@pytest.mark.requirement("FSW-SUP-012")
def test_it_is_set_fed_and_stopped(tmp_path):
    path, device = tmp_path / "watchdog", Device()
    path.touch()
    watchdog = HardwareWatchdog(str(path), 60, device)
    assert device.asked == [(SETTIMEOUT, pack("@i", 60)), (GETBOOTSTATUS, pack("@i", 0))]
    assert (watchdog.timeout_s, watchdog.interval_ns, watchdog.has_reset) == (15, 3_750_000_000, False)
    watchdog.feed()
    watchdog.report("flies", is_ready=True)
    watchdog.feed()
    watchdog.close()
    assert path.read_bytes() == b"\0\0V"


def test_it_knows_whether_it_has_reset_the_board(tmp_path):
    (tmp_path / "watchdog").touch()
    watchdog = HardwareWatchdog(str(tmp_path / "watchdog"), ioctl=Device(status=0x21))
    assert watchdog.has_reset
    watchdog.close()


@pytest.mark.parametrize("refuses", [SETTIMEOUT, GETBOOTSTATUS])
def test_what_is_no_watchdog_is_refused(tmp_path, refuses):
    path = tmp_path / "watchdog"
    path.touch()
    with pytest.raises(OSError, match=f"{path}: no watchdog"):
        HardwareWatchdog(str(path), ioctl=Device(refuses=refuses))
    with pytest.raises(OSError, match=f"{path}: no watchdog"):
        HardwareWatchdog(str(path))
    with pytest.raises(FileNotFoundError):
        HardwareWatchdog(str(tmp_path / "none"))


def test_one_that_cannot_be_opened_is_what_a_node_lacks(tmp_path):
    path = tmp_path / "watchdog"
    assert open_watchdog(str(path)) == (None, f"no hardware watchdog ({path}: No such file or directory)")
    path.touch()
    none, lack = open_watchdog(str(path))
    assert none is None
    assert lack.startswith(f"no hardware watchdog ({path}: no watchdog (")


def test_a_full_device_raises_nothing(tmp_path):
    watchdog = HardwareWatchdog("/dev/full", ioctl=Device())
    watchdog.feed()
    watchdog.close()
    assert watchdog.timeout_s == 15
