"""Octets that a port's descriptor has taken and not sent: counted by the kernel, and discarded where that is possible.

A UART's driver counts and discards; a TCP socket counts but cannot discard; a pseudo-terminal discards but does not
count (tty_ioctl(4), tcp(7)).
"""

import fcntl
import struct
import termios

_SIOCOUTQNSD = 0x894B  # <linux/sockios.h>: octets that a TCP socket never sent; those in flight do not count


def held_octets(descriptor: int) -> int:
    """Number of octets that were written and not sent yet; 0 where the kernel does not count them."""
    for request in (_SIOCOUTQNSD, termios.TIOCOUTQ):
        try:
            answer = fcntl.ioctl(descriptor, request, bytes(4))
        except (OSError, ValueError):  # a descriptor of another kind; no descriptor at all
            continue
        return max(0, int(struct.unpack("i", answer)[0]))
    return 0


def forget_held(descriptor: int) -> bool:
    """Discard what was not sent yet; False where the kernel cannot."""
    try:
        termios.tcflush(descriptor, termios.TCOFLUSH)
    except (termios.error, OSError, ValueError):
        return False
    return True
