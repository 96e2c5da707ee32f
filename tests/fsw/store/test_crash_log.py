"""Notes of failures are bounded, and a disk that takes none costs no more than that note."""

import pytest

from fsw.store.crash_log import CrashLog


def failure(words):
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(words)
    return caught.value


def test_a_note_says_who_when_and_how(tmp_path):
    CrashLog(tmp_path).note("imaging", failure("no such band"), 0)
    note = (tmp_path / "failures.log").read_text()
    assert note.startswith("1970-01-01T00:00:00.000Z imaging\nTraceback")
    assert note.endswith("RuntimeError: no such band\n\n")


def test_of_a_long_failure_the_end_is_kept(tmp_path):
    CrashLog(tmp_path).note("imaging", failure("x" * 10_000 + "the end"), 0)
    note = (tmp_path / "failures.log").read_text()
    assert len(note) < 4200
    assert note.endswith("the end\n\n")


@pytest.mark.requirement("FSW-EXE-015")
def test_two_files_are_all_there_ever_is(tmp_path):
    log = CrashLog(tmp_path)
    for number in range(60):
        log.note(f"app {number}", failure("x" * 5000), 0)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {"failures.log", "failures.old.log"}
    assert max(sizes.values()) <= 64 * 1024
    assert "app 59" in (tmp_path / "failures.log").read_text()


@pytest.mark.parametrize("words", ["words", "caf\udce9"])
@pytest.mark.requirement("FSW-EXE-015")
def test_notes_that_cannot_be_taken_are_counted(tmp_path, words):
    log = CrashLog(tmp_path / "none")
    log.note("imaging", failure(words), 0)
    assert log.lost == 1
