"""The downlink tells what was sent, waits and was kept back: when that is news, and else each minute."""

import pytest

from fsw.apps.downlink import DownlinkShares
from link.channels.multiplex import ChannelCount
from tests.fsw.comms.test_reporter import EVENT, Level, desk, run  # noqa: F401  # `desk` is a fixture
from tests.fsw.test_node import World
from tests.hal.recording_medium import RecordingMedium


class Counts:
    """A sender with one channel of these counts."""

    def __init__(self):
        self.dropped, self.yielded = {"housekeeping": 0}, 0

    def count(self, name):
        assert name == "housekeeping"
        return ChannelCount(frames=(1 << 32) + 5, waiting=70_000, dropped=3, yielded=self.yielded)


@pytest.mark.requirement("FSW-LNK-015")
def test_what_was_kept_back_or_dropped_is_told_and_else_each_minute(desk):  # noqa: F811
    counts = Counts()
    app = DownlinkShares(desk, counts)
    assert [len(list(app.step(0))) for _ in range(7)] == [1, 0, 0, 0, 0, 0, 1]
    counts.yielded = 2
    (status,) = app.step(0)
    assert (status.housekeeping_frames, status.housekeeping_waiting, status.housekeeping_kept_back) == (5, 65_535, 2)
    assert (status.playback_frames, status.files_kept_back) == (0, 0)
    assert list(app.step(0)) == []
    desk.sender.free = 0
    for _ in range(100):
        desk.bus.publish(Level(value=1))
        desk.bus.publish(EVENT)
    desk.send()
    (status,) = app.step(0)
    assert (status.state_waiting, status.state_dropped) == (16, 84)
    assert (status.events_waiting, status.events_dropped) == (64, 36)
    for _ in range(30):
        desk.sender.free = 2
        desk.bus.publish(Level(value=1))
        desk.bus.publish(Level(value=1))
        run(desk, 1)
    (status,) = app.step(0)
    assert (status.state_kept_back > 0, status.state_octets > status.events_octets > 0) == (True, True)
    assert status.repeats_waiting > 0
    assert type(status).decode(status.encode()) == status


@pytest.mark.requirement("FSW-LNK-015")
def test_a_node_tells_of_its_channels(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    world.station.command("imaging.capture", target="coast")
    assert world.run(90, lambda: len(world.station.named("DownlinkStatus")) > 1)
    status = world.station.named("DownlinkStatus")[-1]
    assert min(status[name] for name in ("answers_octets", "state_octets", "housekeeping_frames", "files_frames")) > 0
    assert status["answers_dropped"] == status["housekeeping_dropped"] == 0
