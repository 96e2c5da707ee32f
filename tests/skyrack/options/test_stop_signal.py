"""^C and SIGTERM end a loop between two steps, and a step that does not end as well."""

import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from skyrack.options.stop_signal import StopSignal, interrupted_at_once

FLIES = """
from hal.sim.clock import VirtualClock
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from skyrack.options.stop_signal import interrupted_at_once
executive = Executive(VirtualClock(), Bus())
def work():
    print("flies", flush=True)
    while True:
        pass
with interrupted_at_once("world"):
    executive.attempt("work", 10, work)
print("flew on")
"""
HANGS = """
import select
from skyrack.options.stop_signal import StopSignal
with StopSignal(patience_s={patience_s}) as stop:
    print("steps", flush=True)
    select.select([stop], [], [])
    print("asked", flush=True)
    while True:
        pass
"""


def test_a_loop_ends_between_two_steps_and_nothing_follows():
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal(patience_s=60.0) as stop:
        assert not stop.requested
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("patience_s", "times", "ended_by"), [(600.0, 2, signal.SIGTERM), (0.01, 1, signal.SIGALRM)]
)  # fmt: skip
def test_a_step_that_hangs_is_not_waited_for(patience_s, times, ended_by):
    with subprocess.Popen([sys.executable, "-c", HANGS.format(patience_s=patience_s)], stdout=subprocess.PIPE) as one:
        try:
            for word in (b"steps\n", b"asked\n")[:times]:
                assert one.stdout.readline() == word
                one.send_signal(signal.SIGTERM)
            assert one.wait(60) == -ended_by
        finally:
            with suppress(ProcessLookupError):
                one.kill()


def test_a_command_that_flies_a_node_itself_is_ended_where_it_is_not_taken_for_a_failure_of_an_app():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", FLIES], **pipes) as one:
        try:
            assert one.stdout.readline() == b"flies\n"
            one.send_signal(signal.SIGINT)
            assert one.communicate(timeout=60) == (b"", b"skyrack world: stopped\n")
            assert one.returncode == 130
        finally:
            with suppress(ProcessLookupError):
                one.kill()


def test_the_handler_of_before_is_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with interrupted_at_once("world"):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
