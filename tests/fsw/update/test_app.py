"""The update app: every command, as the ground encodes it, and all that is told of it."""

import pytest

from fsw.executive.app import CommandError
from fsw.update import app as declared
from fsw.update.app import (
    Update,
    UpdateFellBack,
    UpdateNotVerified,
    UpdatePromoted,
    UpdateRestarting,
    UpdateStatus,
    UpdateTarget,
    UpdateTrialEnded,
    UpdateVerified,
)
from fsw.update.record import SlotPhase, TrialEnd
from fsw.update.verification import TrialVerdict, VerifyStage
from link.dictionary import Dictionary, decode_arguments
from link.pus.services.verification import RefusedError
from tests.fsw.update.bundles import sha256, software
from tests.fsw.update.node import SECOND, A, B, G, UpdatedNode

TWO = software("2")


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


class Node:
    """The app over a node; its software restarts at once when it is asked to."""

    def __init__(self, folder):
        self.under = UpdatedNode(folder)
        self.health, self.is_heard, self.restarts, self.files = "", True, 0, {}
        self.now_ns = 0
        self.begin()

    def begin(self):
        target = UpdateTarget(self.under.updates, self.restart, lambda: self.health, lambda: self.is_heard)
        self.app = Update({"software": target}, self.read_file)
        self.now_ns = 0

    def restart(self):
        self.restarts += 1

    def read_file(self, name):
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    def order(self, name, /, **arguments):
        """Execute a command from its octets, as the dictionary encodes it; what it tells, each encoded once."""
        dictionary = Dictionary.of("node", 1, {}, (declared,), None, ())
        number, octets = dictionary.encode_command(f"update.{name}", {"target": "software", **arguments})
        method = getattr(self.app, name)
        assert method.__command__.opcode == number
        return sent(method(**decode_arguments(method, octets)))

    def pass_s(self, seconds):
        self.now_ns += seconds * SECOND
        return sent(self.app.step(self.now_ns))

    def verify(self, slot="A"):
        told = self.order("verify", slot=slot)
        while self.app.targets["software"].updates.stage:
            told = self.pass_s(1)
        return told


def sent(reports):
    reports = list(reports)
    assert all(type(report).decode(report.encode()) == report for report in reports)
    return reports


def test_an_update_by_command(node):
    (status,) = node.order("prepare", slot="A", octets=len(TWO), sha256=bytes.fromhex(sha256(TWO)))
    assert (status.phase_a, status.received) == (SlotPhase.FILLING, 0)
    for at in range(0, len(TWO), 100):
        (status,) = node.order("write", slot="A", offset=at, octets=TWO[at : at + 100])
    assert status.received == len(TWO)
    verified, status = node.verify()
    assert verified == UpdateVerified(target="software", slot=A, version="2")
    assert (status.phase_a, status.stage) == (SlotPhase.VERIFIED, VerifyStage.NONE)
    (status,) = node.order("arm", slot="A", tries=2)
    assert (status.armed, status.tries_left, status.running) == (A, 2, G)
    status, restarting = node.order("boot")
    assert restarting == UpdateRestarting(target="software", slot=A)
    assert node.restarts == 1
    node.under.start()
    node.begin()
    node.pass_s(0)
    (status,) = node.pass_s(60)
    assert (status.running, status.promoted, status.tries_left) == (A, G, 1)
    promoted, status = node.order("confirm")
    assert promoted == UpdatePromoted(target="software", slot=A, version="2")
    assert (status.promoted, status.floor, status.armed, status.ended) == (A, "2", G, TrialEnd.CONFIRMED)


def test_a_file_that_was_received(node):
    node.order("prepare", slot="B", octets=len(TWO), sha256=bytes.fromhex(sha256(TWO)))
    with pytest.raises(CommandError, match=r"two\.bundle: No such file or directory: send the file first"):
        node.order("load_file", slot="B", name="two.bundle")
    node.files["two.bundle"] = TWO
    assert node.order("load_file", slot="B", name="two.bundle")[0].received == len(TWO)
    assert node.verify("B")[0] == UpdateVerified(target="software", slot=B, version="2")


def test_what_does_not_pass_is_told_with_its_reason(node):
    node.under.verdicts = [TrialVerdict(is_good=False, reason="vector 1 of 3 " + "differs " * 50)]
    node.under.send(A, TWO)
    (told, _) = node.verify()
    assert isinstance(told, UpdateNotVerified)
    assert told.reason == ("vector 1 of 3 " + "differs " * 50)[:100]


def test_a_rollback_is_a_command_of_its_own(node):
    node.under.send(A, software("0.5"))
    assert "not newer" in node.verify()[0].reason
    node.order("verify_rollback", slot="A")
    told = [report for _ in range(4) for report in node.pass_s(1)]
    assert UpdateVerified(target="software", slot=A, version="0.5") in told


def test_a_trial_that_fails_is_told_and_restarts(node):
    node.under.try_out(A, TWO)
    node.begin()
    node.pass_s(0)
    node.health = "no heartbeat of imaging"
    ended, _, restarting = node.pass_s(60)
    assert ended == UpdateTrialEnded(target="software", slot=A, reason="no heartbeat of imaging")
    assert restarting == UpdateRestarting(target="software", slot=G)
    assert node.restarts == 1
    assert [type(one) for one in node.pass_s(10)] == [UpdateStatus]
    assert node.restarts == 2  # asked again until it happens, and told once


def test_an_abort_of_what_runs_restarts(node):
    node.under.try_out(A, TWO)
    node.begin()
    assert node.order("abort")[1] == UpdateRestarting(target="software", slot=G)


def test_what_fell_back_is_told(node):
    node.under.promote(A, TWO)
    for _ in range(4):
        node.under.start()
    node.begin()
    assert node.pass_s(0)[0] == UpdateFellBack(target="software", slot=G, reason="fell back")


@pytest.mark.requirement("FSW-UPD-007")
def test_confirmation_waits_for_the_ground(node):
    node.under.try_out(A, TWO)
    node.begin()
    node.is_heard = False
    node.pass_s(0)
    node.pass_s(60)
    with pytest.raises(RefusedError, match="has not heard the ground"):
        node.order("confirm")


def test_a_target_that_is_not_there(node):
    with pytest.raises(ValueError, match="target 'clouds', expected one of software"):
        node.order("boot", target="clouds")


def test_tries_are_bounded_at_the_door(node):
    with pytest.raises(ValueError, match="tries"):
        node.order("arm", slot="A", tries=10)


def test_it_is_due_when_its_targets_are(node):
    assert node.app.due_ns is None
    node.pass_s(5)
    node.under.send(A, TWO)
    node.order("verify", slot="A")
    assert node.app.due_ns == 5 * SECOND
    node.under.verdicts = [None]
    for _ in range(4):
        node.pass_s(0)
    assert node.app.due_ns == 6 * SECOND  # a run under way is asked about once a second
    assert len(node.under.asked) == 1
    node.pass_s(0)
    assert len(node.under.asked) == 1
    node.pass_s(1)
    assert len(node.under.asked) == 2


def test_hazardous_is_what_restarts_or_goes_back():
    dictionary = Dictionary.of("node", 1, {}, (declared,), None, ())
    assert {entry.name for entry in dictionary.commands if entry.hazardous} == {"update.boot", "update.verify_rollback"}


def test_the_largest_counts_are_told_as_such(node):
    node.under.updates.record.failed = 1000
    (status,) = node.pass_s(0)
    assert isinstance(status, UpdateStatus)
    assert status.record_failed == 255
