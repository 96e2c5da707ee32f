"""Telecommand frames of anybody, bare and in CLTUs: what a receiver that knows its channels finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.tc_intake import TcFraming, TcIntake
from ground.recordings.recording import Reception, read_recording
from link.coding.cltu import encode_cltu
from link.frames.tc import UNLOCK, TcFrame
from link.frames.tc_segment import Segment, segments, split_packets
from link.packets.space_packet import Flags, SpacePacket
from tests.link.strategies import chunked

PACKETS = [SpacePacket(5, n, bytes([n] * 20), is_command=True).encode() for n in range(6)]


def frame(sequence, data, *, channel=1, **flags):
    return TcFrame(spacecraft_id=300, channel=channel, sequence=sequence, data=data, **flags)


def frames_of(packets, *, headers):
    parts = segments(packets, 3, 60) if headers else [Segment(0, Flags.UNSEGMENTED, one) for one in packets]
    return [frame(n, part.encode() if headers else part.data) for n, part in enumerate(parts)]


def found(stream, framing, vcs=None, pieces=None):
    reception = Reception(framing=framing, vcs=vcs)
    batches = [batch for piece in pieces or [stream] for batch in reception.feed(piece)] + reception.finish()
    return [packet for batch in batches for packet, _ in batch], reception.account()


@pytest.mark.parametrize("headers", [False, True])
@pytest.mark.parametrize("fecf", [False, True])
@given(data=st.data())
def test_frames_one_behind_the_other(headers, fecf, data):
    stream = b"".join(one.encode(fecf=fecf) for one in frames_of(PACKETS, headers=headers))
    pieces = data.draw(chunked(stream))
    packets, account = found(stream, TcFraming(kind="tc", fecf=fecf), pieces=pieces)
    assert packets == PACKETS
    (channel,) = account["frames"]["channels"]
    assert (channel["spacecraft_id"], channel["vc"], channel["lost"], account["octets_skipped"]) == (300, 1, 0, 0)
    assert channel["AD"] == channel["frames"] == account["frames"]["frames"]


@pytest.mark.parametrize("randomise", [False, True])
@pytest.mark.parametrize("said", [None, "right"])
@given(data=st.data())
def test_cltus(randomise, said, data):
    units = [encode_cltu(one.encode(), randomise=randomise) for one in frames_of(PACKETS, headers=False)]
    stream = b"\x55" * 9 + b"\x55\x55".join(units)
    framing = TcFraming(kind="cltu", randomised=randomise if said else None)
    packets, account = found(stream, framing, pieces=data.draw(chunked(stream)))
    assert packets == PACKETS
    assert account["frames"]["units"] == {"empty": 0, "corrected_bits": 0}
    assert (account["frames"]["bad"], account["octets_skipped"]) == (0, 19)


def test_a_unit_of_several_frames_and_one_without_its_tail():
    both = b"".join(one.encode() for one in frames_of(PACKETS[:2], headers=False))
    last = encode_cltu(frame(2, PACKETS[2]).encode(), randomise=False)
    packets, account = found(encode_cltu(both, randomise=False) + last[:-8], TcFraming(kind="cltu"))
    assert (packets, account["octets_skipped"]) == (PACKETS[:3], 0)


def test_units_that_hold_no_frame():
    packets, account = found(encode_cltu(bytes(30), randomise=False) + b"tail", TcFraming(kind="cltu"))
    assert (packets, account["frames"]["bad"], account["octets_skipped"]) == ([], 1, 4)


def test_what_comes_twice_commands_and_channels():
    sent = [
        frame(0, UNLOCK, bypass=True, control=True), frame(7, PACKETS[0]), frame(7, PACKETS[0]), frame(9, PACKETS[1]),
        frame(0, PACKETS[2], bypass=True), frame(0, PACKETS[2], bypass=True), frame(0, PACKETS[3], channel=2),
    ]  # fmt: skip
    stream = b"".join(one.encode() for one in sent)
    packets, account = found(stream, TcFraming(kind="tc"), vcs={1})
    assert packets == [PACKETS[0], PACKETS[1], PACKETS[2], PACKETS[2]]
    first, second = account["frames"]["channels"]
    assert [first[key] for key in ("AD", "BD", "BC", "duplicates", "lost", "gaps")] == [3, 2, 1, 1, 1, 1]
    assert (second["vc"], second["AD"]) == (2, 1)


def test_damage_costs_the_damaged_frame_only():
    frames = [one.encode() for one in frames_of(PACKETS, headers=False)]
    frames[2] = frames[2][:9] + b"?" + frames[2][10:]
    packets, account = found(b"".join(frames) + frames[0][:12], TcFraming(kind="tc"))
    assert packets == [*PACKETS[:2], *PACKETS[3:]]
    assert (account["frames"]["bad"], account["frames"]["frames"]) == (2, 5 + 2)
    assert account["octets_skipped"] == len(frames[2]) + 12
    assert found(frames[0] + b"\0\0\0", TcFraming(kind="tc"))[1]["octets_skipped"] == 3


@given(data=st.data())
def test_frames_between_something_else(data):
    stream = b"".join(b"time" + one.encode() + b"!" for one in frames_of(PACKETS, headers=False))
    framing = TcFraming(kind="tc", prefix_octets=4, suffix_octets=1)
    packets, account = found(stream, framing, pieces=data.draw(chunked(stream)))
    assert (packets, account["octets_skipped"]) == (PACKETS, 0)
    assert found(stream[:-1], framing)[0] == PACKETS


def test_segments_that_do_not_fit():
    intake = TcIntake(TcFraming(kind="tc"))
    batch = intake.feed(frame(0, Segment(1, Flags.LAST, PACKETS[0][9:]).encode()).encode())
    assert len(batch.index) == 0
    assert intake.account()["channels"][0]["segments_dropped"] == 1


def in_thirds(packet, **flags):
    """A packet in three segments, one a frame, of the counts 0, 1 and 2."""
    parts = [(Flags.FIRST, packet[:9]), (Flags.CONTINUATION, packet[9:18]), (Flags.LAST, packet[18:])]
    return [frame(n, Segment(1, kind, data).encode(), **flags) for n, (kind, data) in enumerate(parts)]


def test_a_lost_frame_costs_the_packet_whose_segment_it_had():
    """The halves of two packets of one length are none, however well they fit."""
    first, second = in_thirds(PACKETS[0]), in_thirds(PACKETS[1])
    for number, one in enumerate(second, start=3):
        one.sequence = number
    packets, account = found(b"".join(one.encode() for one in [*first[:2], second[2]]), TcFraming(kind="tc"))
    assert packets == []
    assert account["frames"]["channels"][0]["segments_dropped"] == 2  # the packet begun, and the last segment
    assert found(b"".join(one.encode() for one in first + second), TcFraming(kind="tc"))[0] == PACKETS[:2]


def test_expedited_segments_do_not_complete_a_packet_in_sequence():
    in_order, expedited = in_thirds(PACKETS[0]), in_thirds(PACKETS[1], bypass=True)
    mixed = [one for pair in zip(in_order, expedited, strict=True) for one in pair]
    assert found(b"".join(one.encode() for one in mixed), TcFraming(kind="tc"))[0] == PACKETS[:2]


def test_frames_are_told_to_who_listens():
    heard = []
    reception = Reception(framing=TcFraming(kind="tc"))
    reception.frames.listen = heard.append
    sent = frames_of(PACKETS, headers=False)
    units = [one.encode() for one in sent]
    list(read_recording(b"".join(units), reception, ends=np.cumsum([len(one) for one in units])))
    assert heard == sent


def test_a_segment_that_looks_like_packets_goes_on_with_its_packet():
    """The middle of a packet on MAP 0 begins with a zero, as a packet does, and here with its own length as well."""
    middle = bytes([0, 0, 0, 0, 11 - 7, 9, 9, 9, 9, 9])
    long = SpacePacket(5, 0, bytes([7] * 30) + middle + bytes([8] * 4), is_command=True).encode()
    parts = [(Flags.FIRST, long[:36]), (Flags.CONTINUATION, middle), (Flags.LAST, long[46:])]
    stream = b"".join(frame(n, Segment(0, flags, data).encode()).encode() for n, (flags, data) in enumerate(parts))
    assert split_packets(Segment(0, Flags.CONTINUATION, middle).encode())
    packets, account = found(stream, TcFraming(kind="tc"))
    assert packets == [long]
    assert account["frames"]["channels"][0]["segments_dropped"] == 0
