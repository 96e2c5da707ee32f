"""What a node reports while nobody listens reaches the ground in a later pass: all of it, in order, marked, once."""

import pytest

from fsw.recorder.app import RecorderStatus
from ground.archive.rows import PacketRow
from ground.records import EventRecord
from rig.world.timeline import SECOND
from tests.rig.world.test_scenarios import Story
from tests.rig.world.variants import every

SYNC_S, PASS_S = 10, 40


class Recorded(Story):
    """A story that remembers each packet which was given to the recorder, in this life of the node."""

    def __init__(self, seed=1):
        self.made = []
        super().__init__(seed)
        self.watch()

    def watch(self):
        reporter = self.node.node.reporter
        keep = reporter.record

        def record(packets):
            self.made += [packet for packet, _ in packets]
            keep(packets)

        reporter.record = record

    @property
    def stores(self):
        return self.node.node.playback._recorder.stores.values()

    def safe(self):
        """The packets that no power cut loses, store by store."""
        return [
            [one.packet for segment in store.segments for one in store.read(segment) if one.number < store.durable]
            for store in self.stores
        ]

    def archived(self):
        return [row.octets for row in self.ground.archive.stored("packets") if isinstance(row, PacketRow)]

    def is_complete(self, packets):
        return self.run(PASS_S, lambda: set(packets) <= set(self.archived()))

    def lose(self, seconds):
        """No signal, either way."""
        self.up.is_cut = self.down.is_cut = True
        self.run(seconds)
        self.up.is_cut = self.down.is_cut = False

    def heard(self, name):
        return [one for one in self.news if isinstance(one, EventRecord) and one.name == name]


@pytest.fixture
def story():
    return Recorded()


def test_what_was_said_while_nobody_listened_comes_in_the_next_pass(story):
    story.run(8)
    at_loss = len(story.made)
    story.lose(300)
    said = story.made[at_loss:-20]  # what was said last comes live, as it waited for the link
    assert len(said) > 300
    assert len(set(said) & set(story.archived())) < 30
    before = len(story.archived())
    assert story.is_complete(story.made[: -(SYNC_S + 2) * 3])
    late = [octets for octets in story.archived()[before:] if octets in set(said)]
    for store in story.safe():
        mine = [octets for octets in late if octets in set(store)]
        assert mine == [octets for octets in store if octets in set(mine)]
    played = story.ground.station.status(story.ground.now).link.packets_played
    assert played >= len(late) - 30
    story.run(200)  # long enough for all that is not acknowledged to be sent again
    assert story.ground.station.status(story.ground.now).link.packets_played - played < 60
    assert len(story.archived()) == len(set(story.archived()))
    story.end()


def test_an_event_that_was_missed_is_news_once_and_marked(story):
    story.run(8)
    story.up.is_cut = story.down.is_cut = True
    story.run(3)
    story.node.battery.percent = 10.0  # below the limit of the world's mission: a change of mode
    story.run(120)
    assert not story.heard("ModeChanged")
    story.up.is_cut = story.down.is_cut = False
    assert story.run(PASS_S, lambda: story.heard("ModeChanged"))
    story.run(100)
    (event,) = story.heard("ModeChanged")
    assert event.playback
    assert event.received_ns - event.time_ns > 100 * SECOND


@pytest.mark.parametrize("call", every(4, range(1, 15)))
def test_a_power_cut_loses_only_what_was_not_recorded(story, call):
    """At whatever call of the disk, while nobody listens."""
    story.run(8)
    story.up.is_cut = story.down.is_cut = True
    story.run(25)
    story.cut_power(after_calls=call)
    safe = []
    while story.node.power.is_on:
        safe = [octets for store in story.safe() for octets in store]
        story.run(0.5)
    story.up.is_cut = story.down.is_cut = False
    story.start_node()
    assert len(safe) > 20
    assert story.is_complete(safe)
    story.end()


def test_a_full_disk_costs_only_what_is_told(story):
    story.run(8)
    story.up.is_cut = story.down.is_cut = True
    story.run(15)
    story.node.disk.octets_max = story.node.disk.octets
    story.run(60)
    story.node.disk.octets_max = None
    story.run(70)
    assert not any(store.fault for store in story.stores)
    assert not any(store.refused for store in story.stores)
    story.up.is_cut = story.down.is_cut = False
    dropped = story.node.node.playback._recorder.dropped.total()
    story.run(PASS_S)
    missing = set(story.made[: -(SYNC_S + 2) * 3]) - set(story.archived())
    assert len(missing) <= dropped
    assert dropped == sum(event.values["records"] for event in story.heard("RecordsDropped"))


def test_a_failing_disk_is_told_and_the_node_flies_on(story):
    story.run(8)
    story.node.disk.failing = 1.0
    story.run(30)
    assert {event.name for event in story.news if isinstance(event, EventRecord)} >= {"StoreFailing"}
    story.node.disk.failing = 0.0
    story.run(90)
    assert story.heard("StoreRestored")
    assert story.is_complete(story.made[: -(SYNC_S + 2) * 3])


def test_a_quiet_node_wakes_for_its_recorder_no_more_than_for_its_telemetry(story):
    story.run(100)
    wakes, idle = story.node.wakes, story.node.idle_wakes
    story.run(200)
    assert story.node.wakes - wakes <= 240
    assert story.node.idle_wakes - idle <= 5


def test_the_status_says_what_waits(story):
    story.run(60)
    status = story.ground.station.latest
    (last,) = [one.values for one in status if one.report == RecorderStatus.__name__]
    assert last["octets"] > 4096
    assert last["retrieved"] == 2
    assert (last["dropped"], last["refused"], last["unrecorded"], last["failures"], last["failing"]) == (0,) * 5
