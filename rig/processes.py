"""A node, a cable and a ground station on one desk: three processes, started, watched and ended together."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from fsw.jobs.kin import die_with_parent

ENDING_S = 5.0  # the time that a process gets to end in order


class DeskError(Exception):
    """A process of the desk did not start, or ended too early; the text says why."""


class Process:
    """One `skyrack` command in a process of its own; its output goes to a log, whose last line says why it ended."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, *, stdin: int | None = subprocess.DEVNULL
    ) -> None:
        self.name, self._log = name, log
        with log.open("wb") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "skyrack.cli", *arguments],
                stdin=stdin,
                stdout=subprocess.PIPE if stdin == subprocess.PIPE else words,
                stderr=words,
                text=True,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),  # a node must not fly on after its rig is killed
            )

    @property
    def orders(self) -> IO[str]:
        """Its stdin, where it has one."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def answers(self) -> IO[str]:
        """Its stdout, where that is not in the log."""
        assert self._process.stdout is not None
        return self._process.stdout

    def check(self) -> None:
        """Raises DeskError if it has ended."""
        code = self._process.poll()
        if code is not None:
            raise DeskError(f"{self.name} ended with code {code}: {self.last_words()}")

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def end(self) -> None:
        """Ask the process to end, and kill it if it does not."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.terminate()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Cable:
    """The simulated cable of a desk: `ports` by end, and orders to it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        line = process.answers.readline()
        if not line:
            raise DeskError(f"the cable did not start: {process.last_words()}")
        self.ports: dict[str, str] = json.loads(line)

    def cut(self, seconds: float) -> None:
        """Stop both directions for `seconds` from now on."""
        print(f"cut {seconds}", file=self._process.orders, flush=True)

    def stats(self) -> dict[str, int]:
        """Counters: octets carried and lost, bits flipped."""
        print("stats", file=self._process.orders, flush=True)
        counters: dict[str, int] = json.loads(self._process.answers.readline())
        return counters


class Desk:
    """All processes of a desk; `check` finds one that has ended."""

    def __init__(self, cable: Cable, processes: Sequence[Process], socket: Path) -> None:
        self.cable, self.socket, self._processes = cable, socket, processes

    def check(self) -> None:
        """Raises DeskError for the first process that has ended."""
        for process in self._processes:
            process.check()


@contextlib.contextmanager
def laid_out(
    mission: Path, dictionary: bytes, out: Path, *, baud: int, noise: float, seed: str, recording: Path | None = None
) -> Iterator[Desk]:
    """Start a cable, a node that flies `mission` and a ground service with its `dictionary`; end them on exit.

    `recording` is the new file in which the flight is recorded for `skyrack replay`, if it is. Dictionary,
    logs, the node's state and the ground's output are kept in `out`. Raises DeskError.
    """
    socket, known = out / "ground.sock", out / "dictionary.json"
    known.write_bytes(dictionary)
    with contextlib.ExitStack() as started:

        def start(name: str, *arguments: str, stdin: int = subprocess.DEVNULL) -> Process:
            process = Process(name, arguments, out / f"{name}.log", stdin=stdin)
            started.callback(process.end)
            return process

        wire = ("--baud", str(baud), "--noise", str(noise), "--seed", seed)
        line = start("cable", "cable", *wire, stdin=subprocess.PIPE)
        cable = Cable(line)
        record = ("--record", str(recording)) if recording else ()
        node = start("node", "node", str(mission), "--port", cable.ports["node"], "--state", str(out / "node"), *record)
        ground = start(
            "ground", "ground", "serve", "--port", cable.ports["ground"], "--dictionary", str(known),
            "--out", str(out / "ground"), "--socket", str(socket),
        )  # fmt: skip
        yield Desk(cable, (line, node, ground), socket)
