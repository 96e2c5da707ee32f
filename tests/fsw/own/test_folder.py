"""The folder of an app: what was written is there after a restart, and its bounds hold."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fsw.executive.app import CommandError
from fsw.own import folder as app_folder
from fsw.own.folder import Folder
from hal.medium import HOST
from rig.world.disk import Disk
from rig.world.power import Power, PowerCut

AT = Path("/state/apps/heater/table")
NAMES = st.sampled_from(["a.txt", "b", "c-1.bin"])
OCTETS_MAX = 20


@pytest.fixture
def disk():
    disk = Disk(Random(1), Power())
    disk.make_folder(Path("/state"))
    disk.sync(Path("/"))
    return disk


def test_files_are_written_replaced_read_and_removed(disk):
    folder = Folder(AT, disk, OCTETS_MAX)
    assert (folder.names(), folder.octets) == ([], 0)
    folder.write("b", b"12345")
    folder.write("a.txt", b"1")
    folder.write("b", b"678")
    assert (folder.names(), folder.octets, folder.read("b")) == (["a.txt", "b"], 4, b"678")
    again = Folder(AT, disk, OCTETS_MAX)
    assert (again.names(), again.octets, again.read("a.txt")) == (["a.txt", "b"], 4, b"1")
    again.remove("b")
    again.remove("b")
    assert Folder(AT, disk, OCTETS_MAX).names() == ["a.txt"]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "A", ".hidden", "a/b", "x" * 41, "a.part", "a.b.c"])
@pytest.mark.requirement("FSW-APP-006")
def test_a_name_that_leads_elsewhere_is_refused(disk, name):
    folder = Folder(AT, disk, OCTETS_MAX)
    with pytest.raises(CommandError, match="expected up to 40 small letters"):
        folder.write(name, b"")
    with pytest.raises(CommandError, match="no file"):
        folder.read(name)


@pytest.mark.requirement("FSW-APP-006")
def test_the_bounds_hold_and_what_was_there_stays(disk, monkeypatch):
    monkeypatch.setattr(app_folder, "FILES_MAX", 2)
    folder = Folder(AT, disk, OCTETS_MAX)
    folder.write("a", b"x" * 15)
    with pytest.raises(CommandError, match="b: 21 octets in all, 20 at most"):
        folder.write("b", b"x" * 6)
    folder.write("a", b"x" * 20)
    folder.write("b", b"")
    with pytest.raises(CommandError, match="c: 2 files are there, which is the maximum"):
        folder.write("c", b"")
    assert (folder.names(), folder.octets) == (["a", "b"], 20)


def test_a_disk_that_fails_is_told_and_asked_anew(disk):
    folder = Folder(AT, disk, OCTETS_MAX)
    folder.write("a", b"1")
    disk.failing = 1.0
    for work in (lambda: folder.write("a", b"22"), lambda: folder.read("a"), lambda: folder.remove("a")):
        with pytest.raises(CommandError, match="Input/output error"):
            work()
        disk.failing = 0.0
        assert folder.octets in {1, 2}
        disk.failing = 1.0
    with pytest.raises(CommandError, match="its folder: Input/output error"):
        Folder(AT, disk, OCTETS_MAX).names()


def test_a_file_that_cannot_be_read_has_no_size(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_bytes(b"123")
    folder = Folder(tmp_path, HOST, OCTETS_MAX)
    assert (folder.names(), folder.octets) == (["a", "b"], 3)
    with pytest.raises(CommandError, match=r"b: .* holds files that are not ours"):
        folder.write("b", b"1")  # the folder holds what is not ours


@pytest.mark.parametrize("cut_after", range(12))
@pytest.mark.requirement("FSW-APP-006")
def test_power_that_fails_in_a_write_leaves_the_old_content_or_the_new_one(disk, cut_after):
    Folder(AT, disk, OCTETS_MAX).write("a", b"old")
    disk.cut_after = cut_after
    try:
        Folder(AT, disk, OCTETS_MAX).write("a", b"newer")
        acknowledged = {b"newer"}
    except PowerCut:
        acknowledged = {b"old", b"newer"}
    after = Folder(AT, disk.after_cut(Power()), OCTETS_MAX)
    assert after.read("a") in acknowledged
    assert after.names() == ["a"]


class FolderMachine(RuleBasedStateMachine):
    """A folder is a dictionary with bounds, before and after restarts."""

    def __init__(self):
        super().__init__()
        self.disk = Disk(Random(1), Power())
        self.disk.make_folder(Path("/state"))
        self.model = {}
        self.restart()

    @rule()
    def restart(self):
        self.folder = Folder(AT, self.disk, OCTETS_MAX)

    @rule(name=NAMES, octets=st.binary(max_size=12))
    def write(self, name, octets):
        after = self.model | {name: octets}
        if sum(map(len, after.values())) > OCTETS_MAX:
            with pytest.raises(CommandError):
                self.folder.write(name, octets)
            return
        self.folder.write(name, octets)
        self.model = after

    @rule(name=NAMES)
    def remove(self, name):
        self.folder.remove(name)
        self.model.pop(name, None)

    @invariant()
    def agrees(self):
        assert {name: self.folder.read(name) for name in self.folder.names()} == self.model
        assert self.folder.octets == sum(map(len, self.model.values())) <= OCTETS_MAX


TestFolder = FolderMachine.TestCase
