"""A node as its own processes on a pseudo-terminal, and just enough of a ground station to see when it works."""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from fsw.mission import load_mission
from link.channels.tm_receiver import TmReceiver
from link.coding.cltu import encode_cltu
from link.coding.tm import TmDecoder
from link.frames.tc import TcFrame
from link.pus.catalogue import read_report
from link.pus.message import Report
from link.pus.packets import RequestId, TcPacket, TmPacket
from link.pus.services.verification import CompletionSuccess

MISSION = Path(__file__).parents[1] / "examples" / "missions" / "coastwatch.toml"
BAUD = 4_000_000
"""So fast that the wire is no part of what is measured: a telemetry frame takes less than a millisecond."""
_PING = (17, 1)
_EVERY_S = 0.002
_PATIENCE_S = 60.0


class FlyingNode:
    """`skyrack node`, begun at `start_s` of time.monotonic(), with its state in a new folder in `folder`."""

    def __init__(self, folder: str | None = None) -> None:
        mission = load_mission(MISSION, with_stages=False)
        self._apid, self._managed = mission.node.apid, mission.managed
        self._decoder, self._receiver = TmDecoder(self._managed), TmReceiver(self._managed)
        self._state = tempfile.TemporaryDirectory(dir=folder)
        self._line, self._far = pty.openpty()
        tty.setraw(self._line)
        os.set_blocking(self._line, False)
        self._count = 0
        port = f"serial://{os.ttyname(self._far)}?baud={BAUD}"
        words = ["-m", "skyrack.cli", "node", str(MISSION), "--port", port, "--state", self._state.name]
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.start_s = time.monotonic()
        self.process = subprocess.Popen([sys.executable, *words], env=kept, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait()
        os.close(self._line)
        os.close(self._far)
        self._state.cleanup()

    @property
    def executive(self) -> int:
        """The process of the flight loop."""
        return self._named("executive")[0]

    def await_standby(self) -> None:
        """Wait until there is a standby that has practised: it waits for its start."""
        while not self._named("standby"):
            self.await_answer()

    def await_report(self, kind: type[Report]) -> float:
        """Seconds from the node's start until the first report of a kind came down."""
        while True:
            for report in self._received(0.1):
                if isinstance(report, kind):
                    return time.monotonic() - self.start_s

    def await_answer(self) -> float:
        """Seconds from now until a command sent from now on is reported as completed; one is sent every 2 ms."""
        begin_s, first = time.monotonic(), self._count
        while True:
            self._ping()
            for report in self._received(_EVERY_S):
                if isinstance(report, CompletionSuccess) and RequestId.of(report.request).count >= first:
                    return time.monotonic() - begin_s

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the executive by a signal."""
        os.kill(self.executive, number)

    def _named(self, name: str) -> list[int]:
        """The processes of the node that are so called."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == name]

    def _ping(self) -> None:
        service, subtype = _PING
        packet = TcPacket(apid=self._apid, count=self._count, service=service, subtype=subtype).encode()
        self._count = (self._count + 1) % (1 << 14)
        managed = self._managed
        frame = TcFrame(
            spacecraft_id=managed.spacecraft_id, channel=managed.tc_channel, sequence=0, data=packet, bypass=True
        )
        with suppress(OSError):  # nobody has the line open at this moment, or it is full
            os.write(self._line, encode_cltu(frame.encode(fecf=managed.tc_fecf), randomise=managed.cltu_randomise))

    def _received(self, patience_s: float) -> Iterator[Report]:
        if time.monotonic() - self.start_s > 10 * _PATIENCE_S:
            raise TimeoutError("the node says nothing")
        if not select.select([self._line], [], [], patience_s)[0]:
            return
        try:
            octets = os.read(self._line, 1 << 16)
        except OSError:
            return
        for frame in self._decoder.feed(octets):
            for channel, packet in self._receiver.feed(frame):
                if channel == "housekeeping":
                    yield read_report(TmPacket.decode(packet))
