"""What a port's descriptor has taken and not sent: asked of the kernel, and taken back where it can be.

A UART's driver tells what it holds and forgets it when asked; a TCP socket tells, but cannot forget; a pseudo-terminal
forgets, but never tells. (tty_ioctl(4), tcp(7))
"""

import fcntl
import struct
import termios

_SIOCOUTQNSD = 0x894B  # <linux/sockios.h>: of a TCP socket, what was never sent; what is under way has left


def held_octets(descriptor: int) -> int:
    """Octets that were written and have not left, as far as the kernel tells; 0 where it does not."""
    for request in (_SIOCOUTQNSD, termios.TIOCOUTQ):
        try:
            answer = fcntl.ioctl(descriptor, request, bytes(4))
        except (OSError, ValueError):  # not of this kind; no descriptor at all
            continue
        return max(0, int(struct.unpack("i", answer)[0]))
    return 0


def forget_held(descriptor: int) -> bool:
    """Take back what has not left; False where the kernel cannot."""
    try:
        termios.tcflush(descriptor, termios.TCOFLUSH)
    except (termios.error, OSError, ValueError):
        return False
    return True
