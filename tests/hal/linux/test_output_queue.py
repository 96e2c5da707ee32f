"""What the kernel holds of what was written, on real devices whose other end does not read."""

import os
import socket

import pytest

from hal.linux.output_queue import forget_held, held_octets


def fill(descriptor):
    """Write until no more is taken."""
    os.set_blocking(descriptor, False)
    taken = 0
    try:
        while True:
            taken += os.write(descriptor, bytes(1024))
    except BlockingIOError:
        return taken


def test_a_tcp_socket_tells_what_it_cannot_send():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as sender:
        sender.connect(listener.getsockname())
        receiver, _ = listener.accept()
        assert held_octets(sender.fileno()) == 0
        fill(sender.fileno())
        assert held_octets(sender.fileno()) > 1024
        assert not forget_held(sender.fileno())
        receiver.close()


def test_a_pseudo_terminal_forgets_what_nobody_has_read():
    """As a serial adapter that is flushed: what was written last does not come out when the other end reads again."""
    import tty

    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        written = fill(slave)
        os.set_blocking(master, False)
        assert forget_held(slave)
        got = 0
        try:
            while octets := os.read(master, 1 << 16):
                got += len(octets)
        except BlockingIOError:
            pass
        assert got < written
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("descriptor", [-1, 1 << 20])
def test_where_there_is_no_device_nothing_is_held(descriptor):
    assert (held_octets(descriptor), forget_held(descriptor)) == (0, False)
