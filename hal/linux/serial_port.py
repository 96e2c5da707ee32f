"""UARTs, USB serial adapters and pseudo-terminals through pyserial: 8N1, no flow control."""

import errno
import os
import termios
from contextlib import suppress
from pathlib import Path
from typing import cast

from hal.port import PortClosed

_NOBODYS: dict[str, tuple[int, ...]] = {}  # ttys that were looked at ahead
BITS_PER_OCTET = 10  # start bit, 8 data bits, stop bit


class SerialLine:
    """`Line` over a tty; taken exclusively, so that two programs never share a line by mistake.

    Raises OSError with a sentence, also for a tty that is the terminal of a person's session: a pseudo-terminal that
    went away may have given its number to one by the time it is opened again.
    """

    def __init__(self, path: str, baud: int) -> None:
        import serial  # 20 ms on a slow board, so only where a serial port is opened

        try:
            _refuse_terminal(path)
            self._tty = serial.Serial(path, baud, timeout=0, exclusive=True)
            _distinguish_silence_from_hangup(self._tty.fd)
        except serial.SerialException as error:
            raise OSError(error.errno, _reason(path, error)) from error
        except termios.error as error:  # it went away meanwhile
            raise OSError(errno.EIO, _reason(path, OSError(errno.EIO))) from error
        self.path = path

    def read(self, size_max: int) -> bytes:
        """Octets that have arrived; raises PortClosed when the line hangs up or the adapter is pulled."""
        try:
            octets = os.read(self.fileno(), size_max)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone() from error
        if not octets and size_max:
            raise self._gone()
        return octets

    def write(self, octets: bytes) -> int:
        """The number of octets that the driver's buffer takes now."""
        try:
            return os.write(self.fileno(), octets)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone() from error

    def fileno(self) -> int:
        """The tty's descriptor; raises PortClosed after `close`."""
        if not self._tty.is_open:
            raise PortClosed(f"{self.path}: closed")
        return cast(int, self._tty.fd)

    def close(self) -> None:
        """Close the tty."""
        self._tty.close()

    def _gone(self) -> PortClosed:
        return PortClosed(f"{self.path}: the line went away (unplugged, or its other end closed)")


def _distinguish_silence_from_hangup(descriptor: int) -> None:
    """With VMIN = 1 a read of nothing is EAGAIN, so that an empty read can only mean that the line hung up."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def look_ahead(path: str) -> None:
    """Look now for what the next opening of `path` by this process would look for; another one has it open meanwhile.

    What is found stands until then, if the tty is still the same, and nobody was given it, as login(1) does.
    """
    with suppress(OSError):
        before = _identity(path)
        _refuse_terminal(path)
        _NOBODYS[path] = before


def _identity(path: str) -> tuple[int, ...]:
    """Numbers that change when a tty is made anew, or its owner or permissions change."""
    found = Path(path).stat()
    return found.st_dev, found.st_ino, found.st_rdev, found.st_ctime_ns


def _refuse_terminal(path: str) -> None:
    """Raises OSError where a process has `path` as its controlling terminal (proc(5): tty_nr in /proc/PID/stat)."""
    try:
        device = Path(path).stat().st_rdev
        if _NOBODYS.pop(path, None) == _identity(path):
            return
    except OSError:
        return  # the attempt to open it reports why
    for process in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - an executive that restarts has no time
        if _terminal_of(process) == (os.major(device), os.minor(device)):
            raise OSError(errno.EBUSY, f"{path}: it is the terminal of a session (process {process})")


def _terminal_of(process: str) -> tuple[int, int] | None:
    """Device numbers (major, minor) of a process's terminal; None for a process that has ended."""
    try:
        descriptor = os.open(f"/proc/{process}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        number = int(os.read(descriptor, 4096).rpartition(b")")[2].split(None, 5)[4])
    except (OSError, IndexError):
        return None
    finally:
        os.close(descriptor)
    return number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00


def _reason(path: str, error: OSError) -> str:
    reasons = {
        errno.ENOENT: "no such serial port; `skyrack doctor` lists those that this machine has",
        errno.EACCES: "not permitted; is your user in the group that owns it (often `dialout`)?",
        errno.EBUSY: "busy: another program has it open",
        errno.EAGAIN: "busy: another program has it open",
    }
    return f"{path}: {reasons.get(error.errno or 0, 'cannot be used as a serial port')}"
