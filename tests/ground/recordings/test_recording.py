"""Recordings: the same packets in bulk, in pieces, out of frames, and counted one by one."""

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.framing import Framing
from ground.recordings.joining import Joiner
from ground.recordings.recording import Reception, holds_packets, read_recording
from kernels.coding.crc import crc16
from link.frames.tm import TmFrame
from link.packets.arrivals import Arrivals
from link.packets.encapsulation import EncapsulationPacket
from link.packets.index import follow_lengths
from link.packets.space_packet import COUNT_MODULUS, IDLE_APID, Flags, SpacePacket
from tests.link.strategies import chunked, space_packets

streams = st.lists(space_packets.map(SpacePacket.encode) | st.binary(max_size=9), max_size=8).map(b"".join)
rules = st.fixed_dictionaries(
    {
        "checked": st.booleans(),
        "apids": st.none() | st.sets(st.integers(0, 2047)),
        "prefix_octets": st.sampled_from([0, 4]),
    }
)


def read_all(reception, octets):
    list(read_recording(octets, reception))
    return reception.account()


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
    reception, sequences = Reception(), defaultdict(lambda: Arrivals(COUNT_MODULUS))
    list(read_recording(b"".join(packet.encode() for packet in packets), reception))
    contents = [packet.encode() for packet in packets]
    for packet, content in zip(packets, contents, strict=True):
        sequences[packet.apid].accept(np.array([packet.count]), np.array([contents.index(content)], np.uint32))
    rows = reception.account()["sources"]
    assert {row["apid"]: row["packets"] for row in rows} == Counter(packet.apid for packet in packets)
    for row in rows:
        own = [packet.size for packet in packets if packet.apid == row["apid"]]
        said = sequences[row["apid"]]
        assert (row["octets"], row["size_min"], row["size_max"]) == (sum(own), min(own), max(own))
        assert (row["gaps"], row["lost"], row["duplicates"]) == (said.gaps, said.lost, said.duplicates)
        assert (row["out_of_order"], row["restarts"]) == (said.late, said.restarts)


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
    frames = [frame_of(SpacePacket(5, n, b"data%02d" % n).encode(), spacecraft_id=n & 9) for n in (8, 1, 10)]
    reception = Reception(framing=Framing(kind="tm", octets=len(frames[0])))
    (batch,) = read_recording(b"".join(frames), reception)
    assert [channel for _, channel in batch] == [(8, 3), (1, 3), (8, 3)]
    rows = reception.account()["sources"]
    assert [(row["spacecraft_id"], row["packets"], row["lost"]) for row in rows] == [(1, 1, 0), (8, 2, 1)]


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
    root = Path(__file__).parents[3]
    names = (".".join(path.relative_to(root).with_suffix("").parts) for path in (root / "link").rglob("[a-z]*.py"))
    richer = ("link.bundles", "link.dictionary", "link.models", "link.pus", "link.sequences")
    wanted = [name for name in names if not name.startswith(richer)]
    absent = (
        "import sys; sys.modules.update(dict.fromkeys(['msgspec', 'serial', 'rich', 'PIL', 'pyproj', 'cryptography']))"
    )
    subprocess.run([sys.executable, "-c", f"{absent}; import {', '.join(wanted)}"], check=True, cwd=root)
    assert len(wanted) > 45


def packet(count, data=b"data", apid=5, flags=Flags.UNSEGMENTED):
    return SpacePacket(apid, count, data, flags=flags).encode()


def test_a_packet_that_is_cut_off_is_not_read_for_others():
    """Its data may look like packets; that they are none, their counts say."""
    inside = b"".join(packet(n, apid=20 + n % 5) for n in range(7, 20))
    cut = packet(2, inside + bytes(50))[:-40]
    bulk, live = Reception(), Reception()
    stream = packet(0) + packet(1) + cut
    assert packets_of(read_recording(stream, bulk)) == [packet(0), packet(1)]
    assert packets_of(live.feed(stream)) + packets_of(live.finish()) == [packet(0), packet(1)]
    assert bulk.octets_skipped == live.octets_skipped == len(cut)


def test_a_wrong_length_does_not_hide_the_packets_behind_it():
    wrong = bytearray(packet(2))
    wrong[4] = 0xFF
    stream = packet(0) + packet(1) + bytes(wrong) + packet(3)
    assert packets_of(read_recording(stream, Reception())) == [packet(0), packet(1), packet(3)]


def test_duplicates_on_request_only_once():
    stream = packet(0) + packet(1) + packet(1) + packet(2) + packet(2, b"other")
    assert len(packets_of(read_recording(stream, Reception()))) == 5
    reception = Reception(unique=True)
    assert packets_of(read_recording(stream, reception)) == [packet(0), packet(1), packet(2), packet(2, b"other")]
    (row,) = reception.account()["sources"]
    assert (row["packets"], row["duplicates"]) == (4, 1)
    assert packets_of(read_recording(packet(2, b"other"), reception)) == []


def test_duplicate_frames_are_read_once():
    """Also where a packet goes on from one frame to the next, and where all of a batch came before."""
    stream = b"".join(packet(n, bytes(60)) for n in range(6))
    frames = [
        TmFrame(
            spacecraft_id=9, channel=1, master_count=n, channel_count=n, data=stream[n * 99 : n * 99 + 99],
            first_header=-n * 99 % 66,
        ).encode()
        for n in range(4)
    ]  # fmt: skip
    reception = Reception(framing=Framing(kind="tm", octets=len(frames[0])))
    found = packets_of(reception.feed(b"".join(frames[:2] + frames[:2])) + reception.feed(frames[1] + frames[0]))
    assert found + packets_of(reception.feed(frames[2] + frames[3])) == [packet(n, bytes(60)) for n in range(6)]
    (row,) = reception.account()["frames"]["channels"]
    assert (row["frames"], row["duplicates"], row["lost"], row["octets_dropped"]) == (8, 4, 0, 0)
    (cut,) = read_all(Reception(framing=reception.framing), b"".join(frames[:3]))["frames"]["channels"]
    assert cut["octets_unfinished"] == 3 * 99 % 66


def test_segments_put_together():
    first, middle, last = Flags.FIRST, Flags.CONTINUATION, Flags.LAST
    stream = [
        packet(9, b"lone", flags=last), packet(10, b"AB", flags=first), packet(0, b"1", apid=6, flags=first),
        packet(11, b"CD", flags=middle), packet(11, b"CD", flags=middle), packet(1, b"2", apid=6, flags=last),
        packet(12, b"EF", flags=last), packet(13), packet(14, b"x", flags=first), packet(16, b"z", flags=last),
        packet(17, b"begun", flags=first), packet(18, b"again", flags=first),
    ]  # fmt: skip
    reception = Reception(joiner=Joiner())
    assert packets_of(read_recording(b"".join(stream), reception)) == [
        packet(0, b"12", apid=6), packet(10, b"ABCDEF"), packet(13),
    ]  # fmt: skip
    account = reception.account()
    assert (account["joined_packets"], account["segments_left_out"]) == (2, 5)


def test_segments_of_more_than_a_packet_holds():
    parts = [packet(0, bytes(40000), flags=Flags.FIRST), packet(1, bytes(40000), flags=Flags.LAST)]
    (joined,) = packets_of(read_recording(b"".join(parts), Reception(joiner=Joiner())))
    assert (len(joined), joined[2:6].hex()) == (80006, "c000ffff")
    reception = Reception(joiner=Joiner(octets_max=1000))
    assert packets_of(read_recording(b"".join(parts), reception)) == []
    assert reception.account()["segments_left_out"] == 2


def test_segments_out_of_frames():
    halves = [packet(0, b"AB", flags=Flags.FIRST), packet(1, b"CD", flags=Flags.LAST)]
    frames = [frame_of(half, spacecraft_id=n) for n in (1, 2) for half in halves]
    frames[1], frames[3] = (
        TmFrame(spacecraft_id=n, channel=3, master_count=1, channel_count=1, data=halves[1]).encode() for n in (1, 2)
    )
    reception = Reception(framing=Framing(kind="tm", octets=len(frames[0])), joiner=Joiner())
    batches = reception.feed(b"".join(frames)) + reception.finish()
    assert [one for batch in batches for one in batch] == [(packet(0, b"ABCD"), (n, 3)) for n in (1, 2)]


def test_idle_packets_on_request():
    idle, good = packet(0, apid=IDLE_APID), packet(0)
    frame = frame_of(idle, good, idle)
    framing = Framing(kind="tm", octets=len(frame))
    for rules, expected in (({}, [good]), ({"idle": True}, [idle, good, idle]), ({"apids": [IDLE_APID]}, [idle, idle])):
        bare, framed = Reception(**rules), Reception(framing=framing, **rules)
        assert packets_of(read_recording(idle + good + idle, bare)) == expected
        assert packets_of(read_recording(frame, framed)) == expected
        assert bare.account()["idle_packets"] == framed.account()["idle_packets"] == 2


def test_packets_stay_in_their_units():
    """A datagram that is cut off or damaged costs itself alone."""
    units = [packet(0) + packet(1), packet(2)[:-2], b"noise", packet(3), packet(4)]
    ends = np.cumsum([len(one) for one in units])
    for rules in ({}, {"any_version": True}):
        reception = Reception()
        found = packets_of(read_recording(b"".join(units), reception, ends=ends, **rules))
        assert found == [packet(0), packet(1), packet(3), packet(4)]
        assert reception.octets_skipped == len(units[1]) + len(units[2])
    whole = [packet(0) + packet(1), packet(2)]
    reception = Reception()
    assert len(packets_of(read_recording(b"".join(whole), reception, ends=np.array([20, 30])))) == 3


def test_frames_stay_in_their_units():
    frames = [frame_of(packet(n), spacecraft_id=n) for n in range(3)]
    framing = Framing(kind="tm", octets=len(frames[0]))
    units = [frames[0], frames[1] + b"rest", frames[2]]
    for parts, skipped in ((units, 4), (frames, 0)):
        reception = Reception(framing=framing)
        ends = np.cumsum([len(one) for one in parts])
        assert packets_of(read_recording(b"".join(parts), reception, ends=ends)) == [packet(n) for n in range(3)]
        assert reception.octets_skipped == skipped


encapsulated = EncapsulationPacket(protocol=4, data=b"bundle").encode()


def test_encapsulation_packets_among_others():
    fill = EncapsulationPacket(protocol=0, length_of_length=0).encode()
    stream = packet(0) + encapsulated + fill + packet(1) + b"\x40" + encapsulated + packet(2)[:-1]
    for start in (0, 10):
        reception = Reception(encapsulation=True)
        found = packets_of(read_recording(stream[start:], reception))
        assert found == [packet(0), encapsulated, fill, packet(1), encapsulated][start // 10 :]
        assert reception.account()["encapsulated"] == [{"protocol": 0, "packets": 1}, {"protocol": 4, "packets": 2}]
        assert reception.octets_skipped == 10
    assert packets_of(read_recording(packet(0) + b"\xff" * 9, Reception(encapsulation=True))) == [packet(0)]
    assert packets_of(read_recording(packet(0) + b"\xe9\x01x", Reception(encapsulation=True))) == [packet(0)]


def test_encapsulation_packets_of_frames():
    frame = frame_of(packet(0, flags=Flags.FIRST), encapsulated, packet(1, flags=Flags.LAST), b"\x40other")
    framing = Framing(kind="tm", octets=len(frame))
    assert packets_of(read_recording(frame, Reception(framing=framing, encapsulation=True)))[1] == encapsulated
    joined = Reception(framing=framing, encapsulation=True, joiner=Joiner())
    assert packets_of(read_recording(frame, joined)) == [encapsulated, packet(0, b"datadata")]
    only = Reception(framing=framing, encapsulation=True, apids=[5])
    assert encapsulated not in packets_of(read_recording(frame, only))


def test_whether_packets_fill_a_unit():
    good = packet(0) + encapsulated
    assert holds_packets(good)
    assert holds_packets(b"1234" + packet(0) + b"5678" + packet(1), prefix=4)
    for bad in (b"", good[:-1], good + b"\x40", good + b"\0\0", b"\x40"):
        assert not holds_packets(bad)


def test_any_version_is_every_version():
    """Encapsulation packets among others, too, which lengths lead through like all."""
    odd = [bytes([0x20 | one[0]]) + one[1:] for one in (packet(0), packet(1))]
    other = EncapsulationPacket(protocol=2, data=bytes([1, 2, 0, 4]) + b"12345").encode()
    assert (other[:2], len(other)) == (b"\xe9\x0b", 11)  # of both kinds: octets 4 and 5 say that 5 more follow
    reception = Reception(encapsulation=True)
    batches = list(read_recording(odd[0] + other + odd[1], reception, any_version=True))
    assert packets_of(batches) == [odd[0], other, odd[1]]
    assert (reception.octets_skipped, reception.account()["other_packets"]) == (0, 0)


def test_a_cut_packet_is_told_by_all_of_its_length():
    """Its two octets, whatever stands behind them; zeros do, here."""
    hidden, whole = packet(9, apid=7), packet(0)
    cut = SpacePacket(5, 1, bytes(1) + b"x" * 20 + hidden + b"y" * 100).encode()[:60]
    reception = Reception()
    assert packets_of(read_recording(whole + cut, reception)) == [whole]
    assert reception.octets_skipped == 60


def test_packets_that_end_in_their_crc_are_checked_beside_encapsulation_packets():
    good, bad = (SpacePacket(5, n, b"data").encode()[:4] + b"\0\5" + b"data" for n in range(2))
    good, other = good + crc16(good).to_bytes(2), EncapsulationPacket(protocol=2, data=b"1234").encode()
    reception = Reception(checked=True, encapsulation=True)
    assert packets_of(read_recording(good + other + bad + b"??" + good, reception)) == [good, good]


def test_what_has_no_end_is_left_out_at_the_end():
    for is_live in (False, True):
        reception, half = Reception(joiner=Joiner()), packet(0, flags=Flags.FIRST)
        list([*reception.feed(half), *reception.finish()] if is_live else read_recording(half, reception))
        assert reception.account()["segments_left_out"] == 1


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("prefix", [b"", b"time"])
def test_what_a_cut_packet_hides_is_accounted_with_its_prefix(prefix, is_live):
    """Each octet is in a packet or skipped."""
    hidden, whole = packet(9, apid=7), [packet(0), packet(1)]
    cut = SpacePacket(5, 2, b"x" * 20 + prefix + hidden + b"y" * 100).encode()[:70]
    stream = b"".join(prefix + one for one in [*whole, cut])
    reception = Reception(prefix_octets=len(prefix))
    batches = [*reception.feed(stream), *reception.finish()] if is_live else read_recording(stream, reception)
    assert packets_of(batches) == whole
    assert reception.octets_skipped == len(prefix + cut)
    assert reception.octets_invented == len(prefix + hidden)
