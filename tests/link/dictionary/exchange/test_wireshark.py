"""Wireshark shows what we decode: every value of every packet type."""

import json
import shutil
import struct
import subprocess

import pytest

from link.dictionary.codec.packets import PacketReader
from link.dictionary.conditions import Comparison
from link.dictionary.definition import Definition
from link.dictionary.exchange.wireshark import dissector
from link.dictionary.kinds import Enumeration, Field, Integer
from link.dictionary.model import Container
from link.dictionary.xtce.lower import lowered
from link.pus.definition import definition_of
from tests.link.dictionary.xtce.mission import mission, packets_of

PORT = 18101


def capture(packets):
    """A pcap file of UDP datagrams over bare IPv4."""
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)
    for packet in packets:
        udp = struct.pack(">HHHH", 1, PORT, 8 + len(packet), 0) + packet
        ip = struct.pack(">BBHHHBBH8x", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + udp
        yield struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip


def test_the_script_has_every_packet_and_field():
    whole = definition_of(mission())
    script = dissector(whole, PORT)
    for container in lowered(whole).packets:
        assert f'name = "{container.name}", base = ' in script
        for field in container.fields:
            assert f'name = "{field.name}", form = ' in script
    assert script.count("{") == script.count("}")


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not here")
def test_tshark_shows_our_values(tmp_path):
    dictionary = mission()
    whole = definition_of(dictionary)
    packets = list(packets_of(dictionary, 56))
    script, pcap = tmp_path / "mission.lua", tmp_path / "mission.pcap"
    script.write_text(dissector(whole, PORT))
    pcap.write_bytes(b"".join(capture(packets)))
    shown = subprocess.run(
        ["tshark", "-X", f"lua_script:{script}", "-r", str(pcap), "-T", "json"], capture_output=True, check=True
    )
    plain = lowered(whole)
    kinds = {field.name: field for container in plain.packets for field in container.fields}
    reader = PacketReader(plain.packets)
    for frame, octets in zip(json.loads(shown.stdout), packets, strict=True):
        found = frame["_source"]["layers"]["mission"]
        for name, value in reader.decode(octets).values.items():
            assert same(found[f"mission.{name}"], value, kinds[name]), (name, found[f"mission.{name}"], value)


def same(text, value, field):
    if isinstance(field.kind, Enumeration) and isinstance(value, str):
        return int(text) == field.kind.labels[value]
    if field.calibration:
        return True  # shown beside the number on the wire
    if isinstance(value, bytes):
        return bytes.fromhex(text.replace(":", "")) == value
    return text == value if isinstance(value, str) else float(text) == pytest.approx(value, rel=1e-12)


def test_criteria_that_are_no_equality_are_refused():
    base = Container(name="A", fields=(Field(name="x", kind=Integer(8)),), abstract=True)
    child = Container(name="B", fields=(), base="A", criteria=Comparison("x", 1, ">"))
    with pytest.raises(ValueError, match="equal to something, not x > 1"):
        dissector(Definition(name="D", packets=(base, child)), PORT)


def test_labels_of_several_values_are_ranges():
    kind = Enumeration({"off": 0, "on": 1}, ranges=((3, 5, "on"),))
    script = dissector(Definition(name="D", packets=(Container(name="P", fields=(Field(name="e", kind=kind),)),)), PORT)
    assert 'labels = {{0, 0, "off"}, {1, 1, "on"}, {3, 5, "on"}}, ranges = true' in script
