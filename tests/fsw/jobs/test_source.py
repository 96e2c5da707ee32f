"""Zygotes from a guardian that somebody else keeps: orders wait in its door, and one that never serves is told."""

import socket
from contextlib import suppress

import pytest

from fsw.jobs.process import ProcessRunner
from fsw.jobs.source import SharedGuardian
from hal.sim.clock import VirtualClock
from tests.fsw.jobs.jobs import LIMITS, job

S = 1_000_000_000


@pytest.fixture
def door():
    """Both ends of a door; nobody serves the far one."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far:
        yield near, far
    near.close()


def test_a_guardian_that_serves_no_order_is_complained_of(door):
    near, _ = door
    clock, complaints = VirtualClock(), []
    runner = ProcessRunner(
        clock, LIMITS, {"deed": ""}, source=SharedGuardian(near.detach(), lambda: complaints.append(1))
    )
    runner.submit(job(1, "sum"))
    clock.wait(clock.monotonic_ns() + 149 * S)
    assert (list(runner.poll()), complaints) == ([], [])
    clock.wait(clock.monotonic_ns() + 2 * S)
    assert (list(runner.poll()), list(runner.poll()), complaints) == ([], [], [1])
    clock.wait(clock.monotonic_ns() + 6 * S)
    assert (list(runner.poll()), complaints) == ([], [1, 1])
    assert runner.unfinished == 1
    runner.close()


def test_the_end_of_a_guardian_costs_an_attempt_and_orders_anew(door):
    near, far = door
    runner = ProcessRunner(VirtualClock(), LIMITS, {"deed": ""}, source=SharedGuardian(near.detach(), lambda: None))
    for attempt in range(LIMITS.attempts):
        if not attempt:
            runner.submit(job(1, "sum"))
        _, (channel,), _, _ = socket.recv_fds(far, 99, 1)
        socket.socket(fileno=channel).close()
        outcomes = list(runner.poll())
    assert [(one.answer, one.failure, one.attempts) for one in outcomes] == [(None, "guardian ended", 2)]
    runner.close()


def test_where_too_many_orders_wait_jobs_fail_and_nothing_else(door):
    near, _ = door
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    complaints = []
    source = SharedGuardian(near.detach(), lambda: complaints.append(1))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for _ in range(99):
        with suppress(ConnectionRefusedError):
            source.order(theirs)
    assert complaints
    runner = ProcessRunner(VirtualClock(), LIMITS, {"deed": ""}, source=source)
    runner.submit(job(1, "sum"))
    (outcome,) = runner.poll()
    assert outcome.failure == "ConnectionRefusedError: [Errno 111] the guardian of the jobs serves nobody"
    assert outcome.attempts == LIMITS.attempts
    runner.close()
    source.close()
    ours.close(), theirs.close()
