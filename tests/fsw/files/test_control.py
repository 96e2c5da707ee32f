"""Service 23: each request on files and directories, and everything that it refuses, with its reason."""

import errno

import pytest

from fsw.files.marks import MARKS_MAX
from fsw.files.node_roots import node_roots
from fsw.files.roots import DEPTH_MAX, WALKED_MAX
from hal.medium import HostMedium, MediumEntry
from link.pus.services import files
from link.pus.services.files import DirectoryEntry, ObjectType, Path
from link.pus.services.test import Ping
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.files.managed import ENTRIES_MAX, OCTETS_MAX, STATE, Managed
from tests.hal.recording_medium import RecordingMedium, only_on


@pytest.fixture
def managed():
    return Managed()


def create(directory="files", name="a", size_max=0, *, locked=False):
    return files.CreateFile(directory=directory, name=name, size_max=size_max, locked=locked)


def of(form, directory="files", name="a"):
    return form(directory=directory, name=name)


def move(source, target, form=files.MoveFile, operation=1):
    (there, name), (where, new) = (words.rsplit("/", 1) for words in (source, target))
    return form(operation=operation, source_directory=there, source_name=name, target_directory=where, target_name=new)


def refused(managed, request):
    with pytest.raises(RefusedError) as caught:
        managed.ask(request)
    return caught.value.code.name, str(caught.value)


def listed(managed, directory):
    reports = managed.ask(files.SummariseDirectory(directory=directory))
    assert {one.directory for one in reports} == {directory}
    return [(one.name, one.type.name) for report in reports for one in report.entries]


@pytest.mark.requirement("FSW-FIL-006")
def test_a_file_is_created_reported_locked_and_deleted(managed):
    managed.ask(create())
    (said,) = managed.ask(of(files.ReportFile))
    assert said == files.FileAttributes(directory="files", name="a", size=0, locked=False)
    managed.ask(of(files.LockFile))
    assert managed.ask(of(files.ReportFile))[0].locked
    assert refused(managed, of(files.DeleteFile)) == ("NOT_NOW", "files/a is locked")
    managed.ask(of(files.UnlockFile))
    managed.ask(of(files.DeleteFile))
    assert listed(managed, "files") == []
    assert refused(managed, of(files.ReportFile)) == ("BAD_ARGUMENTS", "no file files/a")


def test_only_a_file_that_is_there_is_locked(managed):
    for request in (files.LockFile, files.UnlockFile):
        assert refused(managed, of(request)) == ("BAD_ARGUMENTS", "no file files/a")
    managed.ask(create())
    managed.ask(of(files.DeleteFile))


def test_a_lock_survives_a_restart_and_goes_with_its_file(managed):
    managed.ask(create(locked=True, size_max=9))
    managed.boot()
    assert "is locked" in refused(managed, of(files.DeleteFile))[1]
    managed.ask(of(files.UnlockFile))
    managed.ask(of(files.DeleteFile))
    managed.ask(create())
    assert not managed.ask(of(files.ReportFile))[0].locked


@pytest.mark.requirement("FSW-FIL-008")
def test_what_is_created_survives_a_power_cut():
    managed = Managed()
    managed.ask(of(files.CreateDirectory, "files", "maps"))
    managed.ask(create("files/maps", locked=True))
    for left in managed.medium.after_cut():
        after = Managed(left)
        assert after.ask(of(files.ReportFile, "files/maps"))[0].locked


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        (files.DeleteFile(directory="files/maps", name="a"), ["files/maps", "files/plans"]),
        (files.DeleteDirectory(directory="files", name="plans"), ["files/maps", "files/maps/a"]),
        (
            files.RenameDirectory(directory="files", name="plans", new_name="charts"),
            ["files/charts", "files/maps", "files/maps/a"],
        ),
        (move("files/maps/a", "files/plans/b"), ["files/maps", "files/plans", "files/plans/b"]),
    ],
)
@pytest.mark.requirement("FSW-FIL-008")
def test_what_is_removed_renamed_or_moved_stays_so_after_a_power_cut(request_, left):
    managed = Managed()
    for name in ("maps", "plans"):
        managed.ask(of(files.CreateDirectory, "files", name))
    managed.ask(create("files/maps"))
    managed.ask(request_)
    for after in managed.medium.after_cut():
        roots = Managed(after).roots
        assert sorted(place.words for place, _ in roots.walk(roots.place("files"))) == left


@pytest.mark.requirement("FSW-FIL-006")
def test_directories_are_made_listed_renamed_and_removed(managed):
    managed.ask(of(files.CreateDirectory, "files", "maps"))
    managed.ask(create("files/maps", locked=True))
    managed.ask(create())
    assert listed(managed, "files") == [("a", "FILE"), ("maps", "DIRECTORY")]
    assert listed(managed, "") == [(name, "DIRECTORY") for name in ("files", "log", "one", "other")]
    rename = files.RenameDirectory(directory="files", name="maps", new_name="charts")
    assert refused(managed, rename) == ("NOT_NOW", "files/maps/a is locked")
    managed.ask(of(files.UnlockFile, "files/maps"))
    managed.app.marks.lock(managed.roots.place("files/a"), is_locked=True)
    managed.ask(rename)
    assert refused(managed, of(files.DeleteDirectory, "files", "charts")) == ("NOT_NOW", "files/charts is not empty")
    managed.ask(of(files.DeleteFile, "files/charts"))
    managed.ask(of(files.DeleteDirectory, "files", "charts"))
    assert listed(managed, "files") == [("a", "FILE")]


def test_limits_follow_a_directory_that_is_renamed(managed):
    managed.ask(of(files.CreateDirectory, "files", "maps"))
    managed.ask(create("files/maps", size_max=10))
    managed.ask(files.RenameDirectory(directory="files", name="maps", new_name="charts"))
    managed.boot()
    place = managed.roots.place("files/charts/a")
    with pytest.raises(RefusedError, match="files/charts/a may hold 10 octets, not 11"):
        managed.app.marks.check_size(place, 11)
    managed.app.marks.check_size(place, 10)


@pytest.mark.requirement("FSW-FIL-006")
def test_files_are_found_below_a_directory_and_in_all_roots(managed):
    managed.put("files/maps/coast.bin")
    managed.put("files/coast.txt")
    managed.put("log/coast.log")

    def found(directory, pattern):
        (report,) = managed.ask(files.FindFiles(directory=directory, pattern=pattern))
        return [f"{one.directory}/{one.name}" for one in report.files]

    assert found("files", "coast*") == ["files/coast.txt", "files/maps/coast.bin"]
    assert found("files/maps", "*.txt") == []
    assert found("", "c*.?og") == ["log/coast.log"]
    assert len(found("", "")) == 3
    assert "60 characters" in refused(managed, files.FindFiles(directory="", pattern="*" * 61))[1]


def test_many_entries_come_in_as_many_reports_as_it_takes(managed):
    for number in range(300):
        managed.put(f"log/{number:03}")
    assert len(listed(managed, "log")) == 300
    (*_, last) = managed.ask(files.FindFiles(directory="log", pattern=""))
    assert last.files[-1] == Path(directory="log", name="299")


def test_a_directory_of_too_many_names_is_not_searched(managed):
    class Endless(RecordingMedium):
        count = WALKED_MAX

        def names(self, folder):
            return [f"a{number}" for number in range(self.count)]

        def entry(self, path):
            return MediumEntry(is_folder=path.name in ("log", "node"))

    medium = Endless()
    managed = Managed(medium)
    assert managed.ask(files.FindFiles(directory="log", pattern="a9"))
    medium.count += 1
    said = refused(managed, files.FindFiles(directory="log", pattern=""))
    assert said == ("NOT_NOW", f"more than {WALKED_MAX} names below log")


@pytest.mark.parametrize(
    ("directory", "name", "reason"),
    [
        ("/etc", "passwd", "no root '', expected one of files, log, one, other"),
        ("memory", "x", "no root 'memory', expected one of files, log, one, other"),
        ("files/..", "memory", "'..' is no name of a file or directory"),
        ("files", "..", "'..' is no name of a file or directory"),
        ("files", ".hidden", "'.hidden' is no name of a file or directory"),
        ("files", "a/b", "'a/b' is no name of a file or directory"),
        ("files", "a\0b", r"'a\x00b' is no name of a file or directory"),
        ("files", "caf\xe9", r"'caf\xe9' is no name of a file or directory"),
        ("files", "a\n", r"'a\n' is no name of a file or directory"),
        ("files/", "a", "'' is no name of a file or directory"),
        ("files", "a" * 61, f"'{'a' * 60}' is no name of a file or directory"),
        ("files", "", "the name is missing"),
        ("files" + "/a" * DEPTH_MAX, "a", "a path has 8 parts and 200 characters at most"),
        ("/".join(["files", *["a" * 60] * 3]), "a" * 20, "a path has 8 parts and 200 characters at most"),
        ("one", "another", "one has nothing but it"),
        ("one/it", "it", "one has nothing but it"),
    ],
)  # fmt: skip
@pytest.mark.requirement("FSW-FIL-007")
def test_names_that_lead_nowhere_good_are_refused(managed, directory, name, reason):
    for form in (files.ReportFile, files.DeleteFile, files.CreateDirectory):
        assert refused(managed, of(form, directory, name)) == ("BAD_ARGUMENTS", reason)


def test_the_longest_and_the_deepest_path_are_allowed_and_no_longer_one(managed):
    managed.roots.place("files" + "/a" * (DEPTH_MAX - 1), "a")
    folder = "/".join(["files", *["a" * 60] * 3])
    assert len(managed.roots.place(folder, "a" * 11).words) == 200
    with pytest.raises(RefusedError, match="200 characters at most"):
        managed.roots.place(folder, "a" * 12)


@pytest.mark.requirement("FSW-FIL-007")
def test_of_a_node_only_files_and_sequences_can_be_changed():
    changeable = {root.name for root in node_roots(STATE, 1000, 9) if root.is_read_only is not True}
    assert changeable == {"files", "sequences"}


@pytest.mark.requirement("FSW-FIL-007")
def test_roots_that_are_only_read_are_never_changed(managed):
    managed.put("log/a", b"what failed")
    managed.put("files/a")
    assert managed.ask(of(files.ReportFile, "log"))[0].size == 11
    changes = [
        create("log", "b"), of(files.DeleteFile, "log"), of(files.LockFile, "log"),
        of(files.CreateDirectory, "log", "b"), of(files.DeleteDirectory, "log"),
        move("log/a", "files/b"), move("files/a", "log/b"), move("files/a", "log/b", files.CopyFile),
    ]  # fmt: skip
    for request in changes:
        assert refused(managed, request) == ("BAD_ARGUMENTS", "log can only be read"), request
    assert managed.read("log/a") == b"what failed"


def test_a_root_of_single_files_shows_nothing_else(managed):
    managed.medium.write(STATE / "it", b"12")
    managed.medium.write(STATE / "secret", b"")
    assert listed(managed, "one") == [("it", "FILE")]
    managed.ask(move("one/it", "files/it", files.CopyFile))
    assert managed.read("files/it") == b"12"


def test_roots_stay_and_files_are_no_directories(managed):
    managed.put("files/a")
    with pytest.raises(RefusedError, match="files is a root, which stays"):
        managed.roots.check_writable(managed.roots.place("files"))
    assert refused(managed, create("files/a", "b")) == ("BAD_ARGUMENTS", "files/a is a file")
    assert refused(managed, create("files/b", "b")) == ("BAD_ARGUMENTS", "no directory files/b")
    assert refused(managed, create("files/a/b", "b")) == ("BAD_ARGUMENTS", "no directory files/a/b")
    assert refused(managed, of(files.DeleteDirectory)) == ("BAD_ARGUMENTS", "files/a is a file")
    managed.ask(of(files.CreateDirectory, "files", "maps"))
    assert refused(managed, of(files.DeleteFile, "files", "maps")) == ("BAD_ARGUMENTS", "files/maps is a directory")
    for request in (create(), of(files.CreateDirectory), move("files/a", "files/maps")):
        assert "exists" in refused(managed, request)[1]


@pytest.mark.requirement("FSW-FIL-010")
def test_room_is_limited_in_octets_and_in_entries(managed):
    assert refused(managed, create(size_max=OCTETS_MAX + 1)) == (
        "NOT_NOW", f"{OCTETS_MAX + 1} octets do not fit into files: {OCTETS_MAX} are free",
    )  # fmt: skip
    managed.put("files/a", bytes(900))
    assert "100 are free" in refused(managed, create(name="b", size_max=101))[1]
    assert "100 are free" in refused(managed, move("files/a", "files/b", files.CopyFile))[1]
    managed.ask(create("other", "x"))
    assert refused(managed, create("other", "y")) == ("NOT_NOW", "other has 1 entries, no more fit")
    assert "no more fit" in refused(managed, move("files/a", "other/y"))[1]
    for number in range(ENTRIES_MAX - 1):
        managed.ask(of(files.CreateDirectory, "files", f"d{number}"))
    assert "no more fit" in refused(managed, of(files.CreateDirectory, "files", "more"))[1]
    managed.ask(of(files.DeleteFile))


def test_marks_are_limited(managed):
    for number in range(MARKS_MAX):
        managed.app.marks.lock(managed.roots.place(f"files/{number}"), is_locked=True)
    managed.put("files/a")
    assert "128 files are locked or limited" in refused(managed, of(files.LockFile))[1]
    managed.ask(of(files.UnlockFile))


def test_a_file_moves_and_takes_its_limits_along(managed):
    managed.ask(create(size_max=10))
    managed.ask(move("files/a", "other/b"))
    assert (listed(managed, "files"), listed(managed, "other")) == ([], [("b", "FILE")])
    with pytest.raises(RefusedError, match="may hold 10 octets"):
        managed.app.marks.check_size(managed.roots.place("other/b"), 11)
    assert {tuple(left.names(STATE / "files")) for left in managed.medium.after_cut()} == {(".skyrack-files",)}


def test_a_file_in_use_stays_as_it_is(managed):
    managed.put("files/a")
    place = managed.roots.place("files/a")
    for _ in range(2):
        managed.app.marks.use(place)
    for request in (of(files.DeleteFile), move("files/a", "files/b")):
        assert refused(managed, request) == ("NOT_NOW", "files/a is being transferred")
        managed.app.marks.release(place)
    assert managed.ask(of(files.ReportFile))[0].locked is False


@pytest.mark.requirement("FSW-FIL-007")
def test_links_and_devices_are_not_there(tmp_path):
    class Here(HostMedium):
        def _map(self, path):
            return tmp_path / path.relative_to("/")

        def __getattribute__(self, name):
            act = super().__getattribute__(name)
            if name.startswith("_"):
                return act
            return lambda *words: act(*[self._map(one) if hasattr(one, "parts") else one for one in words])

    managed = Managed(Here())
    managed.put("files/a", b"abc")
    (tmp_path / "node/files/link").symlink_to(tmp_path / "node/files/a")
    (tmp_path / "node/files/up").symlink_to(tmp_path)
    (tmp_path / "node/files/b c").write_bytes(b"")
    assert listed(managed, "files") == [("a", "FILE")]
    assert refused(managed, of(files.ReportFile, "files", "link")) == ("BAD_ARGUMENTS", "no file files/link")
    assert refused(managed, of(files.ReportFile, "files/up", "secret")) == ("BAD_ARGUMENTS", "no file files/up/secret")
    assert refused(managed, create("files/up", "a")) == ("BAD_ARGUMENTS", "no directory files/up")


@pytest.mark.requirement("FSW-FIL-007")
def test_a_folder_that_is_not_ours_is_read_and_never_changed(managed):
    managed.medium.make_folder(STATE / "files")
    managed.medium.write(STATE / "files" / "a", b"mine")
    assert managed.ask(of(files.ReportFile))[0].size == 4
    for request in (create(name="b"), of(files.DeleteFile), of(files.LockFile)):
        code, reason = refused(managed, request)
        assert code == "EXECUTION_FAILED"
        assert reason.startswith("the disk says: ")
        assert "not ours" in reason


def test_a_disk_that_fails_is_the_reason(managed):
    managed.put("files/a")
    managed.medium.fail = only_on("a", "remove")
    assert refused(managed, of(files.DeleteFile)) == ("EXECUTION_FAILED", "the disk says: disk")
    managed.medium.fail = only_on("b", "write")
    assert "the disk says" in refused(managed, create(name="b", locked=True))[1]
    assert not managed.app.marks.is_locked(managed.roots.place("files/b"))


def test_marks_that_the_disk_does_not_take_are_counted(managed):
    def fail(call, path):
        if "memory" in path.parts:
            raise OSError(errno.ENOSPC, "full")

    managed.put("files/a")
    managed.medium.fail = fail
    managed.ask(of(files.LockFile))
    assert managed.records.opened["memory of file marks"].failed == 1


def test_a_file_longer_than_a_report_can_tell(managed, monkeypatch):
    managed.put("files/a")
    monkeypatch.setattr(managed.medium, "entry", lambda path: MediumEntry(path.name != "a", 1 << 32))
    assert "too many for a report" in refused(managed, of(files.ReportFile))[1]


def test_requests_of_others_are_refused(managed):
    assert refused(managed, Ping()) == (FailureCode.UNKNOWN_TYPE.name, "Ping is not for this service")


def test_an_entry_says_what_it_is():
    assert DirectoryEntry(type=ObjectType.FILE, name="a").encode() == b"\0\x01a"
