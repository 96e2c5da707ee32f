"""`skyrack tap` as a person uses it: a process on a port of this machine, ended by ^C; what it kept, in Wireshark."""

import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tty
from pathlib import Path

import pytest

from link.channels.tm_sender import TmSender
from link.coding.tm import TmEncoder
from link.dictionary.codec.packets import PacketReader
from link.managed import Managed
from link.packets.space_packet import SpacePacket
from link.pus.definition import definition_of
from link.pus.services.housekeeping import report_of
from link.pus.source import TmSource
from skyrack.cli import main
from tests.ground.example_dictionary import APID, DICTIONARY, NodeStatus
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
PACKETS = [SpacePacket(5, number, bytes([number, 255])).encode() for number in range(3)]


class Tapping:
    """A tap as a process, from when it listens."""

    def __init__(self, url, *words):
        command = [sys.executable, "-m", "skyrack.cli", "tap", url, *map(str, words)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stderr.readline() == f"skyrack tap: listening to {url}\n"

    def lines(self, count):
        return [self.process.stdout.readline() for _ in range(count)]

    def end(self, number=signal.SIGINT):
        """Exit code, and what was said at the end."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S), self.process.communicate()[1]


@pytest.fixture
def radio():
    """A socket to send datagrams from; it hears what a tap should not say."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        sender.setblocking(False)
        yield sender


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_packets_as_datagrams(radio, tmp_path):
    port, capture = free_port(), tmp_path / "seen.pcap"
    tapping = Tapping(f"udp://127.0.0.1:{radio.getsockname()[1]}?bind={port}", "--pcap", capture)
    for packet in PACKETS:
        radio.sendto(packet, ("127.0.0.1", port))
    assert tapping.lines(3)[2] == "apid 5 count 2 8 octets 02ff\n"
    code, said = tapping.end()
    assert code == 0
    assert "3 packets\n" in said
    assert "Traceback" not in said
    assert capture.read_bytes().endswith(PACKETS[2])
    with pytest.raises(BlockingIOError):
        radio.recv(1)


def spacecraft_frames():
    """What the node of DICTIONARY sends: two status reports, coded."""
    managed, source = Managed.from_dict(DICTIONARY.managed), TmSource(APID)
    status = NodeStatus(dictionary=bytes(8), uptime_s=77, load=9)
    reports = [source.packet(report_of(status), 10**18) for _ in range(2)]
    sender, encoder = TmSender(managed), TmEncoder(managed)
    for report in reports:
        sender.offer("housekeeping", report)
    return reports, b"".join(encoder.encode(sender.next_frame()) for _ in range(3))


def test_values_out_of_coded_frames_on_a_serial_port(tmp_path):
    line, far = pty.openpty()
    tty.setraw(line)
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json())
    url = f"serial://{os.ttyname(far)}?baud=115200"
    tapping = Tapping(url, "--frames", "tm", "--dictionary", tmp_path / "d.json", "--json")
    reports, octets = spacecraft_frames()
    os.write(line, octets)
    seen = [json.loads(text) for text in tapping.lines(2)]
    assert [bytes.fromhex(one["packet"]) for one in seen] == reports
    assert (seen[0]["spacecraft_id"], seen[0]["vc"]) == (0x2A5, 0)
    assert (seen[0]["values"]["uptime_s"], seen[0]["values"]["load"]) == (77, 9)
    code, said = tapping.end(signal.SIGTERM)
    assert code == 0
    assert "TM frames" in said
    os.close(line)
    os.close(far)


def test_the_port_that_goes_away_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tapping = Tapping(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        peer, _ = listener.accept()
        peer.sendall(PACKETS[0])
        peer.close()
        out, said = tapping.process.communicate(timeout=PATIENCE_S)
    assert tapping.process.returncode == 1
    assert out == "apid 5 count 0 8 octets 00ff\n"
    assert "the other end closed the connection\n1 packets\n" in said


def test_a_port_that_is_none(capsys):
    assert main(["tap", "carrier-pigeon://loft"]) == 2
    assert "expected one of serial://" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_wireshark_shows_what_we_decode(tmp_path, capsys):
    """Capture and dissector as a person makes them; no other setting."""
    reports, octets = spacecraft_frames()
    for name, content in {"d.json": DICTIONARY.to_json(), "link.bin": octets}.items():
        (tmp_path / name).write_bytes(content)
    words = ("--frames", "tm", "--dictionary", str(tmp_path / "d.json"), "--out", str(tmp_path / "link.pcap"))
    assert main(["decode", str(tmp_path / "link.bin"), *words]) == 0
    capsys.readouterr()
    assert main(["dictionary", "export", str(tmp_path / "d.json"), "--to", "wireshark"]) == 0
    (tmp_path / "node.lua").write_text(capsys.readouterr().out)
    shown = subprocess.run(
        ["tshark", "-X", f"lua_script:{tmp_path}/node.lua", "-r", str(tmp_path / "link.pcap"), "-T", "json"],
        capture_output=True, check=True,
    )  # fmt: skip
    name, reader = DICTIONARY.node, PacketReader(definition_of(DICTIONARY).packets)
    for frame, report in zip(json.loads(shown.stdout), reports, strict=True):
        fields, values = frame["_source"]["layers"][name], reader.decode(report).values
        for field in ("apid", "sequence_count", "service", "subtype", "time_s", "structure"):
            assert int(fields[f"{name}.{field}"]) == values[field], field
        for field in ("uptime_s", "load", "crc"):
            assert int(fields[f"{name}.NodeStatus_{field}"]) == values[field], field
