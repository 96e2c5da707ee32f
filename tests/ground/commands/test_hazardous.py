"""Hazardous commands: confirmed by a person, armed by the station."""

import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.errors import BusyError
from ground.station.inbox import Inbox
from ground.station.station import Station
from ground.station.uplink import QUEUE_MAX
from link.dictionary import Int16ub
from link.dictionary.kinds import Field
from link.dictionary.model import CommandEntry
from tests.ground.spacecraft import DICTIONARY, Spacecraft, World
from tests.ground.station.test_station import PATIENCE, START


def test_a_hazardous_command_is_armed_by_the_station_itself(tmp_path):
    """In order, each with a record of its own; both or neither, as the link has room for both or not."""
    archive = Archive()
    arming = CommandEntry(id=0x40, name="imaging.arm", fields=(Field(name="function", kind=Int16ub),))
    commands = (*(replace(one, armed_by=one.hazardous * arming.name) for one in DICTIONARY.commands), arming)
    dictionary = replace(DICTIONARY, commands=commands)
    station = Station(dictionary, archive, Inbox(tmp_path), START, port="sim", patience=PATIENCE)
    world = World(station, Spacecraft(dictionary))
    world.run(1)
    with pytest.raises(ValueError, match="confirm it if you mean it"):
        station.command("imaging.erase", {}, world.now)
    assert station.command("imaging.erase", {}, world.now, confirmed=True).name == "imaging.erase"
    world.run(1)
    assert world.spacecraft.executed == [("imaging.arm", {"function": 0x32}), ("imaging.erase", {})]
    assert sorted(one.name for one in archive.commands()) == ["imaging.arm", "imaging.erase"]
    for number in range(QUEUE_MAX - 1):
        station.command("imaging.capture", {"target": f"{number}"}, world.now)
    with pytest.raises(BusyError):
        station.command("imaging.erase", {}, world.now, confirmed=True)
    world.run(30)
    assert [name for name, _ in world.spacecraft.executed[2:]] == ["imaging.capture"] * (QUEUE_MAX - 1)
