"""The machine of updates: what it does in order, what it refuses and says then, and what ends by itself."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fsw.update.machine import UpdateHappening, UpdateNotice
from fsw.update.record import SlotPhase, TrialEnd
from fsw.update.verification import TrialVerdict, VerifyStage
from hal.medium import HostMedium
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.update.bundles import STRANGER, delta, sha256, software
from tests.fsw.update.node import GOOD, RULES, SECOND, A, B, G, UpdatedNode

TWO, THREE = software("2"), software("3")


@pytest.fixture
def node(tmp_path):
    return UpdatedNode(tmp_path)


def refused(act, *arguments, code=FailureCode.NOT_NOW, **named):
    with pytest.raises(RefusedError) as caught:
        act(*arguments, **named)
    assert caught.value.code is code
    return str(caught.value)


class Failing(HostMedium):
    """A disk that fails at calls of one name, to files of one name or to all."""

    call = where = ""

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name != super().__getattribute__("call"):
            return found

        def fail(path, *octets):
            if self.where in path.name:
                raise OSError(errno.EIO, "Input/output error")
            return found(path, *octets)

        return fail


def test_an_update_from_its_announcement_to_its_promotion(node):
    node.send(A, TWO)
    assert node.verify(A) == [UpdateNotice(UpdateHappening.VERIFIED, A, "2")]
    assert node.asked == [(A, sha256(TWO))]
    assert not (node.folder / "A" / "incoming").exists()
    node.updates.arm(A, 1)
    assert not node.updates.restart_due
    node.updates.boot()
    assert node.updates.restart_due
    node.start()
    assert node.choice.slot is A
    assert node.updates.is_on_trial
    node.pass_s(0)
    node.pass_s(60)
    node.updates.confirm()
    state = node.slots.record().value
    assert (state.promoted, state.floor, state.trial, state.boots) == (A, "2", None, 0)
    assert (node.updates.is_on_trial, state.ended) == (False, TrialEnd.CONFIRMED)
    node.start()
    assert node.choice.contents.version == "2"


def test_a_model_begins_anew_without_a_restart_of_the_node(node):
    node.send(B, TWO)
    node.verify(B)
    node.updates.arm(B, 1)
    node.updates.boot()
    assert node.updates.reboot().slot is B
    assert (node.updates.running, node.updates.restart_due, node.updates.is_on_trial) == (B, False, True)
    assert "too short" in refused(node.updates.confirm)
    node.pass_s(0)
    node.pass_s(60)
    node.updates.confirm()
    assert node.updates.reboot().slot is B


def test_a_model_whose_record_is_lost_takes_nothing_older_than_what_is_there(node):
    node.slots.path(G).write_bytes(software("4"))
    node.updates.reboot()
    assert node.updates.state.floor == "4"


def test_what_waits_for_a_restart_is_not_due(node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 1)
    node.updates.boot()
    assert node.updates.next_due_ns(0) is None


def test_what_came_down_is_told_also_where_a_trial_runs(node):
    node.promote(A, TWO)
    node.send(B, THREE)
    node.verify(B)
    node.updates.arm(B, 2)
    record = node.slots.record()
    record.store(replace(record.value.fallen_back(), trial=B))
    node.start()
    assert node.updates.is_on_trial
    assert node.pass_s(0) == [UpdateNotice(UpdateHappening.FELL_BACK, B, "fell back")]
    assert node.updates.next_due_ns(0) == 60 * SECOND


# What is refused


@pytest.mark.requirement("FSW-UPD-004")
def test_the_golden_copy_is_never_touched(node):
    for act in (
        lambda: node.updates.prepare(G, 5, "ab" * 32),
        lambda: node.updates.write(G, 0, b"?"),
        lambda: node.updates.verify(G, may_be_older=True),
        lambda: node.updates.arm(G, 1),
    ):
        assert "take A or B" in refused(act, code=FailureCode.BAD_ARGUMENTS)


@pytest.mark.requirement("FSW-UPD-005")
def test_what_runs_and_what_is_promoted_is_not_touched(node):
    node.promote(A, TWO)
    assert "slot A runs: take B" in refused(node.updates.prepare, A, 5, "ab" * 32)
    node.try_out(B, THREE)
    assert "slot B runs: take A" in refused(node.updates.verify, B, may_be_older=False)
    assert "slot A is promoted: take B" in refused(node.updates.prepare, A, 5, "ab" * 32)
    assert "runs on trial already" in refused(node.updates.boot)


@pytest.mark.requirement("FSW-UPD-005")
def test_what_is_armed_is_not_touched(node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 1)
    for slot in (A, B):
        assert "armed or on trial: confirm or abort" in refused(node.updates.prepare, slot, 5, "ab" * 32)
        assert "armed or on trial" in refused(node.updates.verify, slot, may_be_older=False)
    assert "armed or on trial" in refused(node.updates.arm, A, 2)


@pytest.mark.parametrize("octets", [0, -1, RULES.octets_max + 1])
def test_sizes_are_bounded(node, octets):
    assert "expected 1..10000" in refused(node.updates.prepare, A, octets, "ab" * 32, code=FailureCode.BAD_ARGUMENTS)


def test_chunks_come_in_order_and_may_come_again(node):
    updates = node.updates
    assert "prepare it first" in refused(updates.write, A, 0, b"x")
    updates.prepare(A, len(TWO), sha256(TWO))
    assert "send from 0 on" in refused(updates.write, A, 10, TWO[10:20])
    updates.write(A, 0, TWO[:10])
    updates.write(A, 5, TWO[5:20])
    updates.write(A, 0, TWO[:10])
    assert updates.received == 20
    assert "prepare the slot anew" in refused(updates.write, A, 0, b"?" * 5)
    assert "20 of" in refused(updates.verify, A, may_be_older=False)
    for offset, octets in [(20, b""), (20, TWO), (len(TWO), b"x")]:
        assert "send what is in it" in refused(updates.write, A, offset, octets, code=FailureCode.BAD_ARGUMENTS)
    node.start().write(A, 20, TWO[20:])
    assert node.verify(A)[0].happening is UpdateHappening.VERIFIED


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=12))
@pytest.mark.requirement("FSW-UPD-009")
def test_whatever_chunks_come_what_is_there_is_the_beginning_of_the_file(tmp_path_factory, chunks):
    node = UpdatedNode(tmp_path_factory.mktemp("node"))
    node.updates.prepare(A, len(TWO), sha256(TWO))
    there = 0
    for at, size in chunks:
        chunk = TWO[at : at + size]
        if at <= there:
            node.updates.write(A, at, chunk)
            there = max(there, at + len(chunk))
        else:
            refused(node.updates.write, A, at, chunk)
        assert node.updates.received == there
    assert node.slots.received(A, sha256(TWO)) == TWO[:there]


def test_the_same_announcement_again_keeps_what_came(node):
    node.updates.prepare(A, len(TWO), sha256(TWO))
    node.updates.write(A, 0, TWO[:10])
    node.updates.prepare(A, len(TWO), sha256(TWO))
    assert node.slots.received(A, sha256(TWO)) == TWO[:10]
    node.updates.prepare(A, len(THREE), sha256(THREE))
    assert node.slots.received(A, sha256(TWO)) == b""


def test_arm_boot_and_confirm_out_of_order(node):
    assert "slot A is empty: verify it first" in refused(node.updates.arm, A, 1)
    assert "arm one first" in refused(node.updates.boot)
    assert "slot G runs, and not on trial" in refused(node.updates.confirm)
    assert "nothing is aborted" in refused(node.updates.abort)
    node.send(A, TWO)
    assert "slot A is filling: verify it first" in refused(node.updates.arm, A, 1)
    node.verify(A)
    for tries in (0, 10):
        assert "expected 1..9" in refused(node.updates.arm, A, tries, code=FailureCode.BAD_ARGUMENTS)


def test_one_verification_at_a_time_and_nothing_to_its_slot_meanwhile(node):
    node.send(A, TWO)
    node.send(B, THREE)
    node.updates.verify(A, may_be_older=False)
    assert "slot A is being verified" in refused(node.updates.verify, B, may_be_older=False)
    for act in (
        lambda: node.updates.verify(A, may_be_older=False),
        lambda: node.updates.arm(A, 1),
        lambda: node.updates.prepare(A, 5, "ab" * 32),
    ):
        assert "slot A is being verified: wait for its end, or abort it" in refused(act)


@pytest.mark.requirement("FSW-UPD-007")
def test_confirm_needs_time_health_and_the_ground(node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 1)
    node.updates.boot()
    node.start()
    node.pass_s(0)
    assert "too short" in refused(node.updates.confirm)
    node.pass_s(59)
    assert "too short" in refused(node.updates.confirm)
    node.pass_s(1, is_heard=False)
    assert "has not heard the ground" in refused(node.updates.confirm)
    node.pass_s(1)
    node.updates.confirm()


# What is verified


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (software("2", STRANGER), "signed by key"),
        (software("2")[:-1] + b"?", "SHA-256 is another"),
        (b"rubbish", "not a signed bundle; send a bundle that is sound"),
        (software("2", name="floodwatch"), "a bundle of floodwatch, expected coastwatch"),
        (software("1"), "version 1 is not newer than 1: verify it as a rollback"),
        (software("0.9"), "version 0.9 is not newer than 1"),
        (delta("2", TWO, THREE), "which no slot has: send the whole bundle"),
        (delta("2", software("2", image=bytes(20_000))), "octets when expanded, expected 10000 at most"),
        (delta("2", software("2", STRANGER)), "signed by key"),
    ],
)
@pytest.mark.requirement("FSW-UPD-002")
def test_what_does_not_pass(node, octets, sentence):
    node.send(A, octets)
    ((happening, slot, reason),) = node.verify(A)
    assert (happening, slot) == (UpdateHappening.NOT_VERIFIED, A)
    assert sentence in reason
    assert not (node.folder / "A" / "bundle").exists()
    assert "verify it first" in refused(node.updates.arm, A, 1)


def test_another_file_than_was_announced(node):
    node.updates.prepare(A, len(TWO), sha256(THREE))
    node.updates.write(A, 0, TWO)
    assert "another SHA-256 than was announced" in node.verify(A)[0].reason


def test_a_delta_of_what_flies_or_of_nothing(node):
    node.send(A, delta("2", TWO, software("1")))
    assert node.verify(A)[0].happening is UpdateHappening.VERIFIED
    assert node.slots.bundle(A) == TWO
    node.send(B, delta("3", THREE))
    assert node.verify(B)[0].happening is UpdateHappening.VERIFIED
    assert node.slots.bundle(B) == THREE


def test_a_delta_of_what_it_replaces_is_verified_again_after_a_restart(node):
    node.send(A, TWO)
    node.verify(A)
    node.send(A, delta("3", THREE, TWO))
    node.verdicts = [None, None, None]
    node.updates.verify(A, may_be_older=False)
    for _ in range(6):
        node.pass_s(1)
    assert node.updates.stage is VerifyStage.VECTORS
    node.start()
    assert node.verify(A) == [UpdateNotice(UpdateHappening.VERIFIED, A, "3")]


@pytest.mark.requirement("FSW-UPD-006")
def test_vectors_and_shadow_are_asked_until_they_answer(tmp_path):
    answers = [None, GOOD]
    node = UpdatedNode(tmp_path, shadow=lambda slot, digest: answers.pop(0))
    node.verdicts = [None, GOOD]
    node.send(A, TWO)
    assert node.verify(A) == [UpdateNotice(UpdateHappening.VERIFIED, A, "2")]
    assert answers == []
    assert len(node.asked) == 2


@pytest.mark.requirement("FSW-UPD-006")
def test_vectors_or_shadow_that_differ(tmp_path):
    node = UpdatedNode(tmp_path, shadow=lambda slot, digest: TrialVerdict(is_good=False, reason="3 of 9 tiles differ"))
    node.send(A, TWO)
    assert node.verify(A) == [UpdateNotice(UpdateHappening.NOT_VERIFIED, A, "3 of 9 tiles differ")]
    node.verdicts = [TrialVerdict(is_good=False, reason="vector 1 differs")]
    assert node.verify(A) == [UpdateNotice(UpdateHappening.NOT_VERIFIED, A, "vector 1 differs")]
    assert node.updates.state.of(A).phase is SlotPhase.FILLING


def test_vectors_that_raise_end_the_verification_and_are_reported(node):
    def run(slot, digest):
        raise ZeroDivisionError("by zero")

    node.updates.run_vectors = run
    node.send(A, TWO)
    node.updates.verify(A, may_be_older=False)
    for _ in range(3):
        node.pass_s(1)
    steps = node.updates.step(node.now_ns, "", is_heard=True)
    assert next(steps) == UpdateNotice(UpdateHappening.NOT_VERIFIED, A, "ZeroDivisionError: by zero")
    with pytest.raises(ZeroDivisionError):
        next(steps)
    assert node.updates.stage is VerifyStage.NONE


def test_what_lies_in_a_slot_is_verified_again(node):
    assert "there is nothing in the slot" in node.verify(A)[0].reason
    node.send(A, TWO)
    node.verify(A)
    assert node.verify(A) == [UpdateNotice(UpdateHappening.VERIFIED, A, "2")]
    path = node.slots.path(A)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert node.verify(A)[0].happening is UpdateHappening.NOT_VERIFIED
    assert "slot A is failed: verify it first" in refused(node.updates.arm, A, 1)


# Rollback


@pytest.mark.requirement("FSW-UPD-003")
def test_back_to_what_flew_before_only_when_it_is_asked_for(node):
    node.promote(A, TWO)
    node.promote(B, THREE)
    assert "version 2 is not newer than 3: verify it as a rollback" in refused(node.updates.arm, A, 1)
    assert "version 2 is not newer than 3" in node.verify(A)[0].reason
    assert node.verify(A, may_be_older=True) == [UpdateNotice(UpdateHappening.VERIFIED, A, "2")]
    node.try_out(A)
    node.updates.confirm()
    assert node.updates.state.floor == "2"
    assert not node.updates.state.of(A).may_be_older


@pytest.mark.requirement("FSW-UPD-003")
def test_a_rollback_that_was_allowed_is_not_allowed_for_ever(node):
    node.send(A, software("0.5"))
    node.verify(A, may_be_older=True)
    node.promote(B, TWO)
    assert "version 0.5 is not newer than 2" in refused(node.updates.arm, A, 1)


def test_where_the_record_is_lost_nothing_older_than_what_is_there_is_taken(node):
    node.promote(A, THREE)
    for name in ("boot.a", "boot.b"):
        (node.folder / name).write_bytes(b"rubbish")
    (node.folder / "B").mkdir()
    (node.folder / "B" / "bundle").write_bytes(b"rubbish")
    node.start()
    assert node.choice.slot is G
    assert node.updates.state.floor == "3"
    node.send(B, TWO)
    assert "version 2 is not newer than 3" in node.verify(B)[0].reason


@pytest.mark.requirement("FSW-UPD-007")
def test_what_is_started_in_a_process_that_goes_on_is_healthy_and_heard_anew(node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 2)
    node.updates.boot()
    node.pass_s(0, is_heard=True)
    assert node.updates.reboot().slot is A
    assert "its health is not good" in refused(node.updates.confirm)
    node.pass_s(0, is_heard=False)
    node.pass_s(RULES.settle_s, is_heard=False)
    assert "it has not heard the ground" in refused(node.updates.confirm)
    node.updates.note_contact()
    node.updates.confirm()
    assert node.updates.state.promoted is A


# What ends by itself


@pytest.mark.requirement("FSW-UPD-008")
def test_a_trial_without_health_is_given_up(node):
    node.try_out(A, TWO)
    assert node.pass_s(1, health="too hot") == [UpdateNotice(UpdateHappening.TRIAL_ENDED, A, "too hot")]
    assert node.updates.restart_due
    assert "a restart is due" in refused(node.updates.confirm) or "not on trial" in refused(node.updates.confirm)
    assert node.pass_s(1) == []
    node.start()
    assert (node.choice.slot, node.updates.state.ended) == (G, TrialEnd.UNHEALTHY)
    assert "slot A is failed" in refused(node.updates.arm, A, 1)


def test_health_is_not_asked_for_before_it_can_be_good(node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 1)
    node.updates.boot()
    node.start()
    assert node.pass_s(0, health="no heartbeat yet") == []
    assert node.pass_s(59, health="no heartbeat yet") == []
    assert node.pass_s(1) == []
    assert node.updates.is_on_trial


@pytest.mark.requirement("FSW-UPD-008")
def test_a_trial_that_nobody_confirms_is_given_up(node):
    node.try_out(A, TWO)
    assert node.pass_s(3539) == []
    assert node.pass_s(1) == [UpdateNotice(UpdateHappening.TRIAL_ENDED, A, "not confirmed within 3600 s")]
    assert node.updates.restart_due


def test_a_trial_ends_also_where_that_cannot_be_stored(tmp_path):
    medium = Failing()
    node = UpdatedNode(tmp_path, medium)
    node.try_out(A, TWO)
    medium.call = "overwrite"
    assert node.pass_s(1, health="hot")[0].happening is UpdateHappening.TRIAL_ENDED
    assert node.updates.restart_due
    medium.call = ""
    assert [node.start().running for _ in range(2)] == [A, G]  # the tries that were left end it


def test_a_trial_that_used_its_tries_is_told_once(node):
    node.try_out(A, TWO)
    node.start()
    node.start()
    assert node.choice.slot is G
    assert node.updates.next_due_ns(0) == 0
    assert node.pass_s(0) == [UpdateNotice(UpdateHappening.TRIAL_ENDED, A, "tries used")]
    assert node.pass_s(1) == []
    node.start()
    assert node.pass_s(0) == []


def test_what_was_promoted_and_fails_is_told(node):
    node.promote(A, TWO)
    for _ in range(4):
        node.start()
    assert node.pass_s(0) == [UpdateNotice(UpdateHappening.FELL_BACK, G, "fell back")]


def test_good_health_begins_the_count_of_starts_anew(node):
    node.promote(A, TWO)
    for _ in range(6):
        node.start()
        node.pass_s(0)
        node.pass_s(60)
        assert node.slots.record().value.boots == 0
    assert node.choice.slot is A


# Abort


def test_abort_ends_a_trial_that_runs(node):
    node.try_out(A, TWO)
    node.updates.abort()
    assert node.updates.restart_due
    node.start()
    assert (node.choice.slot, node.updates.state.ended) == (G, TrialEnd.ABORTED)
    node.updates.arm(A, 1)


def test_abort_disarms_and_then_ends_a_verification_and_then_the_uploads(node):
    node.send(A, TWO)
    node.verify(A)
    node.send(B, THREE)
    node.updates.verify(B, may_be_older=False)
    node.updates.arm(A, 1)
    node.updates.boot()
    node.updates.abort()
    assert (node.updates.state.trial, node.updates.restart_due) == (None, False)
    node.updates.abort()
    assert node.updates.stage is VerifyStage.NONE
    node.updates.abort()
    assert [node.updates.state.of(slot).phase for slot in (A, B)] == [SlotPhase.VERIFIED, SlotPhase.EMPTY]
    assert not (node.folder / "B" / "incoming").exists()
    assert "nothing is aborted" in refused(node.updates.abort)


def test_a_restart_that_was_asked_for_goes_before_confirmation(node):
    node.try_out(A, TWO)
    node.updates.restart_due = True
    assert "a restart is due" in refused(node.updates.confirm)


# Disks


def test_a_record_that_cannot_be_kept_changes_nothing(tmp_path):
    medium = Failing()
    node = UpdatedNode(tmp_path, medium)
    node.send(A, TWO)
    node.verify(A)
    medium.call = "overwrite"
    assert "the record cannot be kept (Input/output error)" in refused(
        node.updates.arm, A, 1, code=FailureCode.EXECUTION_FAILED
    )
    assert node.updates.state.trial is None
    assert node.updates.record.value == node.updates.state
    assert "cannot be kept" in node.verify(A)[0].reason
    medium.call = ""
    node.updates.arm(A, 1)


@pytest.mark.parametrize(("call", "act"), [("sync", "write"), ("read", "verify")])
def test_a_disk_that_fails_at_a_command(tmp_path, call, act):
    medium = Failing()
    node = UpdatedNode(tmp_path, medium)
    node.updates.prepare(A, len(TWO), sha256(TWO))
    node.updates.write(A, 0, TWO[:5])
    node.start()
    medium.call, medium.where = call, "incoming"
    asked = (node.updates.write, A, 5, TWO[5:]) if act == "write" else (node.updates.verify, A)
    more = {} if act == "write" else {"may_be_older": False}
    assert "Input/output error: what was there stays; try again" in refused(
        *asked, code=FailureCode.EXECUTION_FAILED, **more
    )


@pytest.mark.parametrize(("call", "where"), [("read", "bundle"), ("write", "bundle"), ("replace", "bundle")])
def test_a_disk_that_fails_while_a_bundle_is_verified(tmp_path, call, where):
    medium = Failing()
    node = UpdatedNode(tmp_path, medium)
    node.send(A, delta("2", TWO))
    medium.call, medium.where = call, where
    assert "Input/output error; verify it again" in node.verify(A)[0].reason
    medium.call = ""
    assert node.verify(A)[0].happening is UpdateHappening.VERIFIED


def test_a_disk_that_gives_back_something_else(tmp_path):
    class Lying(HostMedium):
        def replace(self, old: Path, new: Path) -> None:
            super().replace(old, new)
            if new.name == "bundle":
                new.write_bytes(b"lost")

    node = UpdatedNode(tmp_path, Lying())
    node.send(A, TWO)
    assert "gives back other octets than were written" in node.verify(A)[0].reason


def test_chunks_that_the_disk_lost_are_asked_for_again(tmp_path):
    """It said that all is well, and counts are from memory until the verification reads what is there."""
    node = UpdatedNode(tmp_path)
    node.send(A, TWO)
    path = tmp_path / "A" / "incoming"
    path.write_bytes(path.read_bytes()[:-1])
    assert f"0 of {len(TWO)} octets are there: send the rest" in node.verify(A)[0].reason
    node.updates.write(A, 0, TWO)
    assert node.verify(A)[0].happening is UpdateHappening.VERIFIED


def test_room_that_cannot_be_given_back_is_no_failure(tmp_path):
    medium = Failing()
    node = UpdatedNode(tmp_path, medium)
    node.send(A, TWO)
    medium.call = "remove"
    assert node.verify(A)[0].happening is UpdateHappening.VERIFIED
    node.updates.prepare(A, len(THREE), sha256(THREE))
    medium.call = ""
    node.updates.write(A, 0, THREE)
    assert node.verify(A)[0].reason == "3"


def test_when_it_is_due(node):
    updates = node.updates
    assert updates.next_due_ns(5) is None
    node.send(A, TWO)
    updates.verify(A, may_be_older=False)
    assert updates.next_due_ns(5) == 5
    updates.abort()
    updates.abort()
    node.try_out(A, TWO)
    assert node.updates.next_due_ns(10 * SECOND) == 60 * SECOND
    assert node.updates.next_due_ns(60 * SECOND) == 3600 * SECOND
    node.updates.confirm()
    assert node.updates.next_due_ns(61 * SECOND) is None
    assert node.start().next_due_ns(5) == 5 + 60 * SECOND
