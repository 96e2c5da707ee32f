"""The software that runs: what is wrong with it, who gives it up, and how another one is tried beside it."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from fsw.update.software import GoldenFallback, SoftwareHealth, nobody_tries
from fsw.update.trials import ProcessTrial
from hal.sim.clock import VirtualClock
from tests.fsw.update.bundles import KEYS, sha256, software
from tests.fsw.update.node import A, B, G, UpdatedNode

TWO = software("2")


def test_who_fails_rests_or_has_bad_kernels_is_not_healthy():
    executive = SimpleNamespace(failures=5, set_aside=0)
    health = SoftwareHealth(executive, ())
    assert health() == ""
    executive.failures = 8
    assert health() == "3 failures lately"
    assert [health() for _ in range(5)][-1] == ""
    executive.set_aside = 1
    assert health() == "1 apps or duties rest, as they fail"
    assert SoftwareHealth(executive, ("crc", "ldpc"))() == "kernels fail: crc, ldpc"


class Asked:
    """`Recovery` that keeps what it was asked for."""

    def __init__(self):
        self.asked = []

    def restart(self, cause):
        self.asked.append(("restart", cause))

    def reset(self, cause):
        self.asked.append(("reset", cause))

    def boot_golden(self, cause):
        self.asked.append(("golden", cause))


@pytest.mark.requirement("FSW-UPD-012")
def test_the_golden_copy_is_started_only_after_what_is_promoted_was_given_up(tmp_path):
    node, asked = UpdatedNode(tmp_path), Asked()
    node.promote(A, TWO)
    fallback = GoldenFallback(asked, node.updates)
    fallback.restart("hot")
    fallback.reset("hotter")
    assert node.updates.state.promoted is A
    fallback.boot_golden("silence")
    assert (node.updates.state.promoted, node.updates.restart_due) == (G, True)
    assert asked.asked == [("restart", "hot"), ("reset", "hotter"), ("golden", "silence")]
    node.start()
    assert node.choice.slot is G
    GoldenFallback(asked, None).boot_golden("silence")
    node.updates.give_up()
    assert not node.updates.restart_due  # it runs already


def test_a_node_without_a_supervisor_tries_nothing():
    assert "no supervisor" in nobody_tries(A, "").reason


def ended(trial, slot, digest):
    """The verdict; the process is waited for, and not for a time."""
    while (verdict := trial(slot, digest)) is None:
        os.waitid(os.P_PID, trial._pid, os.WEXITED | os.WNOWAIT)
    return verdict


def stopped(trial):
    """The process of a trial that has begun, and does not go on."""
    assert trial(B, sha256(TWO)) is None
    os.kill(trial._pid, signal.SIGSTOP)
    return trial._pid


@pytest.fixture
def trial(tmp_path):
    made = ProcessTrial(VirtualClock(), tmp_path, KEYS, ("tests.fsw.update.no_module",))
    yield made
    made.close()


def test_a_trial_that_cannot_begin_says_why(trial):
    verdict = ended(trial, B, sha256(TWO))
    assert not verdict.is_good
    assert "No such file" in verdict.reason
    assert trial._pid == 0


@pytest.mark.requirement("FSW-UPD-013")
def test_a_trial_that_does_not_end_is_ended(trial):
    trial.limit_s = 0
    pid = stopped(trial)
    verdict = trial(B, sha256(TWO))
    assert verdict.reason == "it did not end within 0 s"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_who_is_closed_ends_its_trial(trial):
    pid = stopped(trial)
    assert trial(B, sha256(TWO)) is None
    trial.close()
    trial.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_process_that_cannot_be_had_is_no_verdict_of_the_software(trial, monkeypatch):
    def refuse(*words, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = descriptors()
    monkeypatch.setattr(os, "posix_spawn", refuse)
    assert "it cannot be tried (Resource" in trial(B, "").reason
    assert descriptors() == before
