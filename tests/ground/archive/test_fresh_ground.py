"""A node executes no request twice; so a ground that never sent one goes on behind the last that the node took."""

import pytest

from ground.archive.archive import Archive
from ground.records import CommandRecord
from ground.station.inbox import Inbox
from ground.station.station import Patience, Station
from ground.station.telemetry import _count_in
from hal.clock import Moment
from link.packets.space_packet import COUNT_MODULUS
from tests.ground.example_dictionary import APID, SECOND, UTC_NS
from tests.ground.flown import DICTIONARY, Flown, World

NO_REQUEST = 0xFFFF


@pytest.fixture(autouse=True)
def _own_requests_only(monkeypatch):
    """What acknowledges recorded packets are requests too, with numbers of their own."""
    monkeypatch.setattr(Station, "_acknowledge_ns", None)


def say(flown, last):
    """Let the node say that it got this request last."""
    flown.relay.beacon = {"last_request": last}


def counts(flown):
    """The numbers of the requests that the node got."""
    return [one.word & COUNT_MODULUS - 1 for one in flown.node.dispatcher.memory.taken]


def ground_with(flown, folder, archive=None, begun_ns=0):
    now = Moment(begun_ns, UTC_NS + begun_ns)
    station = Station(DICTIONARY, archive or Archive(), Inbox(folder), now, port="sim", patience=Patience())
    world = World(station, flown)
    world.now_ns = begun_ns
    world.run(2)
    return world


def capture(world):
    """The same command, octet for octet but for its number; how it ended."""
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(3)
    return world.of(CommandRecord)[-1].state


@pytest.mark.requirement("GND-OPS-006")
def test_a_fresh_ground_is_not_taken_for_one_that_repeats_itself(tmp_path):
    flown = Flown()
    for ground in range(3):
        world = ground_with(flown, tmp_path, begun_ns=100 * ground * SECOND)
        assert [capture(world), capture(world)] == ["completed"] * 2
    assert counts(flown) == list(range(6))


@pytest.mark.requirement("GND-OPS-006")
def test_it_goes_on_behind_another_ground(tmp_path):
    flown, archive = Flown(), Archive()
    world = ground_with(flown, tmp_path, archive)
    assert capture(world) == "completed"
    say(flown, 4711)  # somebody else's
    world.run(2)
    assert capture(world) == "completed"
    world = ground_with(flown, tmp_path, archive, 100 * SECOND)  # our own after a restart
    assert capture(world) == "completed"
    assert counts(flown) == [0, 4712, 4713]


def test_it_never_goes_back_to_a_number_of_its_own(tmp_path):
    """What the node says may be older than our last request."""
    flown = Flown()
    world = ground_with(flown, tmp_path)
    for _ in range(3):
        capture(world)
    say(flown, 0)
    world.run(2)
    assert capture(world) == "completed"
    assert counts(flown) == [0, 1, 2, 3]


@pytest.mark.parametrize(("last", "first"), [(NO_REQUEST, 0), (COUNT_MODULUS - 1, 0), (COUNT_MODULUS, 0), (9000, 9001)])
def test_the_first_number(tmp_path, last, first):
    flown = Flown()
    say(flown, last)
    assert capture(ground_with(flown, tmp_path)) == "completed"
    assert counts(flown) == [first]


@pytest.mark.parametrize(("ahead", "goes_on"), [(COUNT_MODULUS // 2 - 1, True), (COUNT_MODULUS // 2, False)])
def test_what_is_ahead_by_less_than_half_of_all_numbers_is_newer(tmp_path, ahead, goes_on):
    flown = Flown()
    world = ground_with(flown, tmp_path)
    capture(world)
    say(flown, ahead)  # our next would be 1
    world.run(2)
    capture(world)
    assert counts(flown)[-1] == (ahead + 1 if goes_on else 1)


def test_the_next_request_is_numbered_behind_the_last_one_that_the_node_took(tmp_path):
    """Whoever sent that; our own may be on their way, so never back."""
    world = ground_with(Flown(), tmp_path)
    numbers = []
    for last in (None, 500, 499, 400, 16_383):
        world.station._telemetry.last_request = last
        numbers.append(world.station.command("lookout.look", {"target": "coast"}, world.now).request)
    assert numbers == [f"{APID}/{count}" for count in (0, 501, 502, 503, 504)]


def test_a_new_ground_begins_behind_the_node_wherever_that_is(tmp_path):
    world = ground_with(Flown(), tmp_path)
    world.station._telemetry.last_request = 16_383
    world.station._source.count = 7
    assert world.station.command("lookout.look", {"target": "coast"}, world.now).request == f"{APID}/0"


@pytest.mark.parametrize(("said", "count"), [(16_383, 16_383), (0, 0), (65_535, None), (None, None), ("many", None)])
def test_what_the_node_says_of_its_last_request(said, count):
    assert _count_in(said) == count
