"""`skyrack decode` as a person uses it: on recordings made here."""

import csv
import gzip
import importlib.util
import io
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.coding.crc import crc16
from link.channels.aos import AosManaged, AosSender
from link.channels.tm_sender import TmSender
from link.coding.cltu import encode_cltu
from link.coding.tm import TmEncoder
from link.frames.aos import AosFrame, BPdu, MPdu
from link.frames.clcw import Clcw
from link.frames.tc import TcFrame
from link.frames.uslp import DataField, Rule, UslpFrame
from link.managed import Managed, TmChannel
from link.packets.encapsulation import EncapsulationPacket
from link.packets.space_packet import SpacePacket
from skyrack.cli import main
from skyrack.commands import decode
from tests.ground.example_dictionary import DICTIONARY
from tests.ground.recordings.wrappings.test_wrappings import ethernet, ipv4, pcap, udp

TABLE = "name,data_type,bit_length\nSECONDS,uint,32\nBUS,int,16\nNOISE,uint(expand),8\n"


def packet(number: int, apid: int = 5, size: int = 3) -> bytes:
    data = (1000 + 2 * number).to_bytes(4) + (-number).to_bytes(2, signed=True) + bytes(range(size))
    return SpacePacket(apid, number % 16384, data).encode()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return str(path)


@pytest.fixture
def recording(tmp_path):
    """Ten packets of APID 5, two of which are missing, and one of APID 9."""
    path = tmp_path / "recording.bin"
    path.write_bytes(b"".join(packet(number) for number in range(12) if number not in (3, 8)) + packet(0, apid=9))
    return str(path)


def summary(capsys, *words):
    assert main(["decode", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_sources_gaps_and_losses(recording, capsys):
    found = summary(capsys, recording)
    assert (found["packets"], found["octets_skipped"], found["frames"]) == (11, 0, None)
    assert found["sources"][0] == {
        "spacecraft_id": None, "apid": 5, "packets": 10, "octets": 150, "size_min": 15, "size_max": 15,
        "gaps": 2, "lost": 2, "out_of_order": 0, "duplicates": 0, "restarts": 0, "segments": 0,
    }  # fmt: skip
    assert [source["apid"] for source in found["sources"]] == [5, 9]


def test_rates_by_the_field_that_is_a_time(recording, table, capsys):
    (kind,) = summary(capsys, recording, "--dictionary", table, "--apid", "5", "--time", "SECONDS")["kinds"]
    assert kind == {"name": "table", "packets": 10, "seconds": 22.0, "rate_hz": 9 / 22}


def test_text_for_people(recording, table, capsys):
    assert main(["decode", recording, "--dictionary", table]) == 0
    text = capsys.readouterr().out
    assert "11 packets\n" in text
    assert "spacecraft  apid  packets  octets  sizes  gaps  lost" in text
    assert "kind  packets" in text


def test_each_packet_on_a_line(recording, table, capsys):
    assert main(["decode", recording, "--list", "--dictionary", table]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[1].endswith("SECONDS=1002 BUS=-1 NOISE=[0,1,2]")
    assert main(["decode", recording, "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "apid 5 count 1 15 octets 000003eaffff000102"


def test_options_in_a_file_as_people_write_them(recording, table, tmp_path, capsys):
    (tmp_path / "options").write_text(f"# of the third pass\n\n  --apid 5\n--dictionary\n{table}\n")
    found = summary(capsys, f"@{tmp_path}/options", recording)
    assert ([row["apid"] for row in found["sources"]], found["kinds"][0]["name"]) == ([5], "table")


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        ("SECOND", "no field is called SECOND; did you mean SECONDS?"),
        ("SECONDS:parsec", "SECONDS: no unit is called parsec, expected d, h, min, s, ms, us, ns or, as /65536, parts"),
        ("x:y", "no field is called x:y"),
    ],
)
def test_a_time_that_is_none(recording, table, capsys, time, sentence):
    assert main(["decode", recording, "--dictionary", table, "--time", time]) == 2
    assert capsys.readouterr().err == f"skyrack decode: {table}: {sentence}\n"


def test_packets_as_objects_for_programs(recording, table, capsys):
    """Before, lines for people and the summary went to one stream, which then was neither."""
    assert main(["decode", recording, "--dictionary", table, "--apid", "5", "--list", "--json"]) == 0
    said = capsys.readouterr()
    first, *others = map(json.loads, said.out.splitlines())
    assert (len(others), first["kind"], first["packet"], first["values"]["SECONDS"]) == (
        9,
        "table",
        packet(0).hex(),
        1000,
    )
    assert json.loads(said.err)["packets"] == 10
    assert main(["decode", recording, "--frames", "tm", "--frame-octets", "99", "--list-frames", "--json"]) == 2


def test_csv(recording, table, tmp_path, capsys):
    out = tmp_path / "out.csv"
    found = summary(capsys, recording, "--dictionary", table, "--out", str(out))
    assert found["written"] == [str(out)]
    rows = list(csv.DictReader(out.open()))
    assert [int(row["BUS"]) for row in rows[:4]] == [0, -1, -2, -4]
    assert json.loads(rows[0]["NOISE"]) == [0, 1, 2]


def test_npz(recording, table, tmp_path, capsys):
    out = tmp_path / "out.npz"
    summary(capsys, recording, "--dictionary", table, "--apid", "5", "--out", str(out))
    with np.load(out) as columns:
        assert columns["BUS"].tolist() == [-number for number in range(12) if number not in (3, 8)]
        assert columns["NOISE"].shape == (10, 3)


def test_npz_of_what_varies_in_size(tmp_path, table):
    path, out = tmp_path / "varying.bin", tmp_path / "out.npz"
    path.write_bytes(packet(0, size=2) + packet(1, size=4))
    assert main(["decode", str(path), "--dictionary", table, "--out", str(out)]) == 0
    with np.load(out) as columns:
        assert columns["NOISE"].tolist() == [0, 1, 0, 1, 2, 3]
        assert columns["NOISE.sizes"].tolist() == [2, 4]


def test_parquet(recording, table, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (the parquet extra)")
    out = tmp_path / "out.parquet"
    assert main(["decode", recording, "--dictionary", table, "--out", str(out)]) == 0
    columns = parquet.read_table(out).to_pydict()
    assert columns["SECONDS"][:3] == [1000, 1002, 1004]
    assert columns["NOISE"][0] == [0, 1, 2]


def test_parquet_without_pyarrow_is_one_sentence(recording, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["decode", recording, "--out", str(tmp_path / "out.parquet")]) == 2
    assert "pip install 'skyrack[parquet]'" in capsys.readouterr().err


def test_damage_costs_the_damaged_packet_only(tmp_path, capsys):
    bodies = [packet(number)[:4] + (10).to_bytes(2) + packet(number)[6:] for number in range(20)]
    whole = [body + crc16(body).to_bytes(2) for body in bodies]
    stream = bytearray(b"".join(whole))
    stream[7 * len(whole[0]) + 4] ^= 0x40  # the length of packet 7
    path = tmp_path / "damaged.bin"
    path.write_bytes(stream)
    found = summary(capsys, str(path), "--crc")
    assert (found["packets"], found["octets_skipped"]) == (19, len(whole[0]))
    assert found["sources"][0]["lost"] == 1


def test_prefixes_standard_input_and_options_from_a_file(tmp_path, capsys, monkeypatch):
    stream = b"".join(b"\xff\xee\xdd\xcc" + packet(number) for number in range(5))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream)))
    (tmp_path / "options").write_text("--prefix\n4\n")
    found = summary(capsys, "-", f"@{tmp_path}/options")
    assert (found["packets"], found["octets_skipped"]) == (5, 0)


MANAGED = Managed.from_dict(DICTIONARY.managed)


def tm_frames(managed: Managed, packets: list[bytes]) -> list[bytes]:
    sender = TmSender(managed)
    for one in packets:
        sender.offer(managed.tm_channels[0].name, one)
    return [sender.next_frame() for _ in range(2 + sum(map(len, packets)) // managed.tm_data_octets)]


def test_tm_units_as_the_dictionary_of_a_node_says(tmp_path, capsys):
    frames = tm_frames(MANAGED, [packet(number, size=200) for number in range(20)])
    encoder = TmEncoder(MANAGED)
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json())
    path = tmp_path / "units.bin"
    path.write_bytes(b"noise" + b"".join(encoder.encode(frame) for frame in frames))
    found = summary(capsys, str(path), "--frames", "tm", "--dictionary", str(tmp_path / "d.json"))
    assert (found["packets"], found["octets_skipped"]) == (20, 5)
    assert found["frames"]["frames"] == len(frames)
    assert found["frames"]["units"] == {"corrected_frames": 0, "corrected_symbols": 0, "uncorrectable": 0}
    assert found["unread"] == [{"reason": "no container describes this CCSDSPacket", "packets": 20}]


def test_lost_frames_are_told_by_channel(tmp_path, capsys):
    frames = tm_frames(MANAGED, [packet(number, size=200) for number in range(40)])
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(frame for number, frame in enumerate(frames) if number != 2))
    words = ("--frames", "tm", "--frame-octets", str(MANAGED.tm_frame_octets))
    fecf = () if MANAGED.fecf else ("--no-fecf",)
    found = summary(capsys, str(path), *words, *fecf)
    heard = found["frames"]["channels"][0]
    assert (heard["lost"], heard["gaps"]) == (1, 1)
    assert found["sources"][0]["lost"] > 0
    assert found["packets"] + found["sources"][0]["lost"] == 40


def test_aos_frames_of_one_channel(tmp_path, capsys):
    managed = AosManaged(spacecraft_id=300, frame_octets=100, insert_octets=4, ocf=True)
    sender = AosSender(managed, [TmChannel(name="a", vc=1), TmChannel(name="b", vc=2)])
    for number in range(6):
        sender.offer("ab"[number % 2], packet(number, apid=5 + number % 2, size=40))
    frames = [sender.next_frame(insert=b"skip") for _ in range(12)]
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(frames))
    words = ("--frames", "aos", "--frame-octets", "100", "--insert", "4", "--ocf", "--vc", "2")
    found = summary(capsys, str(path), *words)
    assert [(source["spacecraft_id"], source["apid"], source["packets"]) for source in found["sources"]] == [
        (300, 6, 3)
    ]
    assert {channel["vc"] for channel in found["frames"]["channels"]} == {1, 2, 63}


def test_uslp_frames(tmp_path, capsys):
    stream = b"".join(packet(number, size=20) for number in range(3))
    fields = [
        DataField(Rule.PACKETS, stream[:48], 0, 0),
        DataField(Rule.PACKETS, stream[48:].ljust(48, b"\xe0"), 0, 16),
        DataField(Rule.STREAM, bytes(50)),
    ]
    frames = [
        UslpFrame(spacecraft_id=40000, channel=3, map_id=1, count=count, count_octets=2, field=field).encode()
        for count, field in enumerate(fields)
    ]
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(frames))
    found = summary(capsys, str(path), "--frames", "uslp", "--frame-octets", str(len(frames[0])))
    assert (found["packets"], found["frames"]["bad"]) == (3, 0)
    (channel,) = found["frames"]["channels"]
    assert (channel["spacecraft_id"], channel["vc"], channel["frames"], channel["idle"]) == (40000, 3, 3, 1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--frames", "tm"], "--frames needs --frame-octets"),
        (["--frame-octets", "100"], "--frame-octets is about frames"),
        (["--frames", "aos", "--frame-octets", "4"], "expected 11..65536"),
        (["--frames", "tm", "--frame-octets", "1000", "--cadu", "--interleave", "3"], "131.0 §4.3.7"),
        (["--frames", "aos", "--frame-octets", "100", "--interleave", "4"], "--interleave is about coded units"),
        (["--randomiser", "none"], "--randomiser is about frames"),
        (["--frames", "tm", "--frame-octets", "100", "--ocf"], "--ocf is not needed"),
        (["--frames", "tm", "--frame-octets", "100", "--insert", "4"], "--insert is about AOS and USLP"),
        (["--frames", "uslp", "--frame-octets", "100", "--ocf"], "--ocf is not needed"),
        (["--frames", "tm", "--frame-octets", "100", "--cadu", "--rs", "0", "--conventional"], "which --rs 0 says"),
        (
            ["--frames", "tm", "--frame-octets", "100", "--cadu", "--prefix", "4"],
            "--prefix is about frames without code",
        ),
        (["--suffix", "3"], "--suffix is about frames"),
        (["--any-version", "--crc"], "--any-version is for bare packets"),
        (["--list-frames"], "--list-frames is about frames"),
        (["--epoch", "1958-01-01T00:00:00Z"], "--epoch is what --time counts from"),
        (["--time", "CCSDS_APID", "--epoch", "noon"], "--epoch noon: expected a time"),
        (["--frames", "tc", "--frame-octets", "9"], "--frame-octets is not needed"),
        (["--frames", "tc", "--randomiser", "none"], "say --frames cltu"),
        (["--frames", "cltu", "--prefix", "4"], "CLTUs are found wherever they stand"),
        (["--frames", "cltu", "--randomiser", "131071"], "CLTUs have 255 or none"),
        (["--frames", "tm", "--frame-octets", "100", "--bitstream", "1"], "--bitstream is about AOS"),
        (["--port", "5"], "--port 5 is for network captures"),
        (["--time", "CLOCK"], "no field is called CLOCK"),
        (["--out", "table.xls"], "ends in .csv"),
    ],
)
def test_misuse_is_one_sentence(recording, words, sentence, capsys):
    assert main(["decode", recording, *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["decode", str(tmp_path / "none.bin")]) == 1
    assert capsys.readouterr().err == f"skyrack decode: {tmp_path}/none.bin: No such file or directory\n"


def test_nothing_in_it(tmp_path, capsys):
    (tmp_path / "empty.bin").touch()
    assert main(["decode", str(tmp_path / "empty.bin")]) == 1
    assert capsys.readouterr().err == "skyrack decode: the recording is empty\n"


@pytest.mark.skipif(not importlib.util.find_spec("rich"), reason="rich is not installed (the ground extra)")
def test_a_large_file_shows_how_far_it_is(recording, capsys, monkeypatch):
    monkeypatch.setattr(decode, "_LARGE_OCTETS", 1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["decode", recording]) == 0
    captured = capsys.readouterr()
    assert "decoding" in captured.err
    assert "decoding" not in captured.out


CASES = Path(__file__).parents[2] / "recordings"


def test_what_came_twice(tmp_path, capsys):
    """packets-overlap.bin: two recordings, one behind the other, that have four packets in common."""
    path = str(CASES / "packets-overlap.bin")
    found = summary(capsys, path)
    (source,) = found["sources"]
    assert (found["packets"], source["lost"], source["gaps"], source["duplicates"]) == (24, 0, 0, 4)
    out = tmp_path / "once.bin"
    once = summary(capsys, path, "--drop-duplicates", "--out", str(out))
    assert (once["packets"], once["sources"][0]["duplicates"]) == (20, 4)
    assert (once["written"], out.stat().st_size) == ([str(out)], 20 * 11)
    assert main(["decode", path]) == 0
    assert "lost  duplicates\n" in capsys.readouterr().out


def test_what_came_in_another_order(capsys):
    """packets-swapped.bin: counts 0 2 1 3."""
    found = summary(capsys, str(CASES / "packets-swapped.bin"))
    (source,) = found["sources"]
    assert (found["packets"], source["lost"], source["gaps"], source["out_of_order"]) == (4, 0, 0, 1)


def test_segments_are_shown_and_put_together(capsys):
    """packets-segmented.bin: a first, a continuing and a last one."""
    path = str(CASES / "packets-segmented.bin")
    assert main(["decode", path, "--list"]) == 0
    said = capsys.readouterr()
    assert [line.split(" 8 octets")[0] for line in said.out.splitlines()] == [
        "apid 100 count 7 first segment", "apid 100 count 8 continuing segment", "apid 100 count 9 last segment",
    ]  # fmt: skip
    assert "--join puts them together" in said.err
    assert main(["decode", path, "--list", "--join"]) == 0
    said = capsys.readouterr()
    assert said.out == "apid 100 count 7 12 octets 414243444546\n"
    assert "3 packets, 1 put together of segments" in said.err


def test_units_that_are_cut_off(capsys):
    """cadu-cut.bin: two units of 259 octets, and what is left of a third."""
    words = ("--frames", "aos", "--frame-octets", "223", "--no-fecf", "--cadu")
    found = summary(capsys, str(CASES / "cadu-cut.bin"), *words)
    assert (found["frames"]["frames"], found["octets_skipped"]) == (2, 677 - 2 * 259)


def test_packets_as_they_came(recording, tmp_path, capsys):
    out = tmp_path / "out.bin"
    found = summary(capsys, recording, "--out", str(out))
    assert found["written"] == [str(tmp_path / f"out.{apid}.bin") for apid in (5, 9)]
    assert (tmp_path / "out.5.bin").read_bytes() + (tmp_path / "out.9.bin").read_bytes() == Path(recording).read_bytes()
    assert not out.exists()
    assert main(["decode", recording, "--apid", "9", "--out", str(out), "--list"]) == 0
    assert out.read_bytes() == packet(0, apid=9)
    assert capsys.readouterr().out.startswith("apid 9 count 0")


def test_idle_packets_on_request(tmp_path, capsys):
    path = tmp_path / "idle.bin"
    path.write_bytes(packet(0) + packet(0, apid=2047) + packet(1) + packet(0, apid=2047))
    assert [source["apid"] for source in summary(capsys, str(path))["sources"]] == [5]
    found = summary(capsys, str(path), "--idle")
    assert [(one["apid"], one["packets"], one["duplicates"]) for one in found["sources"]] == [(5, 2, 0), (2047, 2, 0)]
    assert summary(capsys, str(path), "--apid", "2047")["packets"] == 2


def test_frames_between_something_else(tmp_path, capsys):
    frames = tm_frames(MANAGED, [packet(number, size=200) for number in range(20)])
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(b"time" + frame + b"parity" for frame in frames) + b"ti")
    words = ["--frames", "tm", "--frame-octets", str(MANAGED.tm_frame_octets), "--prefix", "4", "--suffix", "6"]
    found = summary(capsys, str(path), *words, *[] if MANAGED.fecf else ["--no-fecf"])
    assert (found["packets"], found["octets_skipped"], found["frames"]["bad"]) == (20, 2, 0)


@pytest.mark.parametrize("name", ["capture.pcap", "capture-udp.pcapng"])
def test_captures_of_networks(name, capsys):
    found = summary(capsys, str(CASES / name))
    assert (found["packets"], found["sources"][0]["apid"], found["octets_skipped"]) == (5, 10, 0)


def test_captures_as_we_write_them(recording, tmp_path, capsys):
    out = tmp_path / "out.pcap"
    summary(capsys, recording, "--out", str(out))
    again = summary(capsys, str(out))
    assert [(one["apid"], one["packets"], one["lost"]) for one in again["sources"]] == [(5, 10, 2), (9, 1, 0)]


def test_a_capture_of_frames(tmp_path, capsys):
    """A datagram each, to one of two ports, compressed."""
    frames = tm_frames(MANAGED, [packet(number, size=200) for number in range(20)])
    path = tmp_path / "frames.pcap.gz"
    path.write_bytes(gzip.compress(pcap(*(ethernet(ipv4(udp(one))) for one in [*frames, b"name?"]))))
    words = ["--frames", "tm", "--frame-octets", str(MANAGED.tm_frame_octets)] + ["--no-fecf"] * (not MANAGED.fecf)
    found = summary(capsys, str(path), *words)
    assert (found["packets"], found["octets_skipped"], found["frames"]["bad"]) == (20, 5, 0)
    assert found["notes"][0].startswith("unpacked with gzip")
    assert main(["decode", str(path), *words, "--port", "99"]) == 2
    assert "without UDP datagrams to port 99" in capsys.readouterr().err


def test_units_are_named_and_not_read_for_packets(capsys):
    assert main(["decode", str(CASES / "cadu-cut.bin")]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.endswith("give --frames aos --frame-octets 223 --no-fecf --cadu --interleave 1\n")


def test_telecommands_and_their_units(tmp_path, capsys):
    sent = [TcFrame(spacecraft_id=9, channel=1, sequence=n, data=packet(n)).encode() for n in range(5)]
    path = tmp_path / "commands.bin"
    for kind, octets in (("tc", b"".join(sent)), ("cltu", b"".join(encode_cltu(one, randomise=True) for one in sent))):
        path.write_bytes(octets)
        found = summary(capsys, str(path), "--frames", kind)
        assert (found["packets"], found["frames"]["channels"][0]["AD"], found["octets_skipped"]) == (5, 5, 0)
        assert main(["decode", str(path), "--frames", kind, "--list-frames"]) == 0
        assert capsys.readouterr().out.splitlines()[1] == f"tc 9/1 AD sequence 1 15 octets {packet(1).hex()}"
    assert main(["decode", str(path), "--frames", "cltu", "--randomiser", "none"]) == 1
    assert "5 of 5 frames are bad" in capsys.readouterr().err


def test_what_is_in_frames_but_packets(tmp_path, capsys):
    """Operational control field, insert zone, bits: 12 in each of four frames."""
    data = [BPdu(12, (0xABC0 + n).to_bytes(2) + bytes(30)).encode() for n in range(4)]
    common = {"spacecraft_id": 9, "insert": b"in", "ocf": Clcw(channel=3, report=7, lockout=True).word}
    frames = [AosFrame(channel=1, count=n, data=one, **common).encode() for n, one in enumerate(data)]
    frames.append(AosFrame(channel=1, count=4, data=b"\x3f\x00" + bytes(32), **common).encode())  # a wrong pointer
    frames.append(AosFrame(channel=2, count=0, data=MPdu(0, packet(0, size=20)).encode(), **common).encode())
    common["ocf"] = 1 << 31
    frames.append(AosFrame(channel=2, count=1, data=MPdu(2047, bytes(32)).encode(), **common).encode())
    path, out = tmp_path / "frames.bin", tmp_path / "out.bin"
    path.write_bytes(b"".join(frames))
    words = ["--frames", "aos", "--frame-octets", str(len(frames[0])), "--insert", "2", "--ocf", "--bitstream", "1"]
    found = summary(capsys, str(path), *words, "--out", str(out))
    assert [one["bits"] for one in found["frames"]["channels"]] == [48, 0]
    assert found["frames"]["clcws"][0]["expected"] == 7
    assert (tmp_path / "out.9-1.bits.bin").read_bytes().hex() == "abcabcabcabc"
    assert main(["decode", str(path), *words, "--list-frames"]) == 0
    lines = capsys.readouterr().out.splitlines()
    ocf = f"ocf {Clcw(channel=3, report=7, lockout=True).word:08x} CLCW of channel 3 expects 7 lockout"
    assert lines[0] == f"aos 9/1 count 0 12 bits abc0{'00' * 14} insert 696e {ocf}"
    assert "bits out of range" in lines[4]
    assert "first packet at 0" in lines[5]
    assert lines[6] == "aos 9/2 count 1 no packet begins insert 696e ocf 80000000"
    assert main(["decode", str(path), *words]) == 0
    said = capsys.readouterr().out
    assert "CLCW of channel" in said
    assert "1 operational control fields are no CLCW" in said


def test_encapsulation_packets(tmp_path, capsys):
    path = tmp_path / "mixed.bin"
    path.write_bytes(packet(0) + EncapsulationPacket(protocol=4, data=b"bundle").encode() + packet(1))
    assert main(["decode", str(path), "--list"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1] == "encapsulation protocol 4 (bundle) 8 octets 62756e646c65"
    assert "bundle         4        1" in said.err
    out = tmp_path / "out.bin"
    found = summary(capsys, str(path), "--out", str(out))
    assert found["encapsulated"] == [{"protocol": 4, "packets": 1}]
    assert found["written"] == [str(tmp_path / name) for name in ("out.5.bin", "out.encapsulation.bin")]
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    columns = tmp_path / "out.npz"
    assert summary(capsys, str(path), "--dictionary", str(table), "--out", str(columns))["kinds"][0]["packets"] == 2


def test_times_in_several_fields(tmp_path, capsys):
    """As JPSS has them: days since 1958, milliseconds, microseconds."""
    table, path, out = tmp_path / "t.csv", tmp_path / "p.bin", tmp_path / "out.pcap"
    table.write_text("name,data_type,bit_length\nDAY,uint,16\nMSEC,uint,32\nUSEC,uint,16\n")
    day, utc_s = 23442, (23442 - 4383) * 86400
    times = [day.to_bytes(2) + (1000 * n).to_bytes(4) + (500).to_bytes(2) for n in range(3)]
    path.write_bytes(b"".join(SpacePacket(5, n, one).encode() for n, one in enumerate(times)))
    words = ("--dictionary", str(table), "--time", "DAY,MSEC,USEC")
    found = summary(capsys, str(path), *words, "--out", str(out))
    assert (found["kinds"][0]["seconds"], found["kinds"][0]["rate_hz"]) == (2.0, 1.0)
    assert struct.unpack(">II", out.read_bytes()[24:32]) == (utc_s, 500_000)
    summary(capsys, str(path), *words, "--epoch", "1958-01-02T00:00:00Z", "--out", str(out))
    assert struct.unpack(">I", out.read_bytes()[24:28]) == (utc_s + 86400,)


@pytest.mark.parametrize("out", ["recording.bin", "table.csv", "../{}/recording.bin"])
def test_what_is_read_is_never_written_over(recording, table, tmp_path, capsys, out):
    before = Path(recording).read_bytes(), Path(table).read_bytes()
    assert main(["decode", recording, "--dictionary", table, "--out", str(tmp_path / out.format(tmp_path.name))]) == 2
    assert "which is read" in capsys.readouterr().err
    assert (Path(recording).read_bytes(), Path(table).read_bytes()) == before


def test_nor_by_one_of_several_files_that_are_written(recording, tmp_path, capsys):
    part = Path(recording).rename(tmp_path / "all.9.bin")
    octets = part.read_bytes()
    assert main(["decode", str(part), "--out", str(tmp_path / "all.bin")]) == 2
    assert "which is read" in capsys.readouterr().err
    assert part.read_bytes() == octets


@pytest.mark.parametrize("name", ["/dev/zero", "-"])
def test_what_has_no_end_is_refused(name, monkeypatch, capsys):
    monkeypatch.setattr("skyrack.commands.decode._STREAM_OCTETS_MAX", 3 << 20)
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr("sys.stdin", endless)
        assert main(["decode", name]) == 2
    assert "save it to a file first" in capsys.readouterr().err


def test_a_small_recording_may_shrink_while_it_is_read(tmp_path):
    """A mapped file that becomes shorter would end the program without a message."""
    path = tmp_path / "r.bin"
    path.write_bytes(bytes(100_000))
    octets = decode._octets_of(str(path))
    path.write_bytes(b"")
    assert bytes(octets) == bytes(100_000)


def test_a_large_recording_is_brought_in_as_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("skyrack.commands.decode._MAPPED_OCTETS", 99)
    path = tmp_path / "r.bin"
    path.write_bytes(bytes(100))
    assert bytes(decode._octets_of(str(path))) == bytes(100)


@pytest.mark.parametrize("ending", ["csv", "npz", "pcap", "bin"])
def test_what_fails_leaves_no_file(ending, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("gone")

    recording = tmp_path / "r.bin"
    recording.write_bytes(SpacePacket(5, 0, b"x").encode())
    monkeypatch.setattr("ground.recordings.decoding.Decoder.account", fail)
    assert main(["decode", str(recording), "--out", str(tmp_path / f"o.{ending}")]) == 1
    assert list(tmp_path.iterdir()) == [recording]
