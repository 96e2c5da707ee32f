"""Other people's files and tools: their definitions decode to their values, and theirs decode what we write."""

import hashlib
import json
from pathlib import Path

import pytest

from link.dictionary.codec.packets import PacketReader
from link.dictionary.kinds import Enumeration
from link.dictionary.xtce.lower import lowered
from link.dictionary.xtce.reader import read_xtce
from link.dictionary.xtce.writer import write_xtce
from link.pus.definition import definition_of
from tests.link.dictionary.xtce.mission import mission, packets_of

DATA = Path(__file__).parents[5] / "shared" / "data" / "codecs"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


@needs_data
def test_suda_packets_have_their_published_values():
    folder = DATA / "suda_idex"
    definition = read_xtce((folder / "suda_combined_science_definition.xml").read_bytes())
    reader = PacketReader(definition.packets)
    labels = {
        field.name: {value: label for label, value in field.kind.labels.items()}
        for container in definition.packets
        for field in container.fields
        if isinstance(field.kind, Enumeration)
    }
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    octets, at = (folder / "sciData_2022_130_17_41_53.spl").read_bytes(), 0
    for row in truth["rows"]:
        at += truth["skip_header_bytes"]
        size = int.from_bytes(octets[at + 4 : at + 6]) + 7
        packet = reader.decode(octets[at : at + size])
        assert {name: fingerprint(value) for name, value in packet.values.items()} == {
            name: labels.get(name, {}).get(value, value) for name, value in row.items()
        }
        at += size
    assert at == len(octets)


def fingerprint(value):
    return f"{hashlib.sha256(value).hexdigest()[:16]}:{len(value)}" if isinstance(value, bytes) else value


@needs_data
@pytest.mark.parametrize("name", ["test_xtce", "test_xtce_default_namespace", "test_xtce_no_namespace"])
def test_namespaces_do_not_matter(name):
    definition = read_xtce((DATA / "xtce_small" / f"{name}.xml").read_bytes())
    attitude = next(container for container in definition.packets if container.name == "JPSS_ATT_EPHEM")
    assert len(attitude.fields) == 20
    assert PacketReader(definition.packets, "CCSDSPacket")


@needs_data
def test_udp_datagrams():
    definition = read_xtce((DATA / "xtce_small" / "udp_packet.xml").read_bytes())
    packet = PacketReader(definition.packets).decode(bytes.fromhex("0035 1f90 000b 0000 616263"))
    assert packet.values == {"SOURCE_PORT": 53, "DEST_PORT": 8080, "UDP_LENGTH": 11, "CHECKSUM": 0, "DATA": b"abc"}


def test_space_packet_parser_reads_our_file_as_we_do(tmp_path):
    """The portable subset, read by an independent tool: every value of every packet type."""
    definitions = pytest.importorskip("space_packet_parser.xtce.definitions", reason="space_packet_parser is not here")
    dictionary = mission()
    whole = definition_of(dictionary)
    path = tmp_path / "mission.xml"
    path.write_bytes(write_xtce(whole))
    theirs = definitions.XtcePacketDefinition.from_xtce(path)
    ours = PacketReader(lowered(whole).packets)
    for octets in packets_of(dictionary, 300):
        expected = ours.decode(octets)
        found = theirs.parse_bytes(octets, root_container_name="CCSDSPacket")
        assert {name: plain(value) for name, value in found.items()} == {
            name: plain(value) for name, value in expected.values.items()
        }


def plain(value):
    """Without what differs by intention: texts of fixed size keep their padding there."""
    return value.rstrip("\0") if isinstance(value, str) else value
