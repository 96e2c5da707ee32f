"""What a service manager hears, on a path and on an abstract address."""

import os
import socket

import pytest

from hal.linux.service_manager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def listener(request, tmp_path):
    """A socket, and its address as NOTIFY_SOCKET says it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0skyrack-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(name)
        one.setblocking(False)
        yield one, name.replace("\0", "@")


@pytest.mark.requirement("FSW-SUP-012")
def test_it_hears_of_readiness_health_and_the_end(listener):
    one, address = listener
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"})
    assert manager.interval_ns == 1_500_000_000
    manager.report("flies,\nincarnation 1", is_ready=True)
    manager.report("x" * 300, is_ready=False)
    manager.feed()
    manager.close()
    manager.feed()
    assert [one.recv(4096) for _ in range(4)] == [
        b"READY=1\nSTATUS=flies, incarnation 1",
        b"STATUS=" + b"x" * 200,
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]
    with pytest.raises(BlockingIOError):
        one.recv(4096)


@pytest.mark.requirement("FSW-SUP-012")
def test_until_it_is_ready_it_asks_for_more_time(listener):
    """A slow board loads for longer than a start may take, and one on which nothing flies sends beacons."""
    one, address = listener
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"})
    manager.feed()
    manager.report("loads", is_ready=False)
    manager.feed()
    manager.report("flies", is_ready=True)
    manager.report("flies on", is_ready=False)
    manager.feed()
    heard = [one.recv(4096) for _ in range(6)]
    assert heard[::2] == [b"WATCHDOG=1\nEXTEND_TIMEOUT_USEC=3000000"] * 2 + [b"STATUS=flies on"]
    assert heard[5] == b"WATCHDOG=1"
    manager.close()


def test_a_status_of_any_characters_is_told(listener):
    """As of a file whose name is no UTF-8: its supervisor is the last that lives."""
    one, address = listener
    manager = ServiceManager({"NOTIFY_SOCKET": address})
    manager.report("no file \udcff", is_ready=False)
    assert one.recv(4096) == b"STATUS=no file \\udcff"
    manager.close()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "nonsense", "WATCHDOG_USEC": "1000"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
    ],
)
def test_where_nobody_listens_nothing_is_wanted_and_nothing_fails(environment):
    manager = ServiceManager(environment)
    assert manager.interval_ns == 0
    manager.feed()
    manager.report("flies", is_ready=True)
    manager.close()
    manager.close()


def test_the_watchdog_of_this_very_process_counts():
    told = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid())}
    manager = ServiceManager(told)
    assert manager.interval_ns == 500_000
    manager.close()


def test_one_that_does_not_read_blocks_nobody(listener):
    _, address = listener
    manager = ServiceManager({"NOTIFY_SOCKET": address})
    for _ in range(5000):
        manager.feed()
    manager.close()
    assert manager._socket is None
