"""A record survives a power cut at every call, a rotten octet anywhere, and a medium that fails."""

import errno
import os
from pathlib import Path

import msgspec
import pytest

from fsw.store.durable import Durable, RecordOrigin
from hal.medium import HOST
from tests.hal.recording_medium import RecordingMedium


class Value(msgspec.Struct, frozen=True):
    number: int = 0
    text: str = ""


FOLDER = Path("/state/deep")
OCTETS_MAX = 64


def record(medium):
    return Durable(FOLDER, "value", Value(), OCTETS_MAX, medium)


@pytest.mark.requirement("FSW-RES-001")
def test_a_power_cut_at_any_call_leaves_the_last_value_that_was_stored_or_the_one_under_way():
    seen, acknowledged, under_way = [], 0, 0

    def look(medium):
        for left in medium.after_cut():
            survivor = record(left)
            seen.append(survivor.value.number)
            assert survivor.value.number in (acknowledged, under_way)
            assert survivor.value.text == "x" * survivor.value.number
            survivor.store(Value(99))  # which may be cut in turn; the next life has one of both
            assert {record(again).value.number for again in left.after_cut()} == {99}

    medium = RecordingMedium(on_call=look)
    durable = record(medium)
    for number in range(1, 5):
        under_way = number
        durable.store(Value(number, "x" * number))
        acknowledged = number
        look(medium)
    assert set(seen) == set(range(5))


def test_what_is_acted_on_after_a_crash_is_safe_before():
    """A process that dies leaves what it wrote with the operating system; the power may still fail afterwards."""
    syncs = []

    def fail(call, path):
        if call == "sync" and path.suffix == ".b":
            syncs.append(path)
            if len(syncs) == 1:
                raise KeyboardInterrupt  # the process is gone before the sync

    medium = RecordingMedium(fail)
    durable = record(medium)
    durable.store(Value(1))
    with pytest.raises(KeyboardInterrupt):
        durable.store(Value(2))
    assert record(medium).value == Value(2)
    assert {record(left).value.number for left in medium.after_cut() if left.names(FOLDER)} == {2}


@pytest.mark.requirement("FSW-RES-002")
def test_every_rotten_octet_is_noticed(tmp_path):
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    for number in (1, 2):
        durable.store(Value(number))
    newest = tmp_path / "value.b"
    whole = newest.read_bytes()
    used = len(whole.rstrip(b"\0"))
    for position in range(used):
        newest.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        survivor = Durable(tmp_path, "value", Value(), OCTETS_MAX)
        assert (survivor.value, survivor.damaged, survivor.origin) == (Value(1), 1, RecordOrigin.DOUBTED)
    for cut in range(used):
        newest.write_bytes(whole[:cut])
        survivor = Durable(tmp_path, "value", Value(), OCTETS_MAX)
        assert (survivor.value.number, survivor.damaged) == (1, 1)
    survivor.store(Value(3))
    healed = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    assert (healed.value, healed.damaged, healed.origin) == (Value(3), 0, RecordOrigin.KEPT)


@pytest.mark.requirement("FSW-RES-003")
def test_both_slots_damaged_gives_the_default_and_says_so(tmp_path):
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    durable.store(Value(1))
    durable.store(Value(2))
    for slot in "ab":
        (tmp_path / f"value.{slot}").write_bytes(b"rubbish")
    survivor = Durable(tmp_path, "value", Value(7), OCTETS_MAX)
    assert (survivor.value, survivor.damaged, survivor.origin) == (Value(7), 2, RecordOrigin.DOUBTED)


@pytest.mark.requirement("FSW-RES-005")
def test_a_record_of_another_version_is_not_fatal(tmp_path):
    class Earlier(msgspec.Struct):
        number: str = "one"

    Durable(tmp_path, "value", Earlier(), OCTETS_MAX).store(Earlier())
    survivor = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    assert (survivor.value, survivor.damaged, survivor.origin) == (Value(), 1, RecordOrigin.DOUBTED)


def test_one_record_is_not_taken_for_another(tmp_path):
    Durable(tmp_path, "value", Value(), OCTETS_MAX).store(Value(1))
    (tmp_path / "value.a").rename(tmp_path / "other.a")
    assert Durable(tmp_path, "other", Value(), OCTETS_MAX).damaged == 1


def test_a_new_record_is_no_damaged_one(tmp_path):
    durable = Durable(tmp_path / "none", "value", Value(), OCTETS_MAX)
    assert (durable.value, durable.damaged, durable.origin) == (Value(), 0, RecordOrigin.NEW)
    durable.store(Value(1))
    assert Durable(tmp_path / "none", "value", Value(), OCTETS_MAX).origin is RecordOrigin.KEPT


def test_a_full_disk_takes_the_next_value_all_the_same(tmp_path):
    """Slots have their full size from the first value on."""
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    sizes = set()
    for text in ("x", "x" * 40, "", "x" * 20):
        durable.store(Value(1, text))
        sizes |= {path.stat().st_size for path in tmp_path.iterdir()}
    assert len(sizes) == 1


def test_a_value_fills_its_slot_and_no_more(tmp_path):
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    spare = OCTETS_MAX - len(msgspec.msgpack.encode(Value(1, "x" * 40)))
    fitting = Value(1, "x" * (40 + spare))
    durable.store(fitting)
    assert Durable(tmp_path, "value", Value(), OCTETS_MAX).value == fitting
    with pytest.raises(AssertionError):
        durable.store(Value(1, fitting.text + "x"))
    assert durable.value == fitting


@pytest.mark.parametrize("call", ["overwrite", "sync", "make_folder"])
@pytest.mark.requirement("FSW-RES-004")
def test_a_failing_medium_is_told_and_the_value_is_kept_in_memory(call):
    broken = True

    def fail(called, path):
        if broken and called == call:
            raise OSError(errno.ENOSPC, "No space left on device")

    durable = record(RecordingMedium(fail))
    for number in (1, 2):
        with pytest.raises(OSError, match="No space"):
            durable.store(Value(number))
    assert (durable.value, durable.failed, durable.fault) == (Value(2), 2, "No space left on device")
    broken = False
    durable.store(Value(3))
    assert (durable.failed, durable.fault) == (2, "")


def test_a_failed_write_never_touches_the_slot_that_holds_the_last_value():
    broken = False

    def fail(called, path):
        if broken and called == "sync":
            raise OSError(errno.EIO, "Input/output error")

    medium = RecordingMedium(fail)
    durable = record(medium)
    durable.store(Value(1))
    durable.store(Value(2))
    broken = True
    for number in range(3, 9):
        with pytest.raises(OSError, match="Input"):
            durable.store(Value(number))
    assert all(record(left).value.number >= 2 for left in medium.after_cut())


def test_a_value_that_the_medium_may_still_lose_is_told_at_the_start():
    medium = RecordingMedium()
    record(medium).store(Value(1))
    for failing in (FOLDER / "value.a", FOLDER):

        def fail(call, path, failing=failing):
            if (call, path) == ("sync", failing):
                raise OSError(errno.EIO, "Input/output error")

        medium.fail = fail
        survivor = record(medium)
        assert (survivor.value, survivor.fault, survivor.failed) == (Value(1), "Input/output error", 0)
    medium.fail = lambda call, path: None
    assert record(medium).fault == ""


def test_an_unreadable_slot_is_counted():
    def fail(call, path):
        if call == "read" and path.suffix == ".a":
            raise OSError(errno.EIO, "Input/output error")

    medium = RecordingMedium()
    record(medium).store(Value(1))
    medium.fail = fail
    survivor = record(medium)
    assert (survivor.value, survivor.damaged, survivor.origin) == (Value(), 1, RecordOrigin.DOUBTED)


def test_the_host_is_the_medium_unless_another_is_given(tmp_path):
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    durable.store(Value(1))
    assert HOST.names(tmp_path) == ["value.a"]


@pytest.mark.requirement("FSW-RES-012")
def test_a_check_finds_what_is_not_as_it_was_stored_and_renewing_mends_it():
    medium = RecordingMedium()
    one = record(medium)
    assert one.check() == ""
    one.store(Value(1))
    stale = medium.read(FOLDER / "value.a")
    one.store(Value(2))
    one.store(Value(3))
    assert (one.check(), one.damaged) == ("", 0)
    medium.write(FOLDER / "value.a", stale)  # as after a write that was confirmed and went elsewhere
    assert (one.check(), one.damaged) == ("it has an older value", 1)
    one.renew()
    assert one.check() == ""
    medium.write(FOLDER / "value.b", stale[:9] + b"x" + stale[10:])
    assert (one.check(), one.damaged) == ("it is damaged", 2)
    one.renew()
    assert (one.check(), record(medium).value, record(medium).check()) == ("", Value(3), "")

    def fail(call, path):
        if failing:
            raise OSError(errno.EIO, "Input/output error")

    failing = [True]
    medium.fail = fail
    assert (one.check(), one.damaged) == ("Input/output error", 3)
    with pytest.raises(OSError, match="Input"):
        one.renew()
    failing.clear()
    assert one.check() == ""  # of the slot whose write failed nothing is known
    one.store(Value(4))
    assert record(medium).value == Value(4)


@pytest.mark.requirement("FSW-RES-012")
def test_slots_that_could_not_be_read_at_the_start_do_not_come_back():
    medium = RecordingMedium()
    one = record(medium)
    for number in range(1, 8):
        one.store(Value(number))

    def fail(call, path):
        if call == "read":
            raise OSError(errno.EIO, "Input/output error")

    medium.fail = fail
    unread = record(medium)
    assert (unread.is_lost, unread.value, unread.damaged) == (True, Value(), 2)
    unread.store(Value(9))
    medium.fail = lambda call, path: None
    again = record(medium)
    assert (again.value, again.is_lost) == (Value(9), False)


@pytest.mark.parametrize("put", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_stands_in_the_place_of_a_slot_is_set_aside(tmp_path, put):
    """Neither waited for, nor read for ever, nor deleted, nor a reason to forget what is stored from now on."""
    put(tmp_path / "value.a")
    put(tmp_path / "value.b")
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    assert (durable.damaged, durable.is_lost) == (2, True)
    durable.store(Value(1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["value.a", "value.a.1", "value.b", "value.b.1"]
    survivor = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    assert (survivor.value, survivor.origin) == (Value(1), RecordOrigin.KEPT)


def test_no_more_of_a_slot_is_read_than_it_can_hold(tmp_path):
    durable = Durable(tmp_path, "value", Value(), OCTETS_MAX)
    durable.store(Value(1))
    os.truncate(tmp_path / "value.a", 1 << 40)
    assert Durable(tmp_path, "value", Value(), OCTETS_MAX).value == Value(1)
