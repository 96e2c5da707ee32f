"""The service manager that started this process: systemd, or another one that speaks sd_notify(3), a datagram for each
message to the socket in the environment variable NOTIFY_SOCKET.

It waits only so long for READY=1 (TimeoutStartSec, 90 s unless told otherwise), and ends what takes longer: until then
each sign of health also asks for more time.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

_NS_PER_US = 1_000
_STATUS_MAX = 200


class ServiceManager:
    """`interval_ns`: how often it wants to hear WATCHDOG=1, half of what it waits for (WATCHDOG_USEC); 0: never.

    Where no service manager listens, nothing is sent.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._socket: socket.socket | None = None
        self.interval_ns = 0
        self._is_ready = False
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._address = "\0" + address[1:] if address.startswith("@") else address  # an abstract one (unix(7))
        wanted, of = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
        if wanted.isascii() and wanted.isdigit() and of == str(os.getpid()):
            self.interval_ns = int(wanted) * _NS_PER_US // 2

    def feed(self) -> None:
        """Tell that all is well; without it the service manager restarts this process."""
        patience_us = 2 * self.interval_ns // _NS_PER_US
        more = "" if self._is_ready or not patience_us else f"\nEXTEND_TIMEOUT_USEC={patience_us}"
        self._send(f"WATCHDOG=1{more}")

    def report(self, status: str, *, is_ready: bool) -> None:
        """Show `status` to who asks for it (`systemctl status`); `is_ready`: the service has begun its work."""
        line = " ".join(status.split())[:_STATUS_MAX]
        self._is_ready |= is_ready
        self._send(f"READY=1\nSTATUS={line}" if is_ready else f"STATUS={line}")

    def close(self) -> None:
        """Tell that the service ends as it was asked to."""
        self._send("STOPPING=1")
        if self._socket:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket:
            with suppress(OSError):  # nobody listens, or too many messages wait: it will miss this one
                self._socket.sendto(message.encode(errors="backslashreplace"), self._address)
