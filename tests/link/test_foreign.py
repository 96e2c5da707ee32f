"""Frames and packets of others: recordings of deep-space probes, weather-satellite CADUs, another library's test data.

Origins and licences stand beside the data (frames_dsn: Daniel Estévez, CC-BY-4.0). Each set is decoded to its published
truth and encoded back to the same octets.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from link.channels.extraction import Extractor
from link.coding.cltu import START, TAIL
from link.coding.tm import TmDecoder, TmEncoder
from link.frames.aos import NO_HEADER, ONLY_IDLE, AosFrame, BPdu, MPdu
from link.frames.clcw import Clcw
from link.frames.tc import TcFrame
from link.frames.tc_segment import Segment, SegmentReceiver
from link.frames.tm import TmFrame
from link.managed import Managed, TmChannel
from link.packets.arrivals import Arrivals
from link.packets.encapsulation import EncapsulationPacket
from link.packets.segmentation import Reassembler
from link.packets.space_packet import SpacePacket
from link.packets.stream import PacketStreamReader

DATA = Path(__file__).parents[3] / "shared" / "data" / "codecs"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the foreign recordings (../shared/data/codecs) are not here")
TRUTH = json.loads((DATA / "frames_dsn" / "truth.json").read_text()) if DATA.exists() else {}


def decoded(kind, octets, insert_octets, ocf):
    """(spacecraft, channel, count, first header, packets' octets, frame) of one recorded frame."""
    if kind == "tm":
        frame = TmFrame.decode(octets, fecf=False)
        return frame.spacecraft_id, frame.channel, frame.channel_count, frame.first_header, frame.data, frame
    frame = AosFrame.decode(octets, fecf=False, insert_octets=insert_octets, ocf=ocf)
    return frame.spacecraft_id, frame.channel, frame.count, *MPdu.decode(frame.data), frame


class Heard:
    """What one virtual channel of a recording gave."""

    def __init__(self, modulus):
        self.arrivals, self.extractor = Arrivals(modulus), Extractor()
        self.frames, self.packets, self.pointers = 0, [], Counter()

    def frame(self, count, first_header, data, octets):
        self.frames += 1
        if not self.arrivals.accept_one(count, octets).is_next:
            self.extractor.drop()
        kind = {NO_HEADER: "none", ONLY_IDLE: "idle"}.get(first_header, "ptr")
        self.pointers[kind] += 1
        if kind != "idle":
            self.packets += self.extractor.feed(data, None if kind == "none" else first_header)


@pytest.mark.parametrize("name", TRUTH)
def test_deep_space_recordings(name):
    truth = TRUTH[name]
    managed, recording = truth["managed_parameters"], (DATA / "frames_dsn" / name).read_bytes()
    size, heard, ocfs = truth["frame_len"], {}, Counter()
    for at in range(0, len(recording), size):
        octets = recording[at : at + size]
        spacecraft, channel, count, first_header, data, frame = decoded(
            truth["kind"], octets, managed["insert_zone"], managed["ocf"]
        )
        assert frame.encode(fecf=False) == octets
        modulus = 256 if truth["kind"] == "tm" else 1 << 24
        heard.setdefault(f"{spacecraft}/{channel}", Heard(modulus)).frame(count, first_header, data, octets)
        ocfs[frame.ocf] += 1
    assert set(heard) == set(truth["vc"])
    for key, channel in heard.items():
        check_channel(channel, truth["vc"][key])
    for octets, count, fields in truth.get("ocf_top", []):
        assert ocfs[int(octets, 16)] == count
        check_clcw(bytes.fromhex(octets), fields)


def check_channel(heard, truth):
    assert (heard.frames, heard.arrivals.gaps, heard.arrivals.lost) == (truth["frames"], truth["gaps"], truth["lost"])
    assert dict(heard.pointers) == truth["fhp"]
    if truth["inconsistent"]:
        return  # the payload is scrambled: only headers were published
    assert hashlib.sha256(b"".join(heard.packets)).hexdigest()[:16] == truth["sha256_packets"]
    packets = [SpacePacket.decode(octets) for octets in heard.packets]
    by_apid = Counter(str(packet.apid) for packet in packets)
    assert (len(packets), len(by_apid)) == (truth["packets"], truth["napid"])
    assert truth["by_apid"].items() <= by_apid.items()  # of the commonest only
    assert [packet.encode() for packet in packets] == heard.packets


def check_clcw(octets, fields):
    clcw = Clcw.decode(octets)
    assert (clcw.cop, clcw.channel, clcw.farm_b, clcw.report, clcw.status) == tuple(
        fields[name] for name in ("cop", "vcid", "farm_b", "report", "status")
    )
    assert (clcw.no_rf, clcw.no_bit_lock, clcw.lockout, clcw.wait, clcw.retransmit) == tuple(
        bool(fields[name]) for name in ("no_rf", "no_bitlock", "lockout", "wait", "retransmit")
    )
    assert clcw.encode() == octets


def coded(frame_octets, interleave, *, randomise):
    return Managed(
        spacecraft_id=0,
        tm_channels=(TmChannel(name="any", vc=0),),
        tm_frame_octets=frame_octets,
        interleave=interleave,
        fecf=False,
        randomise=randomise,
    )


def test_weather_satellite_cadus():
    """Suomi-NPP: 7 units, randomised, RS(255,223) interleaved by 4 in the dual basis; one packet of 2 segments."""
    recording = (DATA / "cadu_snpp" / "snpp_7cadus_2vcids.dat").read_bytes()
    managed = coded(892, 4, randomise=True)
    frames = TmDecoder(managed).feed(recording)
    assert b"".join(TmEncoder(managed).encode(frame) for frame in frames) == recording
    channels = {6: Heard(1 << 24), 16: Heard(1 << 24)}
    for octets in frames:
        frame = AosFrame.decode(octets, fecf=False)
        assert frame.encode(fecf=False) == octets
        assert frame.spacecraft_id == 157
        channels[frame.channel].frame(frame.count, *MPdu.decode(frame.data), octets)
    assert (channels[6].frames, channels[16].frames) == (4, 3)
    assert [SpacePacket.decode(packet).apid for packet in channels[6].packets] == [1341]
    assert not channels[16].packets


@pytest.mark.parametrize("seed", range(4))
def test_weather_satellite_cadus_with_sixteen_wrong_octets_a_codeword(seed):
    recording = (DATA / "cadu_snpp" / "snpp_7cadus_2vcids.dat").read_bytes()
    managed, dice = coded(892, 4, randomise=True), np.random.default_rng(seed)
    units = np.frombuffer(recording, np.uint8).reshape(7, 1024).copy()
    for unit in units:
        for lane in range(4):
            unit[4 + 4 * dice.choice(255, 16, replace=False) + lane] ^= dice.integers(1, 256, 16, dtype=np.uint8)
    decoder = TmDecoder(managed)
    assert decoder.feed(units.tobytes()) + decoder.finish() == TmDecoder(managed).feed(recording)
    assert decoder.corrected_symbols == 7 * 4 * 16


def lines(name):
    return [bytes.fromhex(line) for line in (DATA / "tmtc_dariol83" / f"dumpFile_{name}.hex").read_text().split()]


def test_aos_units_with_packets():
    """30 units of 1024; virtual channel 0 has 11 frames with 23 packets of APID 200."""
    units, managed = lines("aos_1"), coded(892, 4, randomise=False)
    frames = TmDecoder(managed).feed(b"".join(units))
    assert [TmEncoder(managed).encode(frame) for frame in frames] == units
    heard = Heard(1 << 24)
    for octets in frames:
        frame = AosFrame.decode(octets, fecf=False, ocf=True)
        assert frame.encode(fecf=False) == octets
        if frame.channel == 0:
            heard.frame(frame.count, *MPdu.decode(frame.data), octets)
    assert heard.frames == 11
    assert [SpacePacket.decode(packet).apid for packet in heard.packets] == [200] * 23


def test_aos_units_with_bits():
    """30 frames; their data fields are B_PDUs."""
    units, managed = lines("aos_bitstream"), coded(892, 4, randomise=False)
    frames = TmDecoder(managed).feed(b"".join(units))
    assert len(frames) == 30
    assert [TmEncoder(managed).encode(frame) for frame in frames] == units
    for octets in frames:
        frame = AosFrame.decode(octets, fecf=False, ocf=True)
        assert frame.encode(fecf=False) == octets
        if frame.channel != 63:
            assert BPdu.decode(frame.data).encode() == frame.data


def tm_packets(octets_of_frames):
    heard = {}
    for octets in octets_of_frames:
        frame = TmFrame.decode(octets, fecf=False)
        assert frame.encode(fecf=False) == octets
        heard.setdefault(frame.channel, Heard(256)).frame(frame.channel_count, frame.first_header, frame.data, octets)
    return heard


def test_encapsulation_packets():
    """11 frames with 13 packets: 10 of the mission's own kind, then idle ones with headers of 1, 4 and 8 octets."""
    (heard,) = tm_packets(lines("tm_encapsulation")).values()
    packets = [EncapsulationPacket.decode(octets) for octets in heard.packets]
    assert [packet.encode() for packet in packets] == heard.packets
    assert [packet.protocol for packet in packets] == [7] * 10 + [0] * 3
    assert [packet.length_of_length for packet in packets[10:]] == [0, 2, 3]


def test_packets_longer_than_frames():
    """60 frames with 5 packets, of 684 and 14000 octets of data among them."""
    octets = [octets for heard in tm_packets(lines("tm_large_packets")).values() for octets in heard.packets]
    packets = [SpacePacket.decode(packet) for packet in octets]
    assert [packet.encode() for packet in packets] == octets
    wanted = [packet for packet in packets if not packet.is_idle]
    assert len(wanted) == 5
    assert {684, 14000} <= {len(packet.data) for packet in wanted}


def test_tm_units_with_the_users_own_data():
    """30 units of 1279; virtual channel access, 1105 octets each."""
    units, managed = lines("tm_user_data"), coded(1115, 5, randomise=False)
    frames = TmDecoder(managed).feed(b"".join(units))
    assert [TmEncoder(managed).encode(frame) for frame in frames] == units
    read = [TmFrame.decode(frame, fecf=False) for frame in frames]
    assert [frame.encode(fecf=False) for frame in read] == frames
    assert Counter((frame.channel, len(frame.data)) for frame in read) == {(vc, 1105): 10 for vc in (0, 1, 7)}


def test_telecommand_frames():
    """10 frames with segments, without FECF: 30 packets."""
    receiver, packets = SegmentReceiver(octets_max=65542), []
    for octets in lines("tc_plain_1"):
        frame = TcFrame.decode(octets, fecf=False)
        assert frame.encode(fecf=False) == octets
        segment = Segment.decode(frame.data)
        assert segment.encode() == frame.data
        packets += receiver.feed(segment)
    assert (len(packets), receiver.dropped) == (30, 0)
    assert [SpacePacket.decode(packet).encode() for packet in packets] == packets


def test_cltu_shapes():
    """Start and tail only: the parity of these blocks was left zero by their author."""
    for octets in lines("tc_1"):
        assert octets.startswith(START)
        assert octets.endswith(TAIL)
        assert (len(octets) - len(START) - len(TAIL)) % 8 == 0


def test_packets_behind_record_headers():
    """SUDA dust analyser: 13 packets of APID 1425, each behind four octets of something else."""
    recording = (DATA / "suda_idex" / "sciData_2022_130_17_41_53.spl").read_bytes()
    reader = PacketStreamReader(is_valid=lambda packet: True, apids={1425}, prefix_octets=4)
    packets = reader.feed(recording) + reader.finish()
    assert len(packets) == 13
    assert sum(map(len, packets)) + 13 * 4 == len(recording)
    assert [SpacePacket.decode(packet).encode() for packet in packets] == packets


@pytest.mark.parametrize(("folder", "count"), [("apid001", 1448), ("apid010", 3513)])
def test_packets_one_behind_the_other(folder, count):
    (path,) = (DATA / "hs_sim" / folder).glob("*.tlm")
    reader = PacketStreamReader(is_valid=lambda packet: True)
    packets = [SpacePacket.decode(octets) for octets in reader.feed(path.read_bytes()) + reader.finish()]
    assert len(packets) == count
    assert b"".join(packet.encode() for packet in packets) == path.read_bytes()
    whole = [data for packet in packets if (data := Reassembler(1 << 20).feed(packet)) is not None]
    assert len(whole) == count
