"""Copies are made piece by piece, can be held, and have their names only when they are complete."""

import pytest

from fsw.executive.bus import Queue
from fsw.files import copies
from fsw.files.copies import COPIES_MAX
from hal.medium import make_folders
from link.pus.services import files
from link.pus.services.files import CopyReport, OperationState
from link.pus.services.verification import RefusedError
from tests.fsw.files.managed import STATE, Managed
from tests.fsw.files.test_control import move, refused
from tests.hal.recording_medium import only_on

CONTENT = bytes(range(250))


@pytest.fixture(autouse=True)
def pieces(monkeypatch):
    monkeypatch.setattr(copies, "PIECE_OCTETS", 100)


@pytest.fixture
def managed():
    managed = Managed()
    managed.put("files/a", CONTENT)
    return managed


def copy(target="files/b", operation=1, source="files/a"):
    return move(source, target, files.CopyFile, operation)


def control(form, *operations):
    return form(operations=list(operations))


@pytest.mark.requirement("FSW-FIL-009")
def test_a_copy_is_complete_or_not_there(managed):
    pending = managed.begin(copy())
    for _ in range(2):
        managed.step()
        managed.app.copies.step(managed.clock.monotonic_ns())  # too early
        assert not managed.roots.entry(managed.roots.place("files/b"))
        assert refused(managed, files.DeleteFile(directory="files", name="a"))[1] == "files/a is being transferred"
    assert not pending.is_over
    managed.step()
    assert pending.is_over
    assert managed.read("files/b") == CONTENT
    assert managed.app.due_ns is None
    assert managed.workshop.octets == 0
    for left in managed.medium.after_cut():
        assert left.read(STATE / "files" / "b") == CONTENT
    managed.ask(files.DeleteFile(directory="files", name="a"))


def test_an_empty_file_and_one_without_a_new_name_are_copied(managed):
    managed.ask(files.CreateDirectory(directory="files", name="maps"))
    managed.put("files/empty")
    managed.ask(move("files/empty", "files/maps/", files.CopyFile))
    assert managed.read("files/maps/empty") == b""


def test_the_next_copy_waits_its_turn_and_reports_say_so(managed):
    heard: Queue = managed.bus.subscribe(CopyReport, "test", capacity=10, policy="refuse")
    managed.ask(files.EnableCopyReports(interval=1))
    first, second = managed.begin(copy()), managed.begin(copy("files/c", 2))
    managed.step()
    managed.ask(control(files.SuspendOperations, 1))
    managed.clock.advance(1_000_000_000)
    managed.step()
    told = [[(one.operation, one.state.name, one.done) for one in report.operations] for report in heard.drain()]
    assert told == [[(1, "RUNNING", 40), (2, "PENDING", 0)], [(1, "ON_HOLD", 40), (2, "RUNNING", 40)]]
    while not second.is_over:
        managed.step()
    assert not first.is_over
    managed.ask(files.DisableCopyReports())
    assert managed.app.due_ns is None
    managed.ask(control(files.ResumeOperations, 1))
    while not first.is_over:
        managed.step()
    assert managed.read("files/b") == managed.read("files/c") == CONTENT
    assert not list(heard.drain())
    assert OperationState(1) is OperationState.RUNNING


def test_copies_from_or_to_a_directory_are_controlled_together(managed):
    managed.ask(files.CreateDirectory(directory="files", name="maps"))
    first, second = managed.begin(copy()), managed.begin(copy("files/maps/c", 2))
    managed.ask(files.SuspendOperationsIn(directory="files/maps"))
    assert [managed.app.copies._copies[one].is_held for one in (1, 2)] == [False, True]
    managed.ask(files.ResumeOperationsIn(directory="files"))
    assert not managed.app.copies._copies[2].is_held
    managed.ask(files.AbortOperationsIn(directory="files/maps"))
    assert str(second.failure) == "it was aborted"
    managed.ask(control(files.AbortOperations, 1))
    assert str(first.failure) == "it was aborted"
    assert managed.medium.names(STATE / "transfers") == [".skyrack-transfers"]
    assert refused(managed, control(files.AbortOperations, 1))[1] == "instruction 1: no operation 1 is under way"
    assert refused(managed, control(files.SuspendOperations, 1))[1] == "instruction 1: no operation 1 is under way"


def test_what_cannot_begin_is_refused(managed):
    managed.begin(copy())
    assert refused(managed, copy("files/c"))[1] == "operation 1 is under way already"
    assert refused(managed, copy(operation=2))[1] == "files/b is being made by another copy"
    assert refused(managed, copy(source="files/none", operation=2))[1] == "no file files/none"
    managed.app.copies._copies.update(dict.fromkeys(range(COPIES_MAX), managed.app.copies._copies[1]))
    assert "8 copies are under way" in refused(managed, copy("files/c", 99))[1]


def test_what_changes_meanwhile_ends_a_copy(managed):
    managed.ask(files.CreateDirectory(directory="files", name="maps"))
    pending = [managed.begin(copy()), managed.begin(copy("files/maps/c", 2)), managed.begin(copy("files/d", 3))]
    managed.put("files/b")
    managed.ask(files.DeleteDirectory(directory="files", name="maps"))
    for _ in range(7):
        managed.step()
    managed.medium.write(STATE / "files" / "a", b"short")
    managed.step()
    assert [str(one.failure) for one in pending] == [
        "files/b exists", "no directory files/maps", "the disk says: files/a became shorter meanwhile",
    ]  # fmt: skip


@pytest.mark.requirement("FSW-FIL-009")
def test_a_disk_that_fails_ends_a_copy_and_what_is_left_goes_at_the_next_start(managed):
    pending = managed.begin(copy())

    def fail(call, path):
        if path.suffix == ".part":
            raise OSError(28, "No space left on device")

    managed.medium.fail = fail
    managed.step()
    assert str(pending.failure) == "the disk says: No space left on device"
    managed.medium.fail = only_on("none", "read")
    managed.boot()
    assert "1.part" in managed.medium.names(STATE / "transfers")
    managed.ask(copy("files/c"))
    assert managed.read("files/c") == CONTENT
    assert managed.medium.names(STATE / "transfers") == [".skyrack-transfers"]


def test_incomplete_files_have_a_limit_of_their_own(managed):
    part = managed.workshop.make()
    managed.workshop.write(part, 0, bytes(900))
    pending = managed.begin(copy())
    managed.step()
    managed.step()
    assert "incomplete files have 1000 octets at most" in str(pending.failure)


def test_a_part_of_an_earlier_run_goes_on(managed):
    part, other = managed.workshop.make(), managed.workshop.make()
    managed.workshop.write(part, 2, b"abc")
    managed.workshop.sync(part)
    managed.boot()
    managed.workshop.adopt(part)
    assert managed.workshop.octets == 5
    assert managed.workshop.read(part, 2, 9) == b"abc"
    assert managed.workshop.make() != part
    assert managed.medium.names(STATE / "transfers") == [".skyrack-transfers", "1.part", "2.part"]
    managed.workshop.remove(part)
    for token in (part, "7", "../a"):
        with pytest.raises(FileNotFoundError):
            managed.workshop.adopt(token)
    assert other == "2"


def test_a_folder_in_which_others_keep_files_is_left_alone():
    managed = Managed()
    make_folders(STATE / "transfers", managed.medium)
    managed.medium.write(STATE / "transfers" / "notes.part", b"mine")
    managed.put("files/a", CONTENT)
    with pytest.raises(RefusedError, match="not ours"):
        managed.ask(copy())
    assert managed.medium.read(STATE / "transfers" / "notes.part") == b"mine"
