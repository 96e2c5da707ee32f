"""Which slot is started, for all that can be wrong with each of them."""

import errno

import pytest
from msgspec.structs import replace

from fsw.update.boot import choose
from fsw.update.record import SlotName, SlotPhase, SlotRecord, TrialEnd, UpdateRecord
from fsw.update.slots import FolderSlots
from tests.fsw.update.bundles import KEYS, STRANGER, sha256, software

A, B, G = SlotName.A, SlotName.B, SlotName.G
BUNDLES = {G: software("1"), A: software("2"), B: software("3")}


def verified(slot, **more):
    version = {A: "2", B: "3"}[slot]
    return SlotRecord(phase=SlotPhase.VERIFIED, sha256=sha256(BUNDLES[slot]), version=version, **more)


FLOWN = UpdateRecord(a=verified(A, was_promoted=True), promoted=A, floor="2")
BOTH = replace(FLOWN, b=verified(B, was_promoted=True), promoted=B, floor="3")
TRIAL = replace(FLOWN, b=verified(B), trial=B, tries_left=2)


@pytest.fixture
def slots(tmp_path):
    for slot, octets in BUNDLES.items():
        (tmp_path / slot.name).mkdir()
        (tmp_path / slot.name / "bundle").write_bytes(octets)
    return FolderSlots(tmp_path)


def start(slots, state=None, **how):
    record = slots.record()
    if state is not None:
        record.store(state)
    choice = choose(record, slots, KEYS, **how)
    assert choice.is_kept
    assert slots.record().value == record.value
    return choice.slot, record.value


def damage(slots, *which):
    for slot in which:
        slots.path(slot).write_bytes(b"?" + slots.bundle(slot)[1:])


def test_a_new_node_starts_the_golden_copy(slots):
    assert start(slots)[0] is G
    assert choose(slots.record(), slots, KEYS).contents.version == "1"


def test_a_golden_copy_that_is_damaged_or_missing_is_told(slots):
    damage(slots, G)
    assert choose(slots.record(), slots, KEYS) == (G, None, True)
    slots.path(G).unlink()
    assert choose(slots.record(), slots, KEYS) == (G, None, True)


@pytest.mark.requirement("FSW-UPD-008")
def test_a_trial_has_its_tries_and_then_what_was_promoted_is_started(slots):
    assert start(slots, TRIAL)[0] is B
    assert start(slots)[0] is B
    slot, state = start(slots)
    assert (slot, state.trial, state.ended, state.is_told) == (A, None, TrialEnd.TRIES_USED, False)
    assert state.of(B).phase is SlotPhase.FAILED


def kept_and_lost(slots, kept, lost):
    """The record after `kept` and then `lost` were stored, of which the copy of `lost` cannot be read any more."""
    for copy in slots.folder.glob("boot.*"):
        copy.unlink()
    record = slots.record()
    record.store(kept)
    record.store(lost)
    (slots.folder / "boot.b").write_bytes(b"?")
    return slots.record().value


def test_a_confirmation_that_cannot_be_read_lets_nothing_older_in(slots):
    on_trial = replace(TRIAL, a=verified(A, was_promoted=True, may_be_older=True))
    state = kept_and_lost(slots, on_trial, on_trial.promoted_trial())
    assert state == replace(TRIAL, floor="3")  # goes on as a trial does, but no rollback of before is allowed any more
    rollback = replace(BOTH, a=verified(A, may_be_older=True), trial=A, tries_left=1)
    assert kept_and_lost(slots, rollback, rollback.promoted_trial()).floor == "3"


def test_what_cannot_be_read_was_no_confirmation_where_nothing_was_on_trial(slots):
    assert kept_and_lost(slots, FLOWN, TRIAL) == FLOWN


def test_a_trial_that_is_unsound_is_not_started(slots):
    damage(slots, B)
    slot, state = start(slots, TRIAL)
    assert (slot, state.trial, state.ended) == (A, None, TrialEnd.UNSOUND)


@pytest.mark.requirement("FSW-UPD-002")
def test_a_sound_bundle_that_is_not_the_one_that_was_verified_is_not_started(slots):
    slots.path(B).write_bytes(BUNDLES[A])
    assert start(slots, TRIAL)[1].ended is TrialEnd.UNSOUND
    slots.path(B).write_bytes(software("4", STRANGER))
    assert start(slots, BOTH)[0] is A


def test_what_is_promoted_is_given_up_after_so_many_starts_without_health(slots):
    started = [start(slots, None if count else BOTH)[0] for count in range(8)]
    assert started == [B, B, B, A, A, A, G, G]
    state = slots.record().value
    assert (state.promoted, state.floor, state.ended) == (G, "3", TrialEnd.FELL_BACK)
    assert {state.of(slot).phase for slot in (A, B)} == {SlotPhase.FAILED}


def test_good_health_begins_the_count_anew(slots):
    assert [start(slots, replace(BOTH, boots=0))[0] for _ in range(9)] == [B] * 9


def test_what_is_unsound_is_passed_over(slots):
    damage(slots, B)
    assert start(slots, BOTH)[0] is A
    damage(slots, A)
    assert start(slots)[0] is G


def test_what_was_never_promoted_is_no_way_back(slots):
    damage(slots, A)
    assert start(slots, replace(FLOWN, b=verified(B)))[0] is G


class ReadOnly:
    def __init__(self, medium):
        self.read, self.read_part = medium.read, medium.read_part

    def __getattr__(self, name):
        raise OSError(errno.EROFS, "Read-only file system")

    def sync(self, path):
        pass


def test_a_medium_that_takes_nothing_starts_what_is_promoted_and_no_trial(slots):
    slots.record().store(replace(TRIAL, boots=1))
    slots.medium = ReadOnly(slots.medium)
    choice = choose(slots.record(), slots, KEYS)
    assert (choice.slot, choice.is_kept) == (A, False)
    assert choose(slots.record(), slots, KEYS, uncounted=1).slot is A
    assert choose(slots.record(), slots, KEYS, uncounted=2).slot is G


@pytest.mark.requirement("FSW-UPD-004")
def test_a_record_that_is_lost_starts_the_golden_copy(slots):
    slots.record().store(BOTH)
    for name in ("boot.a", "boot.b"):
        (slots.folder / name).write_bytes(b"rubbish")
    assert start(slots)[0] is G
