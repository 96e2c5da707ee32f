"""Power may fail at any call; any octet may rot."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.store.storage import MARKER, record, records, replace_file, text_at
from tests.hal.recording_medium import RecordingMedium

TEXTS = ["", "first", "zweites ✓", "x" * 40]
WHOLE = b"".join(map(record, TEXTS))
FILE = Path("/file")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_a_torn_end_costs_one_record_at_most():
    for cut in range(len(WHOLE)):
        survivors = list(records(WHOLE[:cut] + record("next")))
        assert survivors == [*TEXTS[: len(survivors) - 1], "next"]


def test_a_rotten_octet_costs_one_record_at_most():
    for position in range(len(WHOLE)):
        left = list(records(WHOLE[:position] + bytes([WHOLE[position] ^ 0x10]) + WHOLE[position + 1 :]))
        assert len(left) == len(TEXTS) - 1
        assert [text for text in TEXTS if text in left] == left


@given(st.lists(texts, max_size=4))
def test_what_goes_in_comes_out(texts):
    assert list(records(b"".join(map(record, texts)))) == texts


@given(texts, st.binary(max_size=20))
def test_a_record_is_found_where_it_is(text, before):
    octets = before + record(text)
    assert text_at(octets, len(before)) == text
    assert text_at(octets, octets.rfind(MARKER)) == text
    assert text_at(octets, -1) is None


def test_replace_leaves_no_partial_file(tmp_path):
    path = tmp_path / "file"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["write", "sync", "replace"])
def test_what_could_not_be_written_takes_no_room(failing):
    medium = RecordingMedium()
    replace_file(FILE, b"old", medium)

    def fail(call, path):
        if call == failing:
            raise OSError(errno.ENOSPC, "full")

    medium.fail = fail
    with pytest.raises(OSError, match="full"):
        replace_file(FILE, b"new", medium)
    assert (medium.names(FILE.parent), medium.read(FILE)) == (["file"], b"old")


def test_a_power_cut_at_any_call_leaves_the_old_content_or_the_new():
    contents = {None}

    def look(medium):
        for left in medium.after_cut():
            assert (left.read(FILE) if "file" in left.names(FILE.parent) else None) in contents

    medium = RecordingMedium(on_call=look)
    for content in (b"first", b"", b"third, which is longer"):
        contents.add(content)
        replace_file(FILE, content, medium)
        contents = {content}
        look(medium)
