"""Whole-system faults that once happened, each as a scenario in a world: what was wrong then is right now.

Two such are not possible here: a worker process that ends without an answer needs processes (tests/fsw/jobs), and
benchmarks of kernels that do nothing are no part of a flight (tests/benchmarks).
"""

from dataclasses import replace
from itertools import pairwise

import pytest

from fsw.store.products import Provenance
from ground.archive.rows import PacketRow
from ground.records import EventRecord
from ground.service import api
from hal.sim.clock import EPOCH_UTC_NS
from kernels.coding.crc import crc16
from link.cfdp import Entity, MemoryStore, Settings
from link.cfdp.pdus.directives import Metadata
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import encode_pdu
from link.channels.tm_sender import TmSender
from link.coding.cltu import encode_cltu
from link.coding.tm import TmEncoder
from link.frames.tc import TcFrame
from link.managed import Managed
from link.packets.space_packet import SpacePacket
from link.time.calendar import encode_ascii
from rig.world.pair import NodePair
from rig.world.timeline import SECOND
from tests.rig.world.variants import every

PROVENANCE = Provenance(
    target="coast",
    raw_octets=1,
    input_sha256="00" * 32,
    capture_utc_ns=1,
    compute_start_utc_ns=2,
    compute_end_utc_ns=3,
    joules=0.5,
    joules_source="modelled",
)


class Story(NodePair):
    """A world without an operator that remembers its news."""

    def __init__(self, seed=1):
        self.news = []
        super().__init__(seed, is_manned=False)
        self.run(2)

    def _accept(self, record):
        self.news.append(record)
        super()._accept(record)

    def events(self):
        return {record.name: record.message for record in self.news if isinstance(record, EventRecord)}

    def state(self, number):
        return self.judge.commands[number].state

    def restart_node(self, seconds=3):
        self.run(seconds)
        self.start_node()

    def end(self):
        self.calm()
        self.settle()


@pytest.fixture
def story():
    return Story()


@pytest.mark.parametrize("earlier", [0, 3])
@pytest.mark.parametrize("call", every(2, range(8)))
def test_the_power_fails_while_a_command_is_taken(story, call, earlier):
    """At whatever call of the disk: it is executed once at most, and the ground is told how it stands. The first
    commands of a life are stored in new files, the `earlier` ones; those that follow are written over older ones.
    """
    for number in range(earlier):
        story.order("witness.mark", number=801 + number)
        story.run(2)
    story.cut_power(after_calls=call + 1)
    story.order("witness.mark", number=901)
    story.run(5)
    story.restart_node()
    story.end()
    assert story.judge.marks[901] <= 1
    record = story.judge.commands[earlier + 1]
    assert (record.state, story.judge.marks[901]) == ("completed", 1) or "interrupted" in record.reason


@pytest.mark.parametrize("seed", range(4))
def test_the_power_fails_before_an_end_is_told(seed):
    """The node remembers what it executed: it takes no repetition, and tells the end when it starts again."""
    story = Story(seed)
    for number in range(3):
        story.order("witness.mark", number=801 + number)
        story.run(2)
    story.node.cut_at_mark = 0
    story.order("witness.mark", number=901)
    story.run(1)
    assert not story.node.power.is_on
    assert story.state(4) == "released"
    story.node.cut_at_mark = None
    story.restart_node(0)
    story.end()
    assert (story.judge.marks[901], story.state(4)) == (1, "completed")


def test_what_a_stalled_port_held_is_never_executed_after_it_was_reported_failed(story):
    story.up.takes = 0
    story.order("witness.mark", number=901)
    story.run(100)
    assert story.state(1) == "failed"
    story.run(120)
    story.up.takes = None
    story.run(60)
    assert story.judge.marks[901] == 0
    story.end()


def test_frames_behind_a_lost_one_wait_for_it(story):
    story.up.weather.loss = 1.0
    story.order("witness.mark", number=901)
    story.run(0.1)
    story.up.weather.loss = 0.0
    for number in (902, 903, 904):
        story.order("witness.mark", number=number)
    story.end()
    assert list(story.judge.marks)[:4] == [901, 902, 903, 904]


def test_a_receiver_that_forgot_its_number_executes_nothing_twice(story):
    """COP-1 repeats a frame whose acknowledgement is lost; the node's memory of requests knows it."""
    story.down.is_cut = True
    story.order("witness.mark", number=901)
    story.run(0.5)
    assert story.judge.marks[901] == 1
    story.node.node.telecom.uplink.farm.begin(0, is_locked=False)
    story.run(8)
    assert story.node.node.dispatcher.memory.repeated == 1
    story.end()
    assert (story.judge.marks[901], story.state(1)) == (1, "completed")


def test_second_copies_are_discarded_by_the_receiver(story):
    story.up.weather.twice = 1.0
    for number in (901, 902, 903):
        story.order("witness.mark", number=number)
        story.run(4)
    assert story.node.node.telecom.uplink.discarded >= 3
    assert [story.judge.marks[number] for number in (901, 902, 903)] == [1, 1, 1]
    assert story.node.node.dispatcher.memory.repeated <= story.node.node.dispatcher.accepted - 3  # outside of COP-1
    story.end()


def test_a_frame_of_another_ground_locks_the_receiver_only_for_a_while(story):
    """A number outside the window locks FARM-1; the station unlocks it, and goes on with its own numbers."""
    story.order("witness.mark", number=901)
    story.run(2)
    uplink, managed = story.node.node.telecom.uplink, Managed.from_dict(story.node.mission.link)
    foreign = TcFrame(
        spacecraft_id=managed.spacecraft_id,
        channel=managed.tc_channel,
        sequence=(uplink.farm.vr + managed.farm_window // 2) % 256,
        data=b"any",
    )
    story.node.port.unread += encode_cltu(foreign.encode(fecf=managed.tc_fecf), randomise=managed.cltu_randomise)
    story.node.due_ns = 0
    assert story.run(1, lambda: uplink.farm.lockout)
    assert story.run(30, lambda: not uplink.farm.lockout)
    story.end()


def test_every_frame_of_a_quiet_link_is_taken(story):
    story.run(100)
    link = story.ground.station.status(story.ground.now).link
    assert (link.frames_received, link.frames_lost) == (story.down.units, 0)
    assert link.frames_received >= 100


def test_all_of_a_schedule_is_executed_at_its_time(story):
    story.order("scheduling.enable_schedule")
    for number in (901, 902, 903):
        at = encode_ascii(story.clock.utc_ns() + (number - 891) * SECOND).decode()
        story.order("scheduling.insert_activities", at=at, request=f"witness.mark number={number}")
    made = []
    for _ in range(3):
        assert story.run(15, lambda: len(story.judge.marks) > len(made))
        made.append(story.now_ns // SECOND)
    assert list(story.judge.marks) == [901, 902, 903]
    assert [after - before for before, after in pairwise(made)] == [1, 1]
    story.end()


def test_the_product_that_is_dropped_is_the_one_that_was_named(story):
    story.order("files.hold")
    for target in ("coast", "hill"):
        story.order("imaging.capture", target=target)
        story.run(2)
    story.order("files.drop_product", product=1)
    story.run(2)
    story.end()
    assert [name for name in story.ground.inbox.files if "target" not in name] == ["000002-hill.product"]


def test_one_product_with_a_name_too_long_fails_alone(story):
    store = story.node.node.files.store
    store.add(store.allot_id(), "000001-coast-" + "s" * 420 + ".product", b"y" * 100, PROVENANCE)
    units = story.down.units
    story.run(10)
    assert story.down.units >= units + 10
    assert "ProductSetAside" in story.events()
    story.end()


def test_foreign_transactions_are_refused_and_everything_else_goes_on(story):
    files = story.node.node.files
    store = MemoryStore(**{f"f{number}": b"x" for number in range(80)})
    foreign = Entity(files.ground_entity, store, Settings(pdu_octets_max=200), first_sequence=500, transactions_max=200)
    for name in store.files:
        foreign.put(name, name, files.entity.entity_id)
    story.up.is_cut = True
    while pdu := foreign.pop_pdu(story.now_ns):
        files.accept(SpacePacket(files.apid, 0, pdu, is_command=True).encode())
    wakes = story.node.wakes
    story.run(60)
    assert files.entity.refused > 0
    assert story.node.wakes < wakes + 60 * 20
    story.end()


def test_every_completion_in_an_outage_is_heard(story):
    for _ in range(40):
        story.order("test.ping")
    story.run(0.1)
    story.down.is_cut = True
    story.run(3)
    story.down.is_cut = False
    story.end()
    assert {story.state(number) for number in range(1, 41)} == {"completed"}


def test_no_command_goes_to_a_node_whose_dictionary_is_not_known():
    world = NodePair(1, is_manned=False)
    assert world.order("test.ping") is None
    world.run(2)
    assert world.order("test.ping") is not None


def test_a_file_name_that_is_no_utf_8_leaves_the_status_answerable(story):
    files = story.node.node.files
    header = Header(source=files.entity.entity_id, sequence=9, destination=files.ground_entity)
    pdu = encode_pdu(header, Metadata(checksum=3, file_size=10, source_name="x", destination_name="caf\udce9.bin"))
    files.sender.offer("files", SpacePacket(files.apid, 0, pdu).encode())
    story.run(2)
    status = story.ground.station.status(story.ground.now)
    assert len(status.transfers) == 1
    assert b"caf%E9.bin" in api.encode(api.Reply(id=1, result=status))


def test_a_pause_of_the_host_is_nobodys_fault(story):
    story.clock.advance(5 * SECOND)
    story.run(2)
    assert "host held the processor" in story.events()["TickMissed"]


def test_a_check_tells_utc(story):
    check = '{"number": 1, "parameter": "NodeStatus.uptime_s", "interval": 1, "repetitions": 1, "check": "limits", '
    story.order("monitoring.add_definitions", definitions=check + '"low": 1000, "high": 2000}')
    story.order("monitoring.enable_definitions", definitions="1")
    story.run(5)
    assert f"time={EPOCH_UTC_NS // SECOND}"[:-1] in story.events()["CheckTransitions"]


def test_a_report_that_waited_in_a_buffer_does_not_open_the_link(story):
    """Found by seed 0: a telemetry frame that was made before the last command, and came after it, said where COP-1
    should begin; the next frame then seemed to acknowledge a command that had been discarded.
    """
    story.down.takes = 0
    story.run(2)
    story.order("witness.mark", number=901)
    story.run(20)
    assert story.judge.marks[901] == 1
    assert story.order("witness.mark", number=902) is None  # the link is lost
    story.down.takes = None
    assert story.run(5, lambda: story.order("witness.mark", number=903) is not None)
    story.order("witness.mark", number=904)
    story.end()
    assert [story.judge.marks[number] for number in (903, 904)] == [1, 1]


@pytest.mark.parametrize("taken", every(3, range(0, 44, 4)))
def test_the_rest_of_a_frame_that_comes_much_later_takes_no_other_ones_place(taken):
    """Found by seed 10198: what was left of a command's unit was lost with the link, all but what ends it; the next
    unit ended it instead, and the report that it was accepted confirmed the next command, which was discarded.
    """
    story = Story()
    story.up.takes = taken
    story.order("witness.mark", number=901)
    story.run(0.5)
    story.up.is_cut = story.down.is_cut = True
    story.up.takes = None
    story.run(30)
    story.up.is_cut = story.down.is_cut = False
    assert story.run(5, lambda: story.order("witness.mark", number=902) is not None)
    story.end()
    assert story.judge.marks[901] <= 1
    assert story.judge.marks[902] == 1


def test_packets_cut_anywhere_are_kept_and_stop_nothing(story):
    """One of each kind that the node has sent, its CRC right, as a node of another version may send it."""
    story.order("test.ping")
    story.run(5)
    managed = Managed.from_dict(story.ground.dictionary.managed)
    sender, encoder, station = TmSender(managed), TmEncoder(managed), story.ground.station
    rows = [row for row in story.ground.archive.stored("packets") if isinstance(row, PacketRow)]
    whole = {(row.service, row.subtype, row.definition): SpacePacket.decode(row.octets) for row in rows}
    cut = [(one, size) for one in whole.values() for size in range(len(one.data) - 2)]
    before = station.status(story.ground.now).link
    for packet, size in (*cut, *((one, len(one.data) - 2) for one in whole.values())):
        sender.offer(managed.tm_channels[0].name, sealed(packet, size))
        while sender.waiting:
            station.feed(encoder.encode(sender.next_frame()), story.ground.now)
            station.step(story.ground.now)
    status = station.status(story.ground.now)
    assert len(whole) > 4
    assert status.link.packets - before.packets + status.link.strays["not a report"] == len(cut) + len(whole)
    assert status.link.duplicates - before.duplicates == len(whole)
    assert not status.failed


def sealed(packet, size):
    """The packet with the first `size` octets of its data, and their CRC."""
    octets = replace(packet, data=packet.data[:size] + bytes(2)).encode()[:-2]
    return octets + crc16(octets).to_bytes(2)
