"""What operational control fields report, and what else frames hold but packets."""

import numpy as np
import pytest

from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import Channel, FrameIntake
from link.frames.aos import AosFrame, BPdu, MPdu
from link.frames.clcw import Clcw
from link.frames.tm import TmFrame
from link.frames.uslp import DataField, Rule, UslpFrame
from link.packets.space_packet import SpacePacket

PACKET = SpacePacket(5, 0, bytes(14)).encode()


def heard(frames, **framing):
    intake = FrameIntake(Framing(octets=len(frames[0]), **framing))
    told = []
    intake.listen = lambda rows, contents: told.extend(rows[contents["number"]])
    intake.feed(b"".join(frames))
    assert [row.tobytes() for row in told] == frames
    return intake.account()


def words():
    last = Clcw(channel=3, report=8, lockout=True, farm_b=2).word
    return [Clcw(channel=3, report=7).word, Clcw(channel=5, report=1, wait=True).word, 1 << 31, last]


def check(account):
    first, second = account["clcws"]
    assert (first["spacecraft_id"], first["tc_channel"], first["reports"], first["expected"]) == (9, 3, 2, 8)
    assert (first["lockout"], first["wait"], first["farm_b"], second["wait"]) == (True, False, 2, True)
    assert account["other_ocfs"] == 1


def test_of_telemetry_frames():
    """Frames say themselves whether they have one."""
    common = {"spacecraft_id": 9, "channel": 1, "master_count": 0}
    frames = [TmFrame(**common, channel_count=n, data=PACKET, ocf=word).encode() for n, word in enumerate(words())]
    check(heard([*frames, TmFrame(**common, channel_count=4, data=PACKET + bytes(4)).encode()], kind="tm"))


def test_of_aos_frames():
    data = MPdu(0, PACKET).encode()
    frames = [
        AosFrame(spacecraft_id=9, channel=1, count=n, data=data, ocf=word, insert=b"in").encode()
        for n, word in enumerate(words())
    ]
    check(heard(frames, kind="aos", ocf=True, insert_octets=2))
    assert heard(frames, kind="aos", insert_octets=2)["clcws"] == []


def test_of_uslp_frames():
    field = DataField(Rule.PACKETS, PACKET, 0, 0)
    frames = [UslpFrame(spacecraft_id=9, channel=1, field=field, ocf=word).encode() for word in words()]
    check(heard(frames, kind="uslp"))


@pytest.mark.parametrize(("bits", "vc"), [(frozenset({1}), 1), (frozenset(), 2)])
def test_bitstreams_hold_no_packets(bits, vc):
    frames = [
        AosFrame(spacecraft_id=9, channel=1, count=n, data=BPdu(30 * (n + 1), bytes(20)).encode()).encode()
        for n in range(2)
    ]
    intake = FrameIntake(Framing(kind="aos", octets=len(frames[0]), bitstreams=bits))
    intake.bits[Channel(9, 1)] += 7
    assert len(intake.feed(b"".join(frames)).index) == 0
    (row,) = intake.account()["channels"]
    assert (row["idle"], row["bits"]) == (2 if bits else 0, 7)
    assert np.array_equal(vc, 1 if bits else 2)
