"""Who is whose child, and that nobody of a family is left."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from fsw.jobs import kin
from fsw.jobs.reason import ending

FAMILY = "import os, time\npid = os.fork() and os.fork()\nos.write(1, b'%d\\n' % os.getpid())\ntime.sleep(600)"


@pytest.fixture
def family():
    """A process with two children, all seen to run; it and their numbers."""
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True) as parent:
        everybody = {int(parent.stdout.readline()) for _ in range(3)}
        yield parent, everybody
        for one in everybody:  # a test may have ended the parent alone
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


@pytest.mark.parametrize("look", [kin.children, kin._by_parent])
def test_children_are_found_with_and_without_help_of_the_kernel(family, look):
    parent, everybody = family
    assert set(look(parent.pid)) == everybody - {parent.pid}
    assert parent.pid in look(os.getpid())


def test_those_that_are_gone_have_no_children(family):
    parent, _ = family
    parent.kill()
    parent.wait()
    assert kin.children(parent.pid) == []


def test_a_stopped_family_ends(family):
    parent, everybody = family
    for one in everybody:
        os.kill(one, signal.SIGSTOP)
    descriptors = [os.pidfd_open(one) for one in everybody]
    kin.end_family(parent.pid)
    assert parent.wait() == -signal.SIGKILL
    for descriptor in descriptors:
        assert select.select([descriptor], [], [], 60)[0]
        os.close(descriptor)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended without an answer (status 0)"),
        (1, "ended by itself with status 1"),
        (-9, "ended by SIGKILL"),
        (-40, "ended by signal 40"),
    ],
)
def test_endings_in_words(status, words):
    assert ending(status) == words
