"""A watchdog's device is fed, asked and stopped as the kernel's documentation says; only a board has a real one."""

import errno
from struct import pack

import pytest

from hal.linux.watchdog import HardwareWatchdog, open_watchdog

SETTIMEOUT, GETTIMEOUT, GETBOOTSTATUS = 0xC0045706, 0x80045707, 0x80045702


class Device:
    """The ioctl(2) of a watchdog that takes 15 s at most."""

    def __init__(self, status=0, refuses=None, timeout_s=15):
        self.asked, self.status, self.refuses, self.timeout_s = [], status, refuses or {}, timeout_s

    def __call__(self, descriptor, request, argument):
        self.asked.append((request, argument))
        if request in self.refuses:
            raise OSError(self.refuses[request], "so it is")
        return pack("@i", self.status if request == GETBOOTSTATUS else self.timeout_s)


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


def test_what_is_no_watchdog_is_refused_and_not_written_to(tmp_path):
    path = tmp_path / "watchdog"
    path.touch()
    with pytest.raises(OSError, match=f"{path}: no watchdog"):
        HardwareWatchdog(str(path), ioctl=Device(refuses={SETTIMEOUT: errno.ENOTTY}))
    with pytest.raises(OSError, match=f"{path}: no watchdog"):
        HardwareWatchdog(str(path))
    with pytest.raises(FileNotFoundError):
        HardwareWatchdog(str(tmp_path / "none"))
    assert path.read_bytes() == b""


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EOPNOTSUPP])
def test_one_that_does_not_take_the_timeout_is_fed_as_its_own_one_asks(tmp_path, error):
    """A timer that counts less than a minute, or always the same time: it runs since it was opened."""
    (tmp_path / "watchdog").touch()
    watchdog = HardwareWatchdog(str(tmp_path / "watchdog"), ioctl=Device(refuses={SETTIMEOUT: error}))
    assert (watchdog.timeout_s, watchdog.interval_ns) == (15, 3_750_000_000)
    watchdog.close()


@pytest.mark.parametrize(
    "device",
    [Device(refuses=dict.fromkeys((SETTIMEOUT, GETTIMEOUT), errno.EOPNOTSUPP)), Device(timeout_s=0)],
    ids=["says none", "says nothing"],
)
def test_one_whose_time_is_unknown_is_stopped(tmp_path, device):
    """Opened and never fed, it would reset the board again and again."""
    path = tmp_path / "watchdog"
    path.touch()
    with pytest.raises(OSError, match=f"{path}: no watchdog"):
        HardwareWatchdog(str(path), ioctl=device)
    assert path.read_bytes() == b"V"


def test_one_that_does_not_say_what_it_did_has_reset_nothing(tmp_path):
    (tmp_path / "watchdog").touch()
    device = Device(status=0x20, refuses={GETBOOTSTATUS: errno.ENOTTY})
    watchdog = HardwareWatchdog(str(tmp_path / "watchdog"), ioctl=device)
    assert not watchdog.has_reset
    watchdog.close()


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
