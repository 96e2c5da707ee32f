"""A hardware watchdog: a timer that resets the board unless it is fed (Linux Documentation/watchdog/watchdog-api).

Opening the device starts the timer. Where it is closed without the letter V having been written last, as by the end of
the process, the timer runs on, and the board is reset. Drivers may refuse a timeout that their timer cannot count, or
any; what they keep to instead is asked for.
"""

import errno
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from struct import Struct
from typing import Any

_INT = Struct("@i")
_SETTIMEOUT, _GETTIMEOUT = 0xC0045706, 0x80045707  # _IOWR('W', 6, int), _IOR('W', 7, int)
_GETBOOTSTATUS = 0x80045702  # _IOR('W', 2, int)
_CARDRESET = 0x0020
_NS = 1_000_000_000
_FEED, _DISARM = b"\0", b"V"


class HardwareWatchdog:
    """The watchdog at `path`, which resets the board after `timeout_s` or what the device takes instead.

    `interval_ns`: how often to feed it, a quarter of that; `has_reset`: whether the board's last reset was its doing.
    Raises OSError, also for what is no watchdog.
    """

    def __init__(self, path: str, timeout_s: int = 60, ioctl: Callable[..., Any] = fcntl.ioctl) -> None:
        self._descriptor, self._ioctl = os.open(path, os.O_WRONLY | os.O_CLOEXEC), ioctl
        try:
            self.timeout_s = self._set(timeout_s)
        except OSError as error:
            if error.errno == errno.ENOTTY:  # it is something else, to which nothing is written
                os.close(self._descriptor)
            else:
                self.close()
            raise OSError(error.errno, f"{path}: no watchdog ({error.strerror})") from None
        self.has_reset = self._has_reset()
        self.interval_ns = self.timeout_s * _NS // 4

    def feed(self) -> None:
        """Start the timer anew. A device that does not take this will reset the board."""
        with suppress(OSError):
            os.write(self._descriptor, _FEED)

    def report(self, status: str, *, is_ready: bool) -> None:
        """Nobody reads there."""

    def close(self) -> None:
        """Stop the timer, where the device allows it: this process ends as it was asked to."""
        with suppress(OSError):
            os.write(self._descriptor, _DISARM)
        os.close(self._descriptor)

    def _set(self, timeout_s: int) -> int:
        """The timeout that the device takes; raises OSError where none is known."""
        try:
            seconds = self._ask(_SETTIMEOUT, timeout_s)
        except OSError as error:
            if error.errno == errno.ENOTTY:
                raise
            seconds = self._ask(_GETTIMEOUT, 0)
        if seconds < 1:
            raise OSError(errno.ERANGE, f"a timeout of {seconds} s")
        return seconds

    def _has_reset(self) -> bool:
        """Whether the last reset was its doing; a driver that does not tell says no."""
        try:
            return bool(self._ask(_GETBOOTSTATUS, 0) & _CARDRESET)
        except OSError:
            return False

    def _ask(self, request: int, value: int) -> int:
        (answer,) = _INT.unpack(self._ioctl(self._descriptor, request, _INT.pack(value)))
        return int(answer)


def open_watchdog(path: str) -> tuple[HardwareWatchdog | None, str]:
    """The watchdog at `path`, or None and why not, so that a node flies without it and says so."""
    try:
        return HardwareWatchdog(path), ""
    except OSError as error:
        reason = error.strerror or str(error)
        return None, f"no hardware watchdog ({reason if path in reason else f'{path}: {reason}'})"
