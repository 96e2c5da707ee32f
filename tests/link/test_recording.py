"""Recordings: the same packets in bulk, in pieces, out of frames, and counted one by one."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.kernels.crc import crc16
from link.encapsulation import EncapsulationPacket
from link.framing import Framing
from link.packet_index import follow_lengths
from link.packet_stream import PacketSequences
from link.recording import Reception, read_recording
from link.space_packet import IDLE_APID, SpacePacket
from link.tm_frame import TmFrame
from tests.link.strategies import chunked, space_packets

streams = st.lists(space_packets.map(SpacePacket.encode) | st.binary(max_size=9), max_size=8).map(b"".join)
rules = st.fixed_dictionaries(
    {
        "checked": st.booleans(),
        "apids": st.none() | st.sets(st.integers(0, 2047)),
        "prefix_octets": st.sampled_from([0, 4]),
    }
)


def packets_of(batches):
    return [packet for batch in batches for packet, _ in batch]


@given(streams, rules, st.data())
def test_in_pieces_as_in_bulk(stream, rules, data):
    bulk, live = Reception(**rules), Reception(**rules)
    expected = packets_of(read_recording(stream, bulk))
    pieces = data.draw(chunked(stream))
    assert [one for piece in pieces for one in packets_of(live.feed(piece))] + packets_of(live.finish()) == expected
    assert live.account() == bulk.account()


@given(st.lists(space_packets, max_size=20))
def test_the_tally_counts_each_packet(packets):
    packets = [packet for packet in packets if packet.apid != IDLE_APID]
    reception, sequences = Reception(), PacketSequences()
    list(read_recording(b"".join(packet.encode() for packet in packets), reception))
    for packet in packets:
        sequences.missing(packet.apid, packet.count)
    rows = reception.account()["sources"]
    assert {row["apid"]: row["packets"] for row in rows} == Counter(packet.apid for packet in packets)
    for row in rows:
        own = [packet.size for packet in packets if packet.apid == row["apid"]]
        said = sequences.by_apid[row["apid"]]
        assert (row["octets"], row["size_min"], row["size_max"]) == (sum(own), min(own), max(own))
        assert (row["gaps"], row["lost"]) == (said.gaps, said.lost)


@given(st.lists(space_packets, max_size=5), st.integers(0, 4), st.binary(max_size=6))
def test_lengths_alone_lead_through_any_version(packets, prefix, tail):
    octets = [bytes([0x60 | packet.encode()[0]]) + packet.encode()[1:] for packet in packets]
    index = follow_lengths(b"".join(bytes(prefix) + one for one in octets) + tail, prefix)
    assert [index.packet(number) for number in range(len(index))] == octets


def test_any_version_of_a_recording():
    reception = Reception()
    packet = bytes.fromhex("2001c000000107ff")
    assert packets_of(read_recording(packet * 3 + b"?", reception, any_version=True)) == [packet] * 3
    assert (reception.octets, reception.octets_skipped) == (25, 1)


def test_a_packet_that_is_cut_off_ends_it():
    packet = SpacePacket(1, 0, b"data").encode()
    assert len(follow_lengths(packet + packet[:-1])) == 1


def test_a_negative_prefix():
    with pytest.raises(ValueError, match="prefix_octets = -1"):
        follow_lengths(b"", -1)


def frame_of(*packets, spacecraft_id=9):
    data = b"".join(packets)
    return TmFrame(spacecraft_id=spacecraft_id, channel=3, master_count=0, channel_count=0, data=data).encode()


def test_several_spacecraft():
    frames = [frame_of(SpacePacket(5, n, b"data").encode(), spacecraft_id=n) for n in (8, 9, 8)]
    reception = Reception(framing=Framing(kind="tm", octets=len(frames[0])))
    (batch,) = read_recording(b"".join(frames), reception)
    assert [channel for _, channel in batch] == [(8, 3), (9, 3), (8, 3)]
    rows = reception.account()["sources"]
    assert [(row["spacecraft_id"], row["packets"], row["lost"]) for row in rows] == [(8, 2, 16383), (9, 1, 0)]


def test_frames_without_packets():
    idle = TmFrame(spacecraft_id=1, channel=7, master_count=0, channel_count=0, data=b"idle").encode()
    reception = Reception(framing=Framing(kind="tm", octets=len(idle)))
    assert list(read_recording(idle, reception)) == []
    assert reception.account()["frames"]["frames"] == 1


def test_what_frames_carry_besides():
    body = SpacePacket(5, 0, b"abcd").encode()[:-2]
    good, other = body + crc16(body).to_bytes(2), EncapsulationPacket(protocol=7, data=b"x").encode()
    bad, idle = good[:-1] + bytes([good[-1] ^ 1]), SpacePacket(IDLE_APID, 0, b"\x55").encode()
    frame = frame_of(good, other, bad, idle, good)
    reception = Reception(framing=Framing(kind="tm", octets=len(frame)), checked=True)
    (batch,) = read_recording(frame, reception)
    assert list(batch) == [(good, (9, 3)), (good, (9, 3))]
    account = reception.account()
    assert (account["damaged_packets"], account["other_packets"], account["idle_packets"]) == (1, 1, 1)
    assert account["frames"]["channels"][0]["idle"] == 0
    assert account["sources"][0]["spacecraft_id"] == 9


def test_the_transport_layers_need_numpy_and_construct_only():
    """And cffi, without which there is no kernel; what knows of dictionaries, msgspec."""
    root = Path(__file__).parents[2]
    names = (".".join(path.relative_to(root).with_suffix("").parts) for path in (root / "link").rglob("[a-z]*.py"))
    wanted = [
        name for name in names if not name.startswith(("link.decoding", "link.dictionary", "link.models", "link.pus"))
    ]
    absent = (
        "import sys; sys.modules.update(dict.fromkeys(['msgspec', 'serial', 'rich', 'PIL', 'pyproj', 'cryptography']))"
    )
    subprocess.run([sys.executable, "-c", f"{absent}; import {', '.join(wanted)}"], check=True, cwd=root)
    assert len(wanted) > 50
