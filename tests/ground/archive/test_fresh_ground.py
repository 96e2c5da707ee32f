"""A node executes no request twice; so a ground that never sent one goes on behind the last that the node took."""

import pytest

from ground.archive.archive import Archive
from ground.records import CommandRecord
from ground.station.inbox import Inbox
from ground.station.station import Patience, Station
from hal.clock import Moment
from link.dictionary import Dictionary, Int16ub, Octets, Telemetry, command, wire
from link.packets.space_packet import COUNT_MODULUS
from link.pus.packets import TcPacket
from link.pus.services import housekeeping
from tests.ground.spacecraft import APID, MANAGED, SECOND, UTC_NS, Done, Spacecraft, World

NO_REQUEST = 0xFFFF


class NodeStatus(Telemetry, id=1):
    """The node."""

    dictionary: bytes = wire(Octets(8))
    last_request: int = wire(Int16ub)


class Imaging:
    @command(opcode=0x31)
    def capture(self, target: str) -> None:
        """Look at `target`."""


REMEMBERING = Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [NodeStatus, Done, Imaging])


class Remembering(Spacecraft):
    """Takes no packet twice, and says which it took last."""

    def __init__(self, last=NO_REQUEST):
        super().__init__(REMEMBERING)
        self.taken, self.last = [], last

    def report(self, report):
        if isinstance(report, housekeeping.HousekeepingReport):
            version = bytes.fromhex(self.dictionary.version)
            report = housekeeping.report_of(NodeStatus(dictionary=version, last_request=self.last))
        return super().report(report)

    def _take(self, data):
        if data not in self.taken:
            self.taken.append(data)
            self.last = TcPacket.decode(data).count
            super()._take(data)

    @property
    def counts(self):
        return [TcPacket.decode(packet).count for packet in self.taken]


def ground_with(spacecraft, folder, archive=None, begun_ns=0):
    now = Moment(begun_ns, UTC_NS + begun_ns)
    station = Station(REMEMBERING, archive or Archive(), Inbox(folder), now, port="sim", patience=Patience())
    world = World(station, spacecraft)
    world.now_ns = begun_ns
    world.run(2)
    return world


def capture(world):
    """The same command, octet for octet but for its number; how it ended."""
    world.station.command("imaging.capture", {"target": "coast"}, world.now)
    world.run(3)
    return world.of(CommandRecord)[-1].state


def test_a_fresh_ground_is_not_taken_for_one_that_repeats_itself(tmp_path):
    spacecraft = Remembering()
    for ground in range(3):
        world = ground_with(spacecraft, tmp_path, begun_ns=100 * ground * SECOND)
        assert [capture(world), capture(world)] == ["completed"] * 2
    assert spacecraft.counts == list(range(6))


def test_it_goes_on_behind_another_ground(tmp_path):
    spacecraft, archive = Remembering(), Archive()
    world = ground_with(spacecraft, tmp_path, archive)
    assert capture(world) == "completed"
    spacecraft.last = 4711  # somebody else's
    world.run(2)
    assert capture(world) == "completed"
    world = ground_with(spacecraft, tmp_path, archive, 100 * SECOND)  # our own after a restart
    assert capture(world) == "completed"
    assert spacecraft.counts == [0, 4712, 4713]


def test_it_never_goes_back_to_a_number_of_its_own(tmp_path):
    """What the node says may be older than our last request."""
    spacecraft = Remembering()
    world = ground_with(spacecraft, tmp_path)
    for _ in range(3):
        capture(world)
    spacecraft.last = 0
    world.run(2)
    assert capture(world) == "completed"
    assert spacecraft.counts == [0, 1, 2, 3]


@pytest.mark.parametrize(("last", "first"), [(NO_REQUEST, 0), (COUNT_MODULUS - 1, 0), (COUNT_MODULUS, 0), (9000, 9001)])
def test_the_first_number(tmp_path, last, first):
    spacecraft = Remembering(last)
    assert capture(ground_with(spacecraft, tmp_path)) == "completed"
    assert spacecraft.counts == [first]


@pytest.mark.parametrize(("ahead", "goes_on"), [(COUNT_MODULUS // 2 - 1, True), (COUNT_MODULUS // 2, False)])
def test_what_is_ahead_by_less_than_half_of_all_numbers_is_newer(tmp_path, ahead, goes_on):
    spacecraft = Remembering()
    world = ground_with(spacecraft, tmp_path)
    capture(world)
    spacecraft.last = ahead  # our next would be 1
    world.run(2)
    capture(world)
    assert spacecraft.counts[-1] == (ahead + 1 if goes_on else 1)
