"""Options of `skyrack decode`: those that fit, those that would do nothing, ports, odd inputs."""

import io
import sys

import pytest

from ground.recordings.frames.intake import Batch
from ground.recordings.output.raw_export import RawExport
from link.coding.cltu import encode_cltu
from link.coding.tm import TmEncoder
from link.frames.tc import TcFrame
from link.managed import Managed, TmChannel
from link.packets.index import PacketIndex
from link.packets.space_packet import SpacePacket
from skyrack.cli import main
from tests.ground.example_dictionary import DICTIONARY
from tests.ground.recordings.wrappings.test_wrappings import ethernet, ipv4, pcap, udp
from tests.skyrack.commands.test_decode import TABLE, packet, summary, tm_frames


def table_in(folder):
    (folder / "table.csv").write_text(TABLE)
    return str(folder / "table.csv")


OF_FRAMES = {
    "--frame-octets": "100", "--no-fecf": "", "--ocf": "", "--insert": "4", "--suffix": "4", "--vc": "1",
    "--bitstream": "1", "--cadu": "", "--rs": "16", "--interleave": "2", "--conventional": "", "--randomiser": "none",
}  # fmt: skip
OF_UNITS = {"--rs", "--interleave", "--conventional", "--randomiser"}
IN_VAIN = {
    "": set(OF_FRAMES),
    "tm": {"--ocf", "--insert", "--bitstream", *OF_UNITS},
    "aos": OF_UNITS,
    "uslp": {"--ocf", "--bitstream", *OF_UNITS},
    "tc": set(OF_FRAMES) - {"--no-fecf", "--suffix", "--vc"},
    "cltu": set(OF_FRAMES) - {"--no-fecf", "--vc", "--randomiser"} | {"--prefix"},
}
"""Options that change nothing of each kind of frames: the standards of the others have no such thing."""


@pytest.mark.parametrize("kind", IN_VAIN)
def test_options_that_would_do_nothing_are_refused_and_no_others(kind, tmp_path, capsys):
    path = tmp_path / "empty.bin"
    path.write_bytes(b"")
    needed = ["--frames", kind] * bool(kind) + ["--frame-octets", "100"] * (kind in ("tm", "aos", "uslp"))
    for option, value in {**OF_FRAMES, "--prefix": "4"}.items():
        if option in needed:
            continue
        code = main(["decode", str(path), *needed, option, *([value] if value else [])])
        said = capsys.readouterr().err
        assert (code, said.startswith(f"skyrack decode: {option} ")) == (
            (2, True) if option in IN_VAIN[kind] else (1, False)
        )


def test_what_comes_by_standard_input_goes_into_files_as_well(tmp_path, monkeypatch):
    table = table_in(tmp_path)
    for name, words in (("out.csv", ["--dictionary", table]), ("out.pcap", [])):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packet(0) + packet(1))))
        assert main(["decode", "-", *words, "--out", str(tmp_path / name)]) == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
    assert len((tmp_path / "out.pcap").read_bytes()) == 24 + 2 * (16 + 15)


def test_any_version_is_decoded_whatever_it_looks_like(tmp_path, capsys):
    """Version 7, too, is no encapsulation packet then."""
    path, out = tmp_path / "odd.bin", tmp_path / "out.csv"
    path.write_bytes(b"".join(bytes([0xE0 | one[0]]) + one[1:] for one in (packet(0), packet(1))))
    words = ["--any-version", "--dictionary", table_in(tmp_path)]
    assert main(["decode", str(path), *words, "--list"]) == 0
    assert [line.split()[-2] for line in capsys.readouterr().out.splitlines()] == ["BUS=0", "BUS=-1"]
    assert main(["decode", str(path), *words, "--out", str(out)]) == 0
    assert "encapsulation" not in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 3


def test_what_stands_first_is_passed_over(tmp_path, capsys):
    """In a recording once, in a capture in each datagram."""
    path, packets = tmp_path / "recording", [packet(0), packet(1)]
    path.write_bytes(b"a header of 21 octets" + b"".join(packets))
    found = summary(capsys, str(path), "--skip", "21")
    assert (found["packets"], found["octets"], found["octets_skipped"]) == (2, 30, 0)
    path.write_bytes(pcap(*(ethernet(ipv4(udp(b"head" + one))) for one in packets)))
    found = summary(capsys, str(path), "--skip", "4")
    assert (found["packets"], found["octets"], found["octets_skipped"]) == (2, 30, 0)


def test_frames_of_another_length_than_the_node_s_are_bare(tmp_path, capsys):
    """Its dictionary says how its frames are coded; a length given by an option means other frames."""
    managed = Managed(spacecraft_id=9, tm_channels=(TmChannel(name="a", vc=1),), tm_frame_octets=150, interleave=1)
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json())
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(tm_frames(managed, [packet(0)])))
    words = ["--frames", "tm", "--frame-octets", "150", "--dictionary", str(tmp_path / "d.json")]
    found = summary(capsys, str(path), *words)
    assert (found["packets"], found["frames"]["bad"], found["frames"]["units"]) == (1, 0, None)


def test_packets_that_hold_marked_frames_are_packets(tmp_path, capsys):
    """As their own headers say; and a person may know better where frames are."""
    marked = [SpacePacket(5, n, b"\x1a\xcf\xfc\x1d" + bytes([n]) * 200).encode() for n in range(8)]
    path = tmp_path / "packets.bin"
    path.write_bytes(b"".join(marked))
    assert summary(capsys, str(path))["packets"] == 8
    path.write_bytes(b"".join(one[6:] for one in marked))
    assert main(["decode", str(path)]) == 2
    assert "sync markers stand in it" in capsys.readouterr().err
    assert main(["decode", str(path), "--any-version"]) != 2
    assert "sync markers" not in capsys.readouterr().err


def test_a_command_that_is_not_supported_costs_no_telemetry(tmp_path, capsys):
    """What packets mean is asked for, and nothing else of the file is read."""
    header = "".join(f'<Parameter name="p{n}" parameterTypeRef="u8"/>' for n in range(6))
    entries = "".join(f'<ParameterRefEntry parameterRef="p{n}"/>' for n in range(6))
    u8 = '<IntegerParameterType name="u8"><IntegerDataEncoding/></IntegerParameterType>'
    path, recording = tmp_path / "mission.xml", tmp_path / "recording.bin"
    recording.write_bytes(packet(0) + packet(1))
    path.write_text(
        '<SpaceSystem name="S" xmlns="http://www.omg.org/spec/XTCE/20180204"><TelemetryMetaData>'
        f"<ParameterTypeSet>{u8}</ParameterTypeSet><ParameterSet>{header}</ParameterSet><ContainerSet>"
        f'<SequenceContainer name="P"><EntryList>{entries}</EntryList></SequenceContainer></ContainerSet>'
        '</TelemetryMetaData><CommandMetaData><MetaCommandSet><MetaCommand name="m"><CommandContainer name="c">'
        "<EntryList><StreamSegmentEntry/></EntryList></CommandContainer></MetaCommand></MetaCommandSet>"
        "</CommandMetaData></SpaceSystem>"
    )
    assert summary(capsys, str(recording), "--dictionary", str(path))["kinds"][0]["packets"] == 2


@pytest.mark.parametrize(
    ("octets", "parity", "interleave"), [(223, 32, 1), (224, 32, 2), (225, 32, 3), (239, 16, 1), (240, 16, 2)]
)
def test_the_least_interleave_that_holds_a_frame(octets, parity, interleave, tmp_path, capsys):
    """A codeword has 255 symbols (CCSDS 131.0-B-4 §4.3.2)."""
    managed = Managed(
        spacecraft_id=9, tm_channels=(TmChannel(name="a", vc=1),), tm_frame_octets=octets, interleave=interleave,
        rs_parity=parity,
    )  # fmt: skip
    path, encoder = tmp_path / "units.bin", TmEncoder(managed)
    path.write_bytes(b"".join(map(encoder.encode, tm_frames(managed, [packet(0)]))))
    found = summary(capsys, str(path), "--frames", "tm", "--frame-octets", str(octets), "--cadu", "--rs", str(parity))
    assert (found["packets"], found["frames"]["bad"], found["octets_skipped"]) == (1, 0, 0)


def frames_in_datagrams():
    managed = Managed(
        spacecraft_id=9, tm_channels=(TmChannel(name="a", vc=1),), tm_frame_octets=100, interleave=1, fecf=True
    )
    frames = tm_frames(managed, [packet(0)])
    commands = [TcFrame(spacecraft_id=9, channel=1, sequence=0, data=packet(0)).encode()] * 2
    tm = ["--frames", "tm", "--frame-octets", "100"]
    return {
        "packets": ([packet(0), packet(1)], [b"\x08\x01" + bytes(20)] * 2, []),
        "behind prefixes": ([b"time" + packet(0)] * 2, [packet(0)] * 2, ["--prefix", "4"]),
        "frames": (frames, [frames[0][:-1]] * 2, tm),
        "two frames": ([frames[0] * 2], [frames[0][:-1]], tm),
        "units": (list(map(TmEncoder(managed).encode, frames)), frames, [*tm, "--cadu"]),
        "telecommands": (commands, [b"\x40" + commands[0][1:]] * 2, ["--frames", "tc"]),
        "CLTUs": ([encode_cltu(one, randomise=True) for one in commands], commands, ["--frames", "cltu"]),
    }


def test_files_of_raw_packets_grow_batch_by_batch(tmp_path):
    """And take the place of what an earlier command left there."""
    (tmp_path / "out.9.bin").write_bytes(b"earlier")
    export = RawExport(tmp_path / "out.bin")
    for number in range(3):
        export.add_batch(Batch(PacketIndex.of([packet(number), packet(number, apid=9)])))
    assert [path.name for path in export.close()] == ["out.5.bin", "out.9.bin"]
    for apid in (5, 9):
        octets = b"".join(packet(number, apid=apid) for number in range(3))
        assert (tmp_path / f"out.{apid}.bin").read_bytes() == octets


@pytest.mark.parametrize("name", frames_in_datagrams())
def test_of_several_ports_the_one_that_holds_what_is_asked_for(name, tmp_path, capsys):
    right, wrong, words = frames_in_datagrams()[name]
    path = tmp_path / "capture.pcap"
    path.write_bytes(
        pcap(*(ethernet(ipv4(udp(one, 53))) for one in wrong), *(ethernet(ipv4(udp(one, 10015))) for one in right))
    )
    assert summary(capsys, str(path), *words)["notes"] == [
        f"UDP to port 10015 ({len(right)})",
        f"left out: UDP to port 53 ({len(wrong)})",
    ]
