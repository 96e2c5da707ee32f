"""An update on its way to a node that flies, step by step: the node is a real one, in virtual time over a link."""

import pytest

from fsw.update.record import SlotName
from fsw.update.verification import TrialVerdict
from ground.errors import WaitError
from ground.updates.sending import UpdateError, UpdateSender
from tests.fsw.test_node_updates import GOOD, Updated
from tests.fsw.update.bundles import software

A, G = SlotName.A, SlotName.G
CHUNK = 180
ONE, TWO = software("1", image=b"1" * 400), software("2", image=bytes(range(256)) * 8)


class Client:
    """What a ground service does for the sender; `lost`: numbers of writes that never complete."""

    def __init__(self, world):
        self.world, self.lost, self.topics = world, set(), ()
        self.sent, self._news = [], []
        drain = world.station.real.drain_news

        def tee():
            records = drain()
            self._news += records
            return records

        world.station.real.drain_news = tee

    def subscribe(self, *topics):
        self.topics = topics

    def status(self):
        return self.world.station.real.status(self.world.station.now)

    def latest(self):
        return self.world.station.real.latest

    def command(self, name, arguments, *, confirm=False):
        self.sent.append((name.removeprefix("update."), arguments, confirm))
        if name == "update.write" and self.count("write") in self.lost:
            arguments = {**arguments, "offset": arguments["offset"] + 1}  # which the node refuses
        world = self.world
        assert world.run(60, lambda: world.station.real.status(world.station.now).linked)
        return world.station.real.command(name, arguments, world.station.now, confirmed=confirm)

    def count(self, name):
        return [one for one, _, _ in self.sent].count(name)

    def news(self, timeout_s):
        self.world.go(int(timeout_s), lambda: self._news)
        while self._news:
            yield self._news.pop(0)


class Desk:
    def __init__(self, folder, verdict=GOOD):
        self.world = Updated(folder, verdict)
        self.world.run(12)
        self.client, self.said = Client(self.world), []
        self.sender = UpdateSender(self.client, self.world.clock, "software", self.said.append, timeout_s=60)

    @property
    def offsets(self):
        return [arguments["offset"] for name, arguments, _ in self.client.sent if name == "write"]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.requirement("FSW-UPD-011")
def test_an_update_is_sent_verified_started_and_confirmed(desk):
    sender, world = desk.sender, desk.world
    assert sender.free_slot() == "A"
    sender.upload(TWO, "A", CHUNK)
    assert desk.offsets == [*range(0, len(TWO), CHUNK)]
    assert desk.said == [f"slot A has all {len(TWO)} octets"]
    sender.verify("A")
    assert desk.said[1:] == ["Slot a of software holds version 2, verified: it can be armed."]
    sender.start("A", 2)
    assert desk.said[2:] == [
        "software is started again, from slot a if that is sound.",
        "slot A runs on trial",
        "slot A is promoted",
    ]
    world.boot()
    assert world.slot is A
    assert {name for name, _, confirmed in desk.client.sent if confirmed} == {"boot"}
    assert set(desk.client.topics) == {"command", "event", "sample"}
    world.run(12)
    assert UpdateSender(desk.client, world.clock, "software", print).free_slot() == "B"


def test_what_the_node_has_already_is_not_sent_again(desk):
    desk.client.lost = {*range(6, 99)}
    with pytest.raises(UpdateError, match=f"octets from {5 * CHUNK} on were not accepted 5 times"):
        desk.sender.upload(TWO, "A", CHUNK)
    desk.client.lost, before = set(), len(desk.offsets)
    desk.sender.upload(TWO, "A", CHUNK)
    assert desk.said[0] == f"{5 * CHUNK} of {len(TWO)} octets are there already"
    assert desk.offsets[before:] == [0, *range(5 * CHUNK, len(TWO), CHUNK)]


def test_a_write_that_failed_is_sent_again_and_those_after_it(desk):
    desk.client.lost = {4}
    desk.sender.upload(TWO, "A", CHUNK)
    assert desk.offsets.count(3 * CHUNK) == 2
    assert desk.said == [f"slot A has all {len(TWO)} octets"]
    desk.sender.verify("A")


def test_a_small_file_is_one_command(desk):
    desk.sender.upload(TWO[:CHUNK], "A", CHUNK)
    assert desk.offsets == [0]


def test_what_is_not_verified_is_told(tmp_path):
    desk = Desk(tmp_path, TrialVerdict(is_good=False, reason="it sent nothing"))
    desk.sender.upload(TWO, "A", CHUNK)
    with pytest.raises(UpdateError, match=r"Slot a of software was not verified: .*it sent nothing"):
        desk.sender.verify("A")


def test_an_older_version_is_verified_only_where_it_is_meant(desk):
    sender = desk.sender
    sender.upload(TWO, "A", CHUNK)
    sender.verify("A")
    sender.start("A", 2)
    sender.upload(ONE, "B", CHUNK)
    with pytest.raises(UpdateError, match="1 is not newer than 2"):
        sender.verify("B")
    sender.upload(ONE, "B", CHUNK)
    sender.verify("B", may_be_older=True)
    assert desk.client.sent[-1] == ("verify_rollback", {"target": "software", "slot": "B"}, True)


def test_a_refusal_is_told_with_its_reason(desk):
    with pytest.raises(UpdateError, match=r"update.arm: failed: .*slot A is empty: verify it first"):
        desk.sender.start("A", 2)
    assert desk.client.count("boot") == 0


def test_it_is_confirmed_once_its_health_is_good(desk):
    """A version is healthy only three seconds after its start: what is asked before is asked again."""
    desk.sender.upload(TWO, "A", CHUNK)
    desk.sender.verify("A")
    began_ns = desk.world.clock.monotonic_ns()
    desk.sender.start("A", 2)
    assert desk.client.count("confirm") == 2
    assert desk.world.clock.monotonic_ns() - began_ns < 30e9


def test_a_trial_that_ends_is_told(desk):
    desk.world.broken = {"2"}
    desk.sender.upload(TWO, "A", CHUNK)
    desk.sender.verify("A")
    with pytest.raises(UpdateError, match="The trial of software ended, slot a ran: kernels fail: crc"):
        desk.sender.start("A", 2)
    assert desk.world.slot is G


def test_a_node_that_says_nothing_is_not_waited_for_forever(desk):
    desk.sender.target = "clouds"
    desk.sender._status = {}
    began_ns = desk.world.clock.monotonic_ns()
    with pytest.raises(WaitError, match="waited 60 s in vain for the update status of clouds"):
        desk.sender.free_slot()
    assert 60e9 <= desk.world.clock.monotonic_ns() - began_ns < 62e9
