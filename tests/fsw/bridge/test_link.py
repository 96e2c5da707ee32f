"""One bridge without I/O: records arrive as they were sent, and whatever does not is counted."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.bridge.link import BridgeLink
from fsw.bridge.topics import check_bridges, is_finite, topic_digest, topics_in
from fsw.mission import BridgeSection
from kernels.usage import UsageError
from link.dictionary import Event, Float32b, Int8ub, Octets, Record, Telemetry, wire
from tests.fsw.bridge import heat


class Cell(Record):
    volts: float = wire(Float32b)


class Pack(Telemetry, id=0xE0):
    """A battery."""

    number: int = wire(Int8ub)
    cells: list[Cell] = wire(count=2)
    heats: list[float] = wire(Float32b, count=2)


class Hot(Event, id=0xE1):
    """Cell {number} is hot."""

    number: int = wire(Int8ub)


class Big(Telemetry, id=0xE2):
    """Too long."""

    octets: bytes = wire(Octets(3000))


def pack(number, volts=1.0, heat_degc=1.0):
    return Pack(number=number, cells=[Cell(volts=1.0), Cell(volts=volts)], heats=[heat_degc, 1.0])


def counts(link):
    return {
        name: getattr(link, name)
        for name in ("received", "lost", "repeated", "unknown", "refused", "misshapen")
        if getattr(link, name)
    }


def test_records_of_both_kinds_arrive():
    sender, receiver = BridgeLink(7, ()), BridgeLink(8, (Pack, Hot))
    records = [pack(1), Hot(number=3), pack(2)]
    octets = b"".join(map(sender.encode, records))
    assert list(receiver.feed(octets)) == records
    assert (sender.sent, counts(receiver)) == (3, {"received": 3})


@given(st.integers(0, 2**32), st.lists(st.sampled_from(["passes", "lost", "twice", "damaged"]), max_size=30))
@pytest.mark.requirement("FSW-BRG-001")
def test_each_record_arrives_once_or_is_counted(seed, fates):
    random, sender, receiver = Random(seed), BridgeLink(7, ()), BridgeLink(8, (Pack,))
    arrived, expected = [], []
    for number, fate in enumerate([*fates, "passes"]):
        frame = bytearray(sender.encode(pack(number)))
        if fate == "damaged":
            frame[random.randrange(4, len(frame))] ^= 1 << random.randrange(8)
        if fate != "lost":
            arrived += receiver.feed(bytes(frame) * (1 + (fate == "twice")))
        expected += [number] * (fate in ("passes", "twice"))
    assert [record.number for record in arrived] == expected
    begun = next((number for number, fate in enumerate(fates) if fate in ("passes", "twice")), len(fates))
    assert receiver.lost == sum(fate in ("lost", "damaged") for fate in fates[begun:])
    assert receiver.repeated == fates.count("twice")
    assert receiver.misshapen >= fates.count("damaged")


def test_a_sender_that_starts_anew_loses_nothing():
    receiver = BridgeLink(8, (Pack,))
    before, after = BridgeLink(7, ()), BridgeLink(9, ())
    frames = [before.encode(pack(0)), before.encode(pack(1)), after.encode(pack(2)), after.encode(pack(3))]
    assert [record.number for record in receiver.feed(b"".join(frames))] == [0, 1, 2, 3]
    assert receiver.lost == receiver.repeated == 0


@pytest.mark.requirement("FSW-BRG-001")
def test_what_was_on_its_way_while_the_sender_started_anew_comes_once_at_most():
    before, after, receiver = BridgeLink(1, ()), BridgeLink(2, ()), BridgeLink(3, (Hot,))
    old, late, new = before.encode(Hot(number=1)), before.encode(Hot(number=2)), after.encode(Hot(number=3))
    came = [record.number for frame in (old, new, old, late, new) for record in receiver.feed(frame)]
    assert came == [1, 3]
    assert counts(receiver) == {"received": 2, "repeated": 3}


@pytest.mark.requirement("FSW-BRG-003")
def test_a_topic_that_is_declared_otherwise_there_is_unknown():
    digests = {topic_digest(topic) for topic in (Pack, Hot, heat.Heat, heat.other_heat())}
    assert len(digests) == 4
    sender, receiver = BridgeLink(7, ()), BridgeLink(8, (heat.Heat,))
    frames = sender.encode(heat.other_heat()(heat_degc=1)) + sender.encode(Hot(number=1))
    assert list(receiver.feed(frames)) == []
    assert counts(receiver) == {"unknown": 2}


@pytest.mark.parametrize("record", [pack(1, volts=float("inf")), pack(1, heat_degc=float("nan"))])
def test_a_number_that_is_not_finite_is_none(record):
    assert not is_finite(record)
    sender, receiver = BridgeLink(7, ()), BridgeLink(8, (Pack,))
    assert list(receiver.feed(sender.encode(record))) == []
    assert counts(receiver) == {"misshapen": 1}


class Backwards:
    """A seal that only turns octets round, and refuses what does not end in its mark."""

    def seal(self, octets):
        return octets[::-1] + b"!"

    def open(self, sealed):
        return sealed[-2::-1] if sealed.endswith(b"!") else None


def test_what_is_not_sealed_rightly_is_refused():
    sender, receiver = BridgeLink(7, (), Backwards()), BridgeLink(8, (Pack,), Backwards())
    assert list(receiver.feed(sender.encode(pack(1)))) == [pack(1)]
    assert list(receiver.feed(BridgeLink(7, ()).encode(pack(2)))) == []
    assert counts(receiver) == {"received": 1, "refused": 1}


def test_octets_that_are_no_record_are_misshapen():
    class Short(Backwards):
        def seal(self, octets):
            return octets[: self.kept]

        def open(self, sealed):
            return sealed

    seal = Short()
    sender, receiver = BridgeLink(7, (), seal), BridgeLink(8, (Pack,))
    for seal.kept in (3, 18):
        assert list(receiver.feed(sender.encode(pack(1)))) == []
    assert (counts(receiver), receiver.skipped) == ({"misshapen": 2}, 0)


def test_what_fits_into_no_frame_is_not_sent():
    sender = BridgeLink(7, ())
    with pytest.raises(ValueError, match="Big: 3016 octets, expected 2048 at most"):
        sender.encode(Big(octets=bytes(3000)))
    assert sender.sent == 0


def test_a_mission_names_topics_that_there_are():
    topics = topics_in([heat])
    assert topics == {"Heat": heat.Heat}
    check_bridges([BridgeSection(name="b", port="p", topics_out=("Heat",))], topics)
    with pytest.raises(UsageError, match=r"bridge\[1\].topics_in: the node has no report or event 'Hear'.*Heat"):
        check_bridges(
            [BridgeSection(name="a", port="p"), BridgeSection(name="b", port="p", topics_in=("Hear",))], topics
        )
