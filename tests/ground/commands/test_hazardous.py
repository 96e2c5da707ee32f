"""Hazardous commands: confirmed by a person, armed by the station."""

import pytest

from ground.archive.archive import Archive
from ground.errors import BusyError
from ground.station.inbox import Inbox
from ground.station.station import Station
from ground.station.uplink import QUEUE_MAX
from tests.ground.flown import DICTIONARY, Flown, World
from tests.ground.station.test_station import PATIENCE, START


@pytest.mark.requirement("GND-OPS-001")
def test_a_hazardous_command_is_armed_by_the_station_itself(tmp_path):
    """In order, each with a record of its own; both or neither, as the link has room for both or not."""
    archive = Archive()
    station = Station(DICTIONARY, archive, Inbox(tmp_path), START, port="sim", patience=PATIENCE)
    world = World(station, Flown())
    world.run(1)
    with pytest.raises(ValueError, match="confirm it if you mean it"):
        station.command("lookout.erase", {}, world.now)
    assert station.command("lookout.erase", {}, world.now, confirmed=True).name == "lookout.erase"
    world.run(1)
    assert world.flown.executed == [("lookout.erase", {})]
    assert [(one.name, one.state) for one in archive.commands()] == [
        ("modes.arm", "completed"), ("lookout.erase", "completed"),
    ]  # fmt: skip
    for number in range(QUEUE_MAX - 1):
        station.command("lookout.look", {"target": f"{number}"}, world.now)
    with pytest.raises(BusyError):
        station.command("lookout.erase", {}, world.now, confirmed=True)
    world.run(30)
    assert [name for name, _ in world.flown.executed[1:]] == ["lookout.look"] * (QUEUE_MAX - 1)
