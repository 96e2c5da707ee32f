"""A node that asks for its own end: not at once, and with the word for its supervisor."""

import pytest

from fsw.supervisor.causes import EXIT_COMMANDED, EXIT_RESET
from fsw.supervisor.recovery import GRACE_S, SupervisedRecovery
from hal.sim.clock import VirtualClock

GRACE_NS = round(GRACE_S * 1e9)


def asked(*requests):
    """What is asked for, a second after the other."""
    clock = VirtualClock()
    recovery = SupervisedRecovery(clock)
    assert not recovery.is_due(clock.monotonic_ns())
    for request in requests:
        getattr(recovery, request)("no command was heard for long")
        clock.wait(clock.monotonic_ns() + 1_000_000_000)
    return recovery


@pytest.mark.requirement("FSW-SUP-015")
def test_what_is_asked_for_is_due_once_the_events_had_time_to_go_down():
    for request, status in (("restart", EXIT_COMMANDED), ("reset", EXIT_RESET), ("boot_golden", EXIT_RESET)):
        recovery = asked(request)
        assert (recovery.status, recovery.due_ns) == (status, GRACE_NS)
        assert not recovery.is_due(GRACE_NS - 1)
        assert recovery.is_due(GRACE_NS)


@pytest.mark.requirement("FSW-SUP-016")
def test_asked_again_it_ends_when_it_was_to_end_and_with_the_stronger_word():
    for requests in (("restart", "reset"), ("reset", "restart"), ("reset", "reset", "boot_golden")):
        recovery = asked(*requests)
        assert (recovery.status, recovery.due_ns) == (EXIT_RESET, GRACE_NS)
