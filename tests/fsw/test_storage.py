"""Power may fail after any octet; any octet may rot."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.storage import Journal, replace_file
from tests.hal.recording_medium import RecordingMedium

RECORDS = ["", "first", "zweites ✓", "x" * 40]
FILE = Path("/file")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def written(path: Path, records: list[str]) -> Journal:
    journal = Journal(path)
    for record in records:
        journal.append(record)
    return journal


def test_power_fails_after_any_octet(tmp_path):
    whole = written(tmp_path / "whole", RECORDS)._path.read_bytes()
    path = tmp_path / "cut"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        survivors = list(Journal(path))
        assert survivors == RECORDS[: len(survivors)]
        Journal(path).append("next")
        assert list(Journal(path)) == [*survivors, "next"]
    assert survivors == RECORDS


def test_a_rotten_octet_costs_one_record_at_most(tmp_path):
    path = written(tmp_path / "journal", RECORDS)._path
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        left = list(Journal(path))
        assert len(left) == len(RECORDS) - 1
        assert [record for record in RECORDS if record in left] == left


@settings(max_examples=30)
@given(records=st.lists(texts, max_size=4), again=st.lists(texts, max_size=4))
def test_what_goes_in_comes_out(tmp_path_factory, records, again):
    journal = written(tmp_path_factory.mktemp("journal") / "journal", records)
    assert list(journal) == records
    journal.rewrite(again)
    assert list(journal) == again


def test_a_journal_that_is_not_there_is_empty(tmp_path):
    assert list(Journal(tmp_path / "none")) == []


def test_replace_leaves_no_partial_file(tmp_path):
    path = tmp_path / "file"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


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


def test_a_power_cut_at_any_call_loses_no_record_that_append_returned_for():
    appended = 0

    def look(medium):
        for left in medium.after_cut():
            survivors = list(Journal(FILE, left))
            assert survivors in (RECORDS[:appended], RECORDS[: appended + 1])

    medium = RecordingMedium(on_call=look)
    journal = Journal(FILE, medium)
    for record in RECORDS:
        journal.append(record)
        appended += 1
        look(medium)
