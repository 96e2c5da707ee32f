"""The cable between two pseudo-terminals, as a real process driven through its real ports."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hal.linux.clock import HostClock
from hal.port import Port
from hal.ports import open_port
from tests.patience import PATIENCE_S


class Laid:
    """A running cable, both ends open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        self.node, self.ground = (open_port(urls[end], HostClock()) for end in ("node", "ground"))

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> dict[str, object]:
        self.order(line)
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@contextmanager
def laid(*arguments: str) -> Iterator[Laid]:
    command = [sys.executable, "-m", "skyrack.cli", "cable", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Laid(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0


def receive(port: Port, size: int, seconds: float = PATIENCE_S) -> bytes:
    octets, end = b"", time.monotonic() + seconds
    while len(octets) < size and time.monotonic() < end:
        octets += port.read(4096)
        time.sleep(0.001)
    return octets


def test_both_ways_in_order_at_the_stated_rate():
    sent = bytes(range(256)) * 4
    with laid("--baud", "38400") as cable:
        start = time.monotonic()
        assert cable.node.write(sent) == len(sent)
        assert receive(cable.ground, len(sent)) == sent
        seconds = time.monotonic() - start
        assert seconds >= 0.95 * len(sent) * 10 / 38400
        cable.ground.write(b"up")
        assert receive(cable.node, 2) == b"up"
        assert cable.ask("stats")["carried_octets"] == len(sent) + 2


def test_cut_noise_and_nonsense():
    with laid("--baud", "115200") as cable:
        cable.order("cut 600")
        assert "unknown order" in cable.ask("explode")["error"]
        cable.node.write(b"into the void")
        while cable.ask("stats")["lost_octets"] < len(b"into the void"):
            time.sleep(0.001)
        cable.order("cut 0")
        cable.ask("stats")  # answers once the cut has ended
        cable.node.write(b"back")
        assert receive(cable.ground, 4) == b"back"
        cable.order("noise 0.1")
        cable.ask("stats")
        cable.node.write(bytes(300))
        assert any(receive(cable.ground, 300))
        stats = cable.ask("stats")
        assert stats["flipped_bits"] > 0
        assert stats["lost_octets"] == len(b"into the void")


def test_unplug_is_seen_at_both_ends():
    with laid() as cable:
        cable.order("unplug")
        assert cable.process.wait(PATIENCE_S) == 0
        for port in (cable.node, cable.ground):
            assert port.read(1) == b""
            assert "the line went away" in port.state.away
