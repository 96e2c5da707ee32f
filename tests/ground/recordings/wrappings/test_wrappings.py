"""What recordings are wrapped in: recognised by content and undone, or named in a sentence."""

import bz2
import contextlib
import gzip
import lzma
import struct
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.recording import holds_packets
from ground.recordings.wrappings.capture import is_capture
from ground.recordings.wrappings.hex_text import octets_of_text
from ground.recordings.wrappings.network import DatagramFinder
from ground.recordings.wrappings.units import WrappingError
from ground.recordings.wrappings.unwrap import unwrap
from link.packets.space_packet import SpacePacket

CASES = Path(__file__).parents[3] / "recordings"
PACKETS = [SpacePacket(10, n, bytes([n] * 5)).encode() for n in range(5)]
STREAM = b"".join(PACKETS)


def inside(octets, **rules):
    found = unwrap(octets, fits=holds_packets, **rules)
    return bytes(found.octets), found.notes


def test_what_is_wrapped_in_nothing():
    assert inside(STREAM) == (STREAM, [])
    assert inside(b"file header" + STREAM, skip=11) == (STREAM, [])
    assert inside(b"") == (b"", [])


@pytest.mark.parametrize("name", ["capture.pcap", "capture-udp.pcapng"])
def test_captures(name):
    found = unwrap((CASES / name).read_bytes(), fits=holds_packets)
    assert (bytes(found.octets), found.ends.tolist()) == (STREAM, [11, 22, 33, 44, 55])


PACKERS = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_compression(name):
    pack = PACKERS[name]
    assert inside(pack(STREAM)) == (STREAM, [f"unpacked with {name}: 55 octets"])
    assert inside(pack(STREAM) + pack(STREAM) + bytes(20))[0] == STREAM * 2
    assert inside(gzip.compress(pack(STREAM)))[0] == STREAM


@pytest.mark.parametrize("name", PACKERS)
def test_compression_that_is_cut_off_or_damaged(name):
    noise = b"".join(SpacePacket(1, n % 16384, n.to_bytes(4) * 3).encode() for n in range(20000))
    packed = bytearray(PACKERS[name](noise))
    octets, notes = inside(bytes(packed[: len(packed) * 2 // 3]))
    assert noise.startswith(octets)
    assert "cut off" in notes[1]
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    octets, notes = inside(bytes(packed))
    assert "damaged" in notes[1] or "cut off" in notes[1]


def test_more_than_there_is_room_for():
    with pytest.raises(WrappingError, match="more than 10 octets"):
        inside(gzip.compress(STREAM), octets_max=10)


@pytest.mark.parametrize("name", PACKERS)
def test_a_small_file_that_would_fill_memory(name, monkeypatch):
    """However often it is wrapped, for the bound is on all that is in it."""
    monkeypatch.setattr("ground.recordings.wrappings.unwrap._SMALL_OCTETS", 1 << 16)
    bomb = PACKERS[name](bytes(1 << 22))
    for file in (bomb, gzip.compress(bomb)):
        with pytest.raises(WrappingError, match="unpack it to a file first"):
            inside(file)
    assert inside(PACKERS[name](bytes(1 << 16)))[0] == bytes(1 << 16)


def test_members_without_anything_in_them():
    """Whatever stands behind each is looked at once, and not again for each: a list of small members is common."""
    octets, _ = inside(gzip.compress(STREAM) + gzip.compress(b"") * 3000 + gzip.compress(STREAM) + bytes(1000))
    assert octets == STREAM * 2


def test_xz_that_asks_for_memory(monkeypatch):
    monkeypatch.setattr("ground.recordings.wrappings.compressed._MEMORY_OCTETS", 1 << 16)
    assert "damaged" in inside(lzma.compress(STREAM))[1][1]


HEX = STREAM.hex(" ")
DUMPS = {
    "plain": STREAM.hex(),
    "lines": "\n".join(packet.hex() for packet in PACKETS),
    "upper, spaced, BOM": "\ufeff" + HEX.upper(),
    "0x": "# telemetry\n  # of today\n" + ", ".join(f"0x{octet:02X}" for octet in STREAM),
    "C": "{" + ", ".join(f"0x{octet:02x}" for octet in STREAM) + "};",
    "escapes": "".join(f"\\x{octet:02x}" for octet in STREAM),
}
for at in range(0, len(STREAM), 16):
    line = STREAM[at : at + 16]
    words = " ".join(line[n : n + 2].hex() for n in range(0, len(line), 2))
    DUMPS["xxd"] = DUMPS.get("xxd", "") + f"{at:08x}: {words:39}  ab cd..0000\n"
    halves = f"{line[:8].hex(' '):23}  {line[8:].hex(' '):23}"
    DUMPS["hexdump -C"] = DUMPS.get("hexdump -C", "") + f"{at:08x}  {halves}  |ab cd...........|\n"
    DUMPS["Wireshark"] = DUMPS.get("Wireshark", "") + f"{at:04x}  {line.hex(' '):47}   ab cd..\n"
DUMPS["hexdump -C"] += "00000037\n"


@pytest.mark.parametrize("form", DUMPS)
def test_text(form):
    assert inside(DUMPS[form].encode()) == (STREAM, ["read as hexadecimal text: 55 octets"])


@pytest.mark.parametrize(
    ("text", "line"),
    [("<?xml version='1.0'?>", 1), ("0001c0\n00 0\n", 2), ("00 01\nzz\n02", 2), ("\n\nhello", 3)],
)
def test_text_that_is_none(text, line):
    with pytest.raises(WrappingError, match=f"line {line} is not hexadecimal"):
        octets_of_text(text.encode())


@given(st.binary(min_size=1, max_size=40))
def test_whatever_is_written_as_text_is_read(octets):
    assert octets_of_text(octets.hex(" ").encode()) == octets


def kiss(*frames, command=0):
    escaped = (bytes([command]) + frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") for frame in frames)
    return b"\xc0" + b"\xc0\xc0".join(escaped) + b"\xc0"


def address(call, *, last=False):
    return bytes(ord(letter) << 1 for letter in call.ljust(6)) + bytes([0x60 | last])


def test_kiss():
    octets, notes = inside(kiss(*PACKETS) + kiss(bytes(8), command=9))
    assert octets == STREAM
    assert notes == ["KISS: 5 frames of data, 0 of them AX.25, 1 others left out"]
    timed = b"".join(kiss(bytes(7) + b"\1", command=9) + kiss(packet) for packet in PACKETS)
    assert inside(timed)[0] == octets  # as gr-satellites writes it: before each frame, when it came
    assert inside(kiss(*(b"head" + packet for packet in PACKETS)), skip=4)[0] == STREAM


def test_kiss_that_was_cut_off():
    """The frames that are whole are read; it was taken for packets, none of which is."""
    whole = kiss(*PACKETS)
    for cut, packets in ((whole[:-4], PACKETS[:-1]), (whole[4:], PACKETS[1:])):
        octets, notes = inside(cut)
        assert octets == b"".join(packets)
        assert notes[1].endswith("octets are left out, of a frame that is cut off")
    octets = b"\xc0" + bytes(range(1, 90))
    assert inside(octets) == (octets, [])


@pytest.mark.parametrize("relays", [0, 1, 8])
def test_kiss_with_ax25(relays):
    head = address("CQ") + address("OK1SKY", last=not relays)
    head += b"".join(address("RELAY", last=n == relays - 1) for n in range(relays))
    octets, notes = inside(kiss(*(head + b"\x03\xf0" + packet for packet in PACKETS)))
    assert (octets, "5 of them AX.25" in notes[0]) == (STREAM, True)


@pytest.mark.parametrize(
    "frame",
    [
        address("CQ") + address("OK1SKY", last=True) + b"\x3f\xf0data",  # not UI
        b"".join(address("RELAY", last=n == 10) for n in range(11)) + b"\x03\xf0data",  # nine relays, one too many
        bytes(200),  # no address ends
        address("C?") + address("OK1SKY", last=True) + b"\x03\xf0data",  # no call
        b"\x01" * 30,
        bytes(13),
    ],
)
def test_kiss_of_what_is_no_ax25(frame):
    assert inside(kiss(frame))[0] == frame


@pytest.mark.parametrize("octets", [b"\xc0\x00\xdb\x01\xc0", b"\xc0\x00data", b"\xc0\x09time\xc0", b"\xc0\xc0"])
def test_what_is_no_kiss_is_left_alone(octets):
    assert inside(octets) == (octets, [])


def udp(payload, port=10015, size=None):
    return struct.pack(">HHHH", 1000, port, 8 + len(payload) if size is None else size, 0) + payload


def ipv4(body, kind=17, *, number=1, fragment=0, source=1):
    head = struct.pack(">BBHHHBBHII", 0x46, 0, 24 + len(body), number, fragment, 64, kind, 0, source, 2)
    return head + bytes(4) + body  # with four octets of options


def ipv6(body, kind=17):
    return struct.pack(">IHBB", 6 << 28, len(body), kind, 64) + bytes(32) + body


def ethernet(body, kind=0x0800, tags=b""):
    return bytes(12) + tags + struct.pack(">H", kind) + body + bytes(3)  # and some padding


def pcap(*records, link=1, order=">", magic=0xA1B2C3D4, lost=0):
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    spare = bytes(8 * (magic == 0xA1B2CD34))
    return head + b"".join(
        struct.pack(order + "IIII", 0, 0, len(one), len(one) + lost) + spare + one for one in records
    )


def test_captures_in_every_form():
    records = [ethernet(ipv4(udp(packet))) for packet in PACKETS]
    for order in "<>":
        for magic in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34):
            assert inside(pcap(*records, order=order, magic=magic))[0] == STREAM


LINKS = {
    "Ethernet": (1, lambda ip: ethernet(ip)),
    "VLAN": (1, lambda ip: ethernet(ip, tags=b"\x81\x00\x00\x05")),
    "two VLANs": (1, lambda ip: ethernet(ip, tags=b"\x88\xa8\x00\x05\x81\x00\x00\x05")),
    "loopback": (0, lambda ip: struct.pack("<I", 2) + ip),
    "loopback, OpenBSD": (108, lambda ip: struct.pack(">I", 2) + ip),
    "Linux cooked": (113, lambda ip: bytes(14) + b"\x08\x00" + ip),
    "Linux cooked 2": (276, lambda ip: b"\x08\x00" + bytes(18) + ip),
    "raw": (101, lambda ip: ip),
    "raw IPv4": (228, lambda ip: ip),
    "raw, as BSD numbers it": (12, lambda ip: ip),
    "raw, as OpenBSD numbers it": (14, lambda ip: ip),
    "three VLANs": (1, lambda ip: ethernet(ip, tags=b"\x91\x00\x00\x05\x88\xa8\x00\x05\x81\x00\x00\x05")),
    "loopback of the other byte order": (0, lambda ip: struct.pack(">I", 2) + ip),
}
IPV6_LINKS = {
    **{f"loopback, family {one}": (0, lambda ip, one=one: struct.pack("<I", one) + ip) for one in (24, 28, 30, 10)},
    "Ethernet": (1, lambda ip: ethernet(ip, 0x86DD)),
    "Linux cooked": (113, lambda ip: bytes(14) + b"\x86\xdd" + ip),
    "raw": (101, lambda ip: ip),
    "raw IPv6": (229, lambda ip: ip),
}


@pytest.mark.parametrize("name", LINKS)
def test_links(name):
    link, frame = LINKS[name]
    assert inside(pcap(*(frame(ipv4(udp(packet))) for packet in PACKETS), link=link))[0] == STREAM


@pytest.mark.parametrize("name", IPV6_LINKS)
def test_links_of_ipv6(name):
    """As tcpdump.org/linktypes.html numbers them; families of NetBSD, FreeBSD, Darwin and Linux."""
    link, frame = IPV6_LINKS[name]
    assert inside(pcap(*(frame(ipv6(udp(packet))) for packet in PACKETS), link=link))[0] == STREAM


@pytest.mark.parametrize("link", range(147, 163))
def test_links_of_a_user_s_own_hold_what_is_looked_for(link):
    assert inside(pcap(*PACKETS, link=link))[0] == STREAM


@pytest.mark.parametrize("link", [146, 163])
def test_links_beside_those_of_users_are_not_guessed(link):
    with pytest.raises(WrappingError, match=f"link type {link}, which is not supported"):
        inside(pcap(*PACKETS, link=link))


@pytest.mark.parametrize("kind", [0, 43, 60])
def test_extensions_of_ipv6_are_passed_over(kind):
    """Hop-by-hop, routing and destination options (RFC 8200 §4), one behind another, each of 8 octets and more."""
    second = bytes([17, 1]) + bytes(14) + udp(STREAM)
    assert inside(pcap(ethernet(ipv6(bytes([60, 0]) + bytes(6) + second, kind=kind), 0x86DD)))[0] == STREAM


def test_ipv6_with_extensions_and_fragments():
    hop_by_hop = ipv6(bytes([17, 0]) + bytes(6) + udp(PACKETS[1]), kind=0)
    whole = udp(PACKETS[2] + PACKETS[3])
    parts = [ipv6(struct.pack(">BBHI", 17, 0, at | more, 9) + piece, kind=44)
             for at, more, piece in ((0, 1, whole[:16]), (16, 0, whole[16:]))]  # fmt: skip
    records = [ipv6(udp(PACKETS[0])), hop_by_hop, *reversed(parts), ipv6(udp(PACKETS[4]))]
    assert inside(pcap(*(ethernet(one, 0x86DD) for one in records)))[0] == STREAM


def test_fragments_of_ipv4():
    whole = udp(STREAM)
    first, second = whole[:32], whole[32:]
    parts = [ipv4(second, fragment=4), ipv4(first, fragment=0x2000), ipv4(first, fragment=0x2000, number=7)]
    octets, notes = inside(pcap(*map(ethernet, parts)))
    assert octets == STREAM
    assert notes[-1] == "1 fragments of datagrams are left out: the others did not come"


def test_fragments_that_come_again():
    """A capture of several interfaces has each of them twice."""
    whole = udp(STREAM)
    parts = [ipv4(whole[:32], fragment=0x2000), ipv4(whole[:32], fragment=0x2000), ipv4(whole[32:], fragment=4)]
    octets, notes = inside(pcap(*map(ethernet, parts)))
    assert (octets, notes) == (STREAM, ["UDP to port 10015 (1)"])


def test_fragments_without_end():
    """Each is looked at once, not with all that came before."""
    network = DatagramFinder()
    for number in range(30_000):
        part = ipv4(bytes(8), fragment=0x2000 | number % 8000, source=1)
        assert network.datagram(memoryview(part), 101) is None
    assert network.fragments == 8000


def test_ports():
    own, other = [udp(packet) for packet in PACKETS], [udp(b"name?", 53)] * 2
    commands = udp(SpacePacket(7, 0, b"x", is_command=True).encode(), 10025)
    capture = pcap(*(ethernet(ipv4(one)) for one in [*other, *own]))
    octets, notes = inside(capture)
    assert (octets, notes) == (STREAM, ["UDP to port 10015 (5)", "left out: UDP to port 53 (2)"])
    assert inside(capture, port=53)[0] == b"name?" * 2
    both = pcap(*(ethernet(ipv4(one)) for one in [*own, commands]))
    assert inside(both)[0] == STREAM + commands[8:]
    with pytest.raises(WrappingError, match="several ports, 53 \\(1\\), 54 \\(1\\): choose one with --port"):
        inside(pcap(*(ethernet(ipv4(udp(b"x", port))) for port in (53, 54))))
    half = pcap(*(ethernet(ipv4(one)) for one in [*own, udp(PACKETS[0], 53), udp(b"name?", 53)]))
    assert inside(half) == (STREAM, ["UDP to port 10015 (5)", "left out: UDP to port 53 (2)"])
    with pytest.raises(WrappingError, match="without UDP datagrams to port 99"):
        inside(capture, port=99)
    with pytest.raises(WrappingError, match=r"\.\.\.: choose one"):
        inside(pcap(*(ethernet(ipv4(udp(b"x", port))) for port in range(1, 9))))


def test_as_many_ports_as_datagrams():
    """Each datagram is looked at once, not once for each port."""
    records = [ethernet(ipv4(udp(b"noise", port))) for port in range(1000, 6000)]
    octets, notes = inside(pcap(*records, *(ethernet(ipv4(udp(packet, 500))) for packet in PACKETS)))
    assert (octets, notes[0]) == (STREAM, "UDP to port 500 (5)")


def test_a_port_is_judged_by_its_first_datagrams():
    own, other = [udp(packet) for packet in PACKETS * 20], [udp(b"name?", 53)] * 100
    octets, notes = inside(pcap(*(ethernet(ipv4(one)) for one in [*other, *own])))
    assert (octets, notes[0]) == (STREAM * 20, "UDP to port 10015 (100)")


def test_captures_without_datagrams():
    with pytest.raises(WrappingError, match="it is empty"):
        inside(pcap())
    with pytest.raises(WrappingError, match="2 TCP segments are in it"):
        inside(pcap(*[ethernet(ipv4(b"segment", kind=6))] * 2))
    odd = [ethernet(b"arp", 0x0806), ethernet(ipv4(b"ping", kind=1)), b"cut", bytes(14), struct.pack("<I", 99)]
    with pytest.raises(WrappingError, match="5 packets of other kinds"):
        inside(pcap(*odd))
    with pytest.raises(WrappingError, match="1 packets of other kinds"):
        inside(pcap(struct.pack("<I", 99), link=0))


def test_links_that_are_not_known():
    capture = pcap(*(b"head" + packet for packet in PACKETS), link=250)
    with pytest.raises(WrappingError, match="link type 250"):
        inside(capture)
    assert inside(capture, skip=4)[0] == STREAM


def test_datagrams_that_are_cut_off():
    cut = pcap(*(ethernet(ipv4(udp(packet)))[:-3] for packet in PACKETS), lost=4)
    assert inside(cut)[1][-1] == "5 datagrams are cut off: the capture kept their beginnings only"
    alone = pcap(*PACKETS, link=147, lost=4)
    assert "5 datagrams are cut off" in inside(alone)[1][-1]
    assert inside(pcap(ethernet(ipv4(udp(STREAM, size=0)))))[0] == STREAM + b""
    assert inside(pcap(ipv4(udp(STREAM, size=99)), link=101))[1][-1].startswith("1 datagrams are cut off")


def test_simple_blocks_that_are_cut_off():
    """They say only how long the datagram was; what was kept of it is what their block holds."""
    record = ethernet(ipv4(udp(PACKETS[0])))[:56]  # whole words: nothing fills up the block
    octets, notes = inside(pcapng(block(3, struct.pack("<I", len(record) + 100) + record)))
    assert octets == PACKETS[0][:10]
    assert notes[-1] == "1 datagrams are cut off: the capture kept their beginnings only"


def test_datagrams_without_octets_are_no_units():
    capture = pcap(*(ethernet(ipv4(udp(one))) for one in (PACKETS[0], b"", PACKETS[1])))
    assert unwrap(capture, fits=holds_packets).ends.tolist() == [11, 22]


def test_captures_that_are_cut_off():
    capture = pcap(*(ethernet(ipv4(udp(packet))) for packet in PACKETS))
    octets, notes = inside(capture[:-4])
    assert octets == STREAM[:-11]
    assert notes[0].startswith("the capture is cut off: its last")
    with pytest.raises(WrappingError, match="it is empty"):
        inside(capture[:20])
    assert inside(capture[:-1] + b"")[0] == STREAM[:-11]


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(*blocks, order="<", link=1):
    section = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    return section + block(1, struct.pack(order + "HHI", link, 0, 0), order) + b"".join(blocks)


def enhanced(octets, order="<", interface=0, kind=6, dropped=7):
    number = struct.pack(order + ("I" if kind == 6 else "HH"), *([interface] if kind == 6 else [interface, dropped]))
    return block(kind, number + struct.pack(order + "IIII", 0, 0, len(octets), len(octets)) + octets, order)


def simple(octets, order="<"):
    return block(3, struct.pack(order + "I", len(octets)) + octets, order)


def test_pcapng():
    records = [ethernet(ipv4(udp(packet))) for packet in PACKETS]
    for order in "<>":
        blocks = [enhanced(records[0], order), enhanced(records[1], order, kind=2), simple(records[2], order)]
        blocks += [block(5, b"statistics", order), enhanced(records[0], order, interface=3), block(3, b"", order)]
        blocks += [enhanced(one, order) for one in records[3:]]
        capture = pcapng(*blocks, order=order)
        assert is_capture(capture)
        octets, notes = inside(capture)
        assert (octets, notes) == (STREAM, ["UDP to port 10015 (5)"])
        assert inside(capture + capture)[0] == STREAM * 2
        octets, notes = inside(capture[:-4])
        assert octets == STREAM[:-11]
        assert notes[0].startswith("the capture is cut off or damaged: its last")
    assert inside(pcapng(enhanced(STREAM), link=150)) == (STREAM, [])
    assert inside(pcapng(enhanced(STREAM), block(5, b""), link=150)) == (STREAM, [])
    assert inside(pcapng(enhanced(STREAM), block(1, b""), link=150))[0] == STREAM


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"\x89HDF\r\n\x1a\n", "HDF5"), (b"PK\x03\x04", "zip"), (b"CDF\x01", "NetCDF"), (b"\x04\x22\x4d\x18", "lz4"),
        (b"RIFF", "sound"), (b"x" * 257 + b"ustar", "tar"), (b"\x7fELF", "program"),
        (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x93NUMPY", "numpy"), (b"SIMPLE  =" + bytes(9), "FITS"),
    ],
)  # fmt: skip
def test_what_is_named(head, word):
    with pytest.raises(WrappingError, match=word):
        inside(head + b"\0\1")


def test_a_port_of_no_capture():
    with pytest.raises(WrappingError, match="--port 5 is for network captures"):
        inside(STREAM, port=5)


def test_wrapped_again_and_again():
    octets = STREAM
    for _ in range(9):
        octets = gzip.compress(octets)
    with pytest.raises(WrappingError, match="more than 8 times"):
        inside(octets)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x0a\x0d\x0d\x0a", b"\xa1\xb2\xc3\xd4", b"\xc0\0", b"\x1f\x8b"])
)
def test_whatever_comes_is_unwrapped_or_refused(octets, head):
    with contextlib.suppress(WrappingError):
        unwrap(head + octets, fits=holds_packets)


@pytest.mark.parametrize("packet", [SpacePacket(0x78B, 0, b"xyz", True, True), SpacePacket(0x20D, 0x0D0A, b"123456")])
def test_packets_that_begin_as_something_else(packet):
    """A telecommand of APID 0x78B begins as gzip does, one of 0x20D as pcapng."""
    octets = bytearray(packet.encode())
    assert inside(bytes(octets))[0] == octets
    octets[2:4] = b"\x08\x00"
    assert inside(bytes(octets))[0] == octets
