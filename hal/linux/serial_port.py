"""UARTs, USB serial adapters and pseudo-terminals through pyserial: 8N1, no flow control."""

import errno
import os
import termios
from typing import cast

from hal.port import PortClosed

BITS_PER_OCTET = 10  # start bit, 8 data bits, stop bit


class SerialPort:
    """`Port` over a tty; taken exclusively, so that two programs never share a line by mistake."""

    def __init__(self, path: str, baud: int) -> None:
        import serial  # 20 ms on a slow board, so only where a serial port is opened

        try:
            self._tty = serial.Serial(path, baud, timeout=0, exclusive=True)
        except serial.SerialException as error:
            raise OSError(error.errno, _reason(path, error)) from error
        self.path, self.baud = path, baud
        _tell_silence_from_hangup(self._tty.fd)

    def read(self, size_max: int) -> bytes:
        """What has arrived; raises PortClosed when the line hangs up or the adapter is pulled."""
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
        """What the driver's buffer takes now."""
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
        """Give the tty back."""
        self._tty.close()

    def _gone(self) -> PortClosed:
        return PortClosed(f"{self.path}: the line went away (unplugged, or its other end closed)")


def _tell_silence_from_hangup(descriptor: int) -> None:
    """With VMIN = 1 a read of nothing is EAGAIN, so that an empty read can only mean that the line hung up."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _reason(path: str, error: OSError) -> str:
    reasons = {
        errno.ENOENT: "no such serial port; `skyrack doctor` lists those that this machine has",
        errno.EACCES: "not permitted; is your user in the group that owns it (often `dialout`)?",
        errno.EBUSY: "busy: another program has it open",
        errno.EAGAIN: "busy: another program has it open",
    }
    return f"{path}: {reasons.get(error.errno or 0, 'cannot be used as a serial port')}"
