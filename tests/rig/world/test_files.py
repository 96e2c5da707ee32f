"""Files both ways between the real node and the real station, through lost links, restarts, loss and a full disk."""

from pathlib import Path
from random import Random

import pytest

from link.cfdp import ConditionCode
from rig.world.pair import NodePair
from rig.world.timeline import SECOND
from rig.world.wire import Weather

NAME = "files/maps"
CONTENT = Random(1).randbytes(30_000)

WHOLE = len(CONTENT)
"""Fewer octets on the wire than a whole file takes: with headers, coding and framing, 1.3 times this."""


class Traffic:
    """A world without an operator's orders, in which files are sent."""

    def __init__(self, **weather):
        self.world = NodePair(7, is_manned=False)
        self.world.judge._file = lambda name, inbox: None  # the world's own contents are no files of ours
        self.world.run(3)
        for wire in (self.world.up, self.world.down):
            wire.weather = Weather(**weather)

    @property
    def ground(self):
        return self.world.ground

    def put(self, name=NAME, content=CONTENT):
        self.ground.inbox.outgoing[name] = content
        self.ground.station.send_file(name, name, self.ground.now)
        self.ground.due_ns = self.world.now_ns

    def make(self, name=NAME, content=CONTENT):
        """Have a file on board."""
        node = self.world.node
        place = node.node.files.exchange._roots.place(name)
        node.node.files.exchange._roots.check_writable(place)
        node.disk.write(place.path, content)
        for path in (place.path, place.path.parent):
            node.disk.sync(path)

    def get(self, name=NAME):
        assert self.world.order("files.send", path=name)

    def on_board(self, name=NAME):
        disk = self.world.node.disk
        try:
            return disk.read(Path("/node") / name) if self.world.node.power.is_on else None
        except OSError:
            return None

    def is_up(self):
        return self.on_board() == CONTENT

    def is_down(self):
        return self.ground.inbox.files.get(NAME) == CONTENT

    @property
    def transfers(self):
        return self.ground.station.status(self.ground.now).transfers

    def events(self):
        return [one.name for one in self.ground.archive.events()]

    def is_over(self):
        return all(one.condition for one in self.transfers) and not self.world.node.node.files.entity.transactions

    def half(self, direction):
        """Run until about half of the file has arrived."""
        machine = self.world.node.node.files.entity
        wire, before = (self.world.up, self.world.up.taken_octets) if direction == "up" else (None, 0)
        self.world.run(
            60,
            lambda: (
                wire.taken_octets - before > len(CONTENT) // 2
                if wire
                else any(one.progress > len(CONTENT) // 2 for one in machine._open.values())
            ),
        )


@pytest.fixture
def traffic():
    return Traffic()


def begun(traffic, way):
    if way == "up":
        traffic.put()
    else:
        traffic.make()
        traffic.get()
    return traffic.is_up if way == "up" else traffic.is_down


BOTH = pytest.mark.parametrize("way", ["up", "down"])
UP_FIRST = pytest.mark.parametrize("way", ["up", pytest.param("down", marks=pytest.mark.slow)])


@BOTH
@pytest.mark.requirement("FSW-FIL-011")
def test_a_file_arrives_and_is_told(traffic, way):
    is_there = begun(traffic, way)
    assert traffic.world.run(60, lambda: is_there() and traffic.is_over())
    traffic.world.run(3)
    assert ("FileReceived" if way == "up" else "FileSent") in traffic.events()
    assert traffic.transfers[-1].condition == "complete"
    assert traffic.transfers[-1].direction == way
    assert traffic.transfers[-1].name == NAME
    traffic.world.check()


@UP_FIRST
@pytest.mark.requirement("FSW-FIL-012")
def test_a_transfer_waits_for_the_next_contact_and_does_not_begin_anew(traffic, way):
    """Longer than any timer would wait."""
    is_there = begun(traffic, way)
    traffic.half(way)
    sent = traffic.world.up if way == "up" else traffic.world.down
    for wire in (traffic.world.up, traffic.world.down):
        wire.is_cut = True
    traffic.world.run(900)
    assert not is_there()
    before = sent.taken_octets
    for wire in (traffic.world.up, traffic.world.down):
        wire.is_cut = False
    assert traffic.world.run(200, is_there)
    if way == "up":
        assert sent.taken_octets - before < WHOLE
    assert {one.condition for one in traffic.transfers} <= {"", "complete"}


@BOTH
@pytest.mark.parametrize("who", ["node", "ground", "both"])
@pytest.mark.requirement("FSW-FIL-012")
def test_after_a_restart_only_what_is_missing_is_sent(traffic, way, who):
    is_there = begun(traffic, way)
    traffic.half(way)
    traffic.world.run(1.2)  # what arrives is kept once a second
    assert not is_there()
    if who != "node":
        traffic.world.stop_ground(in_order=False)
    if who != "ground":
        traffic.world.cut_power()
    traffic.world.run(5)
    traffic.world.start_node()
    traffic.world.start_ground()
    files = traffic.world.node.node.files.entity
    assert files.transactions
    before = (traffic.world.up if way == "up" else traffic.world.down).taken_octets
    assert traffic.world.run(100, is_there)
    after = (traffic.world.up if way == "up" else traffic.world.down).taken_octets
    assert after - before < WHOLE
    assert traffic.world.run(60, traffic.is_over)


@BOTH
@pytest.mark.parametrize(
    "calls", [range(1, 40, 13), pytest.param(range(1, 60), marks=pytest.mark.slow)], ids=["few", "all"]
)
@pytest.mark.requirement("FSW-FIL-013")
def test_the_power_fails_at_any_call_of_the_disk(way, calls):
    """Each time in another call; the file arrives whole, and nothing of it is left in between."""
    for call in calls:
        traffic = Traffic()
        is_there = begun(traffic, way)
        traffic.world.run(0.6)
        traffic.world.cut_power(after_calls=call)
        traffic.world.run(8)
        traffic.world.start_node()
        assert traffic.world.run(300, is_there), call
        assert traffic.world.run(300, traffic.is_over), call


@UP_FIRST
def test_loss_repetition_and_detours_change_nothing(way):
    traffic = Traffic(loss=0.3, twice=0.2, detour=0.2)
    if way == "down":
        traffic.make()
        assert traffic.world.run(60, lambda: traffic.world.order("files.send", path=NAME))
    else:
        traffic.put()
    is_there = traffic.is_up if way == "up" else traffic.is_down
    assert traffic.world.run(900, is_there)


def test_a_full_disk_is_the_reason(traffic):
    node = traffic.world.node
    node.disk.octets_max = node.disk.octets + 2000
    traffic.put()
    assert traffic.world.run(60, lambda: traffic.transfers[-1].condition == "filestore rejection")
    assert traffic.on_board() is None
    node.disk.octets_max = None
    traffic.put()
    assert traffic.world.run(60, traffic.is_up)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../etc/passwd", "no root '..'"),
        ("products/a", "products can only be read"),
        ("files/none/a", "no directory files/none"),
        ("files/locked", "files/locked is locked"),
        ("files/short", "files/short may hold 5 octets"),
        ("files", "files is a root, which stays"),
    ],
)
def test_what_is_not_accepted_is_refused_in_words_and_at_once(traffic, name, reason):
    for one, limits in (("locked", {"locked": True}), ("short", {"size_max": 5})):
        traffic.world.order("files.create_file", directory="files", name=one, **limits)
    traffic.world.run(3)
    traffic.put(name)
    assert traffic.world.run(20, lambda: traffic.transfers[-1].condition == "filestore rejection")
    assert traffic.world.run(5, lambda: "FileRefused" in traffic.events())
    said = [one.message for one in traffic.ground.archive.events() if one.name == "FileRefused"]
    assert reason in said[-1]
    assert traffic.world.up.taken_octets < len(CONTENT)


def test_a_file_is_replaced_as_a_whole(traffic):
    traffic.make(content=b"old")
    traffic.put()
    traffic.half("up")
    assert traffic.on_board() == b"old"
    assert traffic.world.run(60, traffic.is_up)


def test_a_file_under_transfer_is_neither_changed_nor_deleted(traffic):
    traffic.make()
    traffic.get()
    traffic.half("down")
    record = traffic.world.order("files.delete_file", directory="files", name="maps")
    traffic.world.run(3)
    assert "is being transferred" in traffic.world.judge.commands[record.number].reason
    assert traffic.world.run(60, lambda: traffic.is_down() and traffic.is_over())
    record = traffic.world.order("files.delete_file", directory="files", name="maps")
    traffic.world.run(3)
    assert traffic.world.judge.commands[record.number].state == "completed"


def test_what_waits_to_be_sent_and_what_cannot_be(traffic):
    for number in range(6):
        traffic.make(f"files/{number}", CONTENT)
    orders = [traffic.world.order("files.send", path=f"files/{number}") for number in range(6)]
    twice = traffic.world.order("files.send", path="files/5")
    none = traffic.world.order("files.send", path="files/none")
    traffic.world.run(4)
    commands = traffic.world.judge.commands
    assert {commands[one.number].state for one in orders} == {"completed"}
    assert "is on its way already" in commands[twice.number].reason
    assert "no file files/none" in commands[none.number].reason
    traffic.world.cut_power()
    traffic.world.run(1)
    traffic.world.start_node()
    traffic.world.run(300, lambda: len(traffic.ground.inbox.files) == 6)
    assert len(traffic.ground.inbox.files) == 6


def test_a_transfer_is_cancelled_by_command(traffic):
    traffic.put()
    traffic.half("up")
    source, sequence = traffic.transfers[-1].transaction.split("-")
    order = traffic.world.order("files.cancel", source=source, sequence=sequence)
    traffic.world.run(5)
    assert traffic.world.judge.commands[order.number].state == "completed"
    assert traffic.transfers[-1].condition == ConditionCode.CANCELLED.name.lower()
    assert "FileUnreceived" in traffic.events()
    assert not traffic.world.node.node.files.entity.transactions
    again = traffic.world.order("files.cancel", source=source, sequence=sequence)
    traffic.world.run(5)
    assert "is not open" in traffic.world.judge.commands[again.number].reason


def test_a_quiet_node_stores_nothing_of_transfers(traffic):
    traffic.put()
    assert traffic.world.run(60, lambda: traffic.is_up() and traffic.is_over())
    traffic.world.run(5)
    disk, written = traffic.world.node.disk, []
    overwrite = disk.overwrite
    disk.overwrite = lambda path, octets: (written.append(path.name), overwrite(path, octets))
    traffic.world.run(30)
    assert not [name for name in written if name.startswith("transfers")]
    assert traffic.world.now_ns > 30 * SECOND
