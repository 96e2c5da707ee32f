"""Whole transfers over any channel. Safety: what is delivered is the file, and each end hears of the outcome once.
Liveness: class 2 always ends, clean on both sides."""

import random

import pytest

from link.cfdp import (
    Abandoned,
    ChecksumType,
    ConditionCode,
    EofReceived,
    EofSent,
    FaultIndication,
    MetadataReceived,
    Progress,
    Settings,
    Started,
    TransactionFinished,
)
from link.cfdp.pdus.intervals import Intervals
from tests.link.cfdp.channel import MS, Weather, World

CALM, STORM = Weather(), Weather(loss=0.3, repeat=0.1, delay_ms=40)


def ends(told):
    return [i for i in told if isinstance(i, TransactionFinished | FaultIndication | Abandoned)]


def assert_clean(world):
    assert world.stores[1].files["g"] == world.content
    assert world.quiet
    for told in world.told:
        (end,) = ends(told)
        assert end.delivered, end


def settings_of(dice):
    return Settings(
        checksum=dice.choice(list(ChecksumType)),
        crc=dice.random() < 0.5,
        immediate_nak=dice.random() < 0.5,
        pdu_octets_max=dice.choice([64, 200, 1024]),
        id_octets=dice.randint(1, 8),
        sequence_octets=dice.randint(1, 8),
        gaps_max=dice.choice([2, 4096]),
    )


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.requirement("FSW-FIL-002")
def test_class_2_ends_clean_in_any_storm(seed):
    storm(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(1_000, 5_000, 100)], ids=str)
def test_class_2_ends_clean_in_many_storms(seeds):
    for seed in seeds:
        storm(seed)


def storm(seed):
    dice = random.Random(f"{seed}/settings")
    content = dice.randbytes(dice.choice([0, 1, 100, 2_000, 6_000]))
    world = World(seed, STORM, content, settings_of(dice))
    world.ends[0].put("f", "g", 2)
    world.run()
    assert_clean(world)


@pytest.mark.parametrize("seed", range(10))
def test_several_files_both_ways(seed):
    """Six transactions share a bad channel; one end is suspended for a while, the link is cut in the middle."""
    dice = random.Random(f"{seed}/files")
    world = World(seed, STORM)
    contents = {f"{side}{n}": dice.randbytes(dice.randrange(20_000)) for side in range(2) for n in range(3)}
    for name, content in contents.items():
        side = int(name[0])
        world.stores[side].files[name] = content
        last = world.ends[side].put(name, f"copy of {name}", 2 - side)
    world.run(seconds=0.1)
    world.ends[1].suspend(last, world.now_ns)
    world.cut(seconds=700)
    world.run(seconds=50)
    world.ends[1].resume(last, world.now_ns)
    world.run()
    for name, content in contents.items():
        assert world.stores[1 - int(name[0])].files[f"copy of {name}"] == content
    for told in world.told:
        assert [end.delivered for end in ends(told)] == [True] * 6


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("closure", [False, True])
def test_class_1_delivers_the_file_or_says_so(seed, closure):
    dice = random.Random(f"{seed}/class 1")
    world = World(seed, Weather(loss=dice.choice([0, 0.1]), repeat=0.1, delay_ms=40), dice.randbytes(3_000))
    world.ends[0].put("f", "g", 2, acknowledged=False, closure=closure)
    world.run()
    assert world.quiet
    assert world.stores[1].files.get("g", world.content) == world.content
    delivered = [end.delivered for end in ends(world.told[1]) if isinstance(end, TransactionFinished)]
    assert delivered in ([], [True], [False])
    assert ("g" in world.stores[1].files) == (delivered == [True])
    if world.weather.loss == 0:
        assert delivered == [True]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("canceller", [0, 1])
def test_cancel_in_a_storm_ends_both_sides(seed, canceller):
    """Whoever cancels, whenever: both ends close, agree unless the file was through already, and keep no part of it."""
    dice = random.Random(f"{seed}/cancel")
    world = World(seed, STORM, dice.randbytes(8_000), settings_of(dice))
    name = world.ends[0].put("f", "g", 2)
    world.run(seconds=dice.random())
    if name in world.ends[canceller].transactions:
        world.ends[canceller].cancel(name, world.now_ns)
    world.run()
    assert world.quiet
    conditions = {end.condition for told in world.told for end in ends(told) if isinstance(end, TransactionFinished)}
    assert conditions <= {ConditionCode.NO_ERROR, ConditionCode.CANCELLED}
    delivered = [end for end in ends(world.told[1]) if isinstance(end, TransactionFinished) and end.delivered]
    assert ("g" in world.stores[1].files) == bool(delivered)


def test_indications_of_a_quiet_transfer():
    world = World(0, CALM, bytes(2_000))
    name = world.ends[0].put("f", "g", 2)
    world.run()
    sent, received = world.told
    assert [type(i) for i in sent if not isinstance(i, Progress)] == [Started, EofSent, TransactionFinished]
    assert [type(i) for i in received if not isinstance(i, Progress)] == [
        MetadataReceived,
        EofReceived,
        TransactionFinished,
    ]
    assert received[0] == MetadataReceived(name, "f", "g", 2_000, ())
    for told in world.told:
        steps = [i.octets for i in told if isinstance(i, Progress)]
        assert steps == sorted(set(steps))
        assert {i.size for i in told if isinstance(i, Progress)} == {2_000}


def test_nothing_is_sent_that_need_not_be():
    """Without loss: metadata, 20 segments, EOF, and ACK; back ACK and Finished."""
    world = World(0, CALM, bytes(20 * 1_006), Settings(pdu_octets_max=1_022))
    world.ends[0].put("f", "g", 2)
    world.run()
    assert [len(sent) for sent in world.sent] == [23, 2]
    assert max(len(octets) for octets in world.sent[0]) == 1_022


@pytest.mark.parametrize("octets_max", [64, 100, 1024])
@pytest.mark.parametrize("large", [False, True])
def test_no_pdu_is_longer_than_allowed(octets_max, large, monkeypatch):
    if large:
        monkeypatch.setattr("link.cfdp.entity.LARGE_FILE_OCTETS", 1)
    world = World(1, STORM, random.Random(1).randbytes(20_000), Settings(pdu_octets_max=octets_max, crc=True))
    world.ends[0].put("f", "g", 2)
    world.run()
    assert_clean(world)
    assert max(len(octets) for sent in world.sent for octets in sent) <= octets_max


def test_what_is_remembered_of_a_file_is_bounded(monkeypatch):
    """Every second segment is lost at first: at most `gaps_max` ranges are kept, and the file still comes through."""
    most = []
    add = Intervals.add

    def watched(self, start, end):
        new = add(self, start, end)
        most.append(len(self))
        return new

    monkeypatch.setattr(Intervals, "add", watched)
    world = World(3, Weather(loss=0.5), bytes(30_000), Settings(pdu_octets_max=100, gaps_max=8))
    world.ends[0].put("f", "g", 2)
    world.run()
    assert_clean(world)
    assert max(most) <= 8


def test_a_link_without_return_ends_with_a_fault_on_both_sides():
    world = World(0, Weather(), bytes(100), Settings(ack_ms=10, ack_limit=3, nak_limit=3, inactivity_ms=1_000))
    world.ends[0].put("f", "g", 2)
    world.mute = {1}
    world.run()
    assert world.quiet
    sent, received = map(ends, world.told)
    assert [type(end) for end in sent] == [FaultIndication, Abandoned]
    assert [end.condition for end in sent] == [ConditionCode.POSITIVE_ACK_LIMIT] * 2
    assert received[0].delivered
    assert received[-1].condition is ConditionCode.POSITIVE_ACK_LIMIT
    assert world.now_ns < 1_000 * MS
