"""Slots as folders: a bundle is replaced as a whole, and what was received survives power failing at any call."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.update.record import RECORD_OCTETS_MAX, SlotName, SlotPhase, SlotRecord, TrialEnd, UpdateRecord
from fsw.update.slots import FolderSlots
from hal.medium import HOST
from tests.hal.recording_medium import RecordingMedium

A, B, G = SlotName.A, SlotName.B, SlotName.G
UPLOAD, OTHER = "ab" * 32, "cd" * 32


def slots_on(medium, tmp="/slots"):
    from pathlib import Path

    return FolderSlots(Path(tmp), medium)


def test_a_bundle_is_replaced_as_a_whole_whenever_the_power_fails():
    seen = set()
    medium = RecordingMedium()
    slots = slots_on(medium)
    slots.install(A, b"old" * 10)

    def look(now):
        for left in now.after_cut():
            seen.add(slots_on(left).bundle(A))

    medium.on_call = look
    slots.install(A, b"new" * 20)
    assert seen == {b"old" * 10, b"new" * 20}
    assert slots.bundle(A) == b"new" * 20


@pytest.mark.requirement("FSW-UPD-009")
def test_what_was_received_survives_power_failing_at_any_call():
    medium, acknowledged = RecordingMedium(), []
    chunks = [bytes([number]) * (5 + number) for number in range(4)]
    slots = slots_on(medium)

    def look(now):
        for left in now.after_cut():
            again = slots_on(left)
            there = again.received(A, UPLOAD)
            assert there in (b"".join(acknowledged), b"".join([*acknowledged, chunk]))
            again.append(A, UPLOAD, b"more")
            assert slots_on(left).received(A, UPLOAD) == there + b"more"

    for chunk in chunks:
        medium.on_call = look
        slots.append(A, UPLOAD, chunk)
        acknowledged.append(chunk)
    assert slots.received(A, UPLOAD) == b"".join(chunks)
    assert slots.count(A, UPLOAD) == len(b"".join(chunks))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=30), st.booleans()), max_size=6))
def test_chunks_are_the_file_whether_the_node_restarts_between_them_or_not(tmp_path_factory, pieces):
    folder = tmp_path_factory.mktemp("slots")
    slots = slots_on(HOST, folder)
    for octets, is_new in pieces:
        slots = slots_on(HOST, folder) if is_new else slots
        slots.append(B, UPLOAD, octets)
    assert slots_on(HOST, folder).received(B, UPLOAD) == b"".join(octets for octets, _ in pieces)


def test_chunks_of_another_upload_are_none_of_this_one(tmp_path):
    slots = slots_on(HOST, tmp_path)
    slots.append(A, OTHER, b"something else")
    assert slots.received(A, UPLOAD) == b""
    assert slots.count(A, UPLOAD) == 0
    slots.append(A, UPLOAD, b"this")
    assert slots.received(A, UPLOAD) == b"this"
    slots.begin(A)
    assert slots.received(A, UPLOAD) == b""
    slots.begin(A)
    assert list((tmp_path / "A").iterdir()) == []


def test_what_is_behind_a_damaged_chunk_is_sent_again(tmp_path):
    slots = slots_on(HOST, tmp_path)
    for octets in (b"first", b"second", b"third"):
        slots.append(A, UPLOAD, octets)
    path = tmp_path / "A" / "incoming"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        there = slots_on(HOST, tmp_path).received(A, UPLOAD)
        assert there in (b"", b"first", b"firstsecond")
    again = slots_on(HOST, tmp_path)
    again.append(A, UPLOAD, b"third, again")
    assert slots_on(HOST, tmp_path).received(A, UPLOAD) == b"firstsecondthird, again"


def test_a_chunk_that_the_disk_does_not_take_is_not_counted():
    broken = False

    def fail(call, path):
        if broken and call == "sync":
            raise OSError(errno.EIO, "Input/output error")

    slots = slots_on(RecordingMedium(fail))
    slots.append(A, UPLOAD, b"first")
    broken = True
    with pytest.raises(OSError, match="Input/output"):
        slots.append(A, UPLOAD, b"second")
    broken = False
    slots.append(A, UPLOAD, b"third")
    assert slots.received(A, UPLOAD) in (b"firstthird", b"firstsecondthird")


def test_chunks_are_appended_and_the_file_is_not_written_again():
    medium = RecordingMedium()
    slots = slots_on(medium)
    for _ in range(5):
        slots.append(A, UPLOAD, b"octets")
    assert [call for call, path in medium.calls if path.name == "incoming"].count("append") == 4


@pytest.mark.requirement("FSW-UPD-004")
def test_the_golden_copy_is_not_written(tmp_path):
    with pytest.raises(AssertionError):
        slots_on(HOST, tmp_path).install(G, b"")
    with pytest.raises(FileNotFoundError):
        slots_on(HOST, tmp_path).bundle(G)


def test_the_record_fits_whatever_is_in_it(tmp_path):
    known = SlotRecord(
        phase=SlotPhase.VERIFIED,
        octets=2**31,
        upload="f" * 64,
        sha256="f" * 64,
        version="9" * 40,
        may_be_older=True,
        was_promoted=True,
    )
    full = UpdateRecord(
        a=known, b=known, promoted=A, floor="9" * 40, trial=B, tries_left=9, boots=2**31, ended=TrialEnd.FELL_BACK
    )
    record = slots_on(HOST, tmp_path).record()
    record.store(full)
    assert slots_on(HOST, tmp_path).record().value == full
    assert (tmp_path / "boot.a").stat().st_size < RECORD_OCTETS_MAX + 64
