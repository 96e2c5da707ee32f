"""`make field-bugs`: faults as they happened to others in flight, planted one at a time, and who finds them here.

Each is a small change of the source in a copy of the tree below build/. Worlds of one seed after the other are flown
there until one does not hold, for MINUTES of processor time at most: no test knows of the bugs, only what a world asks
of every node finds them. It prints the seed that found each, `--page FILE` writes all as a page of the documentation,
and it fails where fewer than `FOUND_MIN` are found.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LINKED = "kernels", "hal", "link", "fsw", "ground", "rig", "skyrack", "tests", "examples", "docs", "pyproject.toml"
FOUND_MIN = 18
_INTRODUCTION = """\
# Field bugs

Bugs as they happened to others in flight, planted here one at a time, and the first [world](../explanation/worlds.md)
that did not hold: {found} of {bugs} were found. No world knows of them; each finds them by what it asks of every node.

{how} *Seconds* are those of the processor, from seed 0 on.

| what was planted | where | faults | seed | what did not hold | seconds |
|---|---|---|---|---|---|"""
_WIDE = "`make field-bugs` made this page: three nodes, and faults of all kinds, as each seed draws them."
_NARROW = """\
`make field-bugs ARGS=--narrow` made this page: one node, and only faults of the kinds by which the bug shows, as
`skyrack world --nodes 1 --seed SEED --kind KIND` flies them. Without `--narrow` each seed draws from all kinds for
three nodes, which takes tens of times as long."""


class FieldBug(NamedTuple):
    """In `file`, `right` becomes `wrong`. `kinds`: faults by which it shows, flown alone where the search is narrow."""

    name: str
    file: str
    right: str
    wrong: str
    kinds: tuple[str, ...]


class Search(NamedTuple):
    """`failure` is what did not hold in the world of `seed`, found after `cpu_s` of the processor; "": nothing."""

    failure: str
    seed: int
    cpu_s: float


BUGS = (
    FieldBug(
        "sequence counters begin anew after a restart",
        "fsw/comms/numbers.py",
        "self._next = dict(record.value.ends)",
        "self._next: dict[str, int] = {}",
        ("kill",),
    ),
    FieldBug(
        "a repeated command is executed again",
        "fsw/comms/request_memory.py",
        "is_new = key in self._fresh",
        "is_new = True",
        ("receiver upset",),
    ),
    FieldBug(
        "commands taken are stored after they were executed",
        "fsw/comms/request_memory.py",
        "if self._is_dirty or (self._farm.vr, self._is_locked) != (before.vr, before.is_locked):",
        "if (self._farm.vr, self._is_locked) == (before.vr, not before.is_locked):",
        ("mark cut", "command cut"),
    ),
    FieldBug(
        "the schedule is executed twice after a restart: what was released is not taken out of the stored one",
        "fsw/comms/services.py",
        "due = self.schedule.drain(utc_ns)\n        self._memory.keep(_SCHEDULE)",
        "due = self.schedule.drain(utc_ns)",
        ("mark cut",),
    ),
    FieldBug(
        "a job that failed is answered with success",
        "fsw/apps/imaging.py",
        "raise CommandError(FailureCode.EXECUTION_FAILED, outcome.failure)",
        "return",
        ("jobs die",),
    ),
    FieldBug(
        "a command that failed is answered with success",
        "fsw/comms/dispatch.py",
        "self._answer(failure(request.packet, stage, error.code, str(error)))",
        "self._succeed(request, ExecutionStage.COMPLETION)",
        ("camera blind",),
    ),
    FieldBug(
        "the timer of the beacon runs on the wall clock",
        "fsw/comms/telecom.py",
        "        now_ns = self._clock.monotonic_ns()\n        due =",
        "        now_ns = self._clock.utc_ns() - 1_767_225_600_000_000_000\n        due =",
        ("clock step",),
    ),
    FieldBug(
        "a flood of events is not throttled",
        "fsw/executive/executive.py",
        "if gate is Gate.OPEN:\n            self._bus.publish(record)",
        "if gate is not None:\n            self._bus.publish(record)",
        ("tenant shouts",),
    ),
    FieldBug(
        "a reboot storm at low battery: one threshold to leave and to enter safe mode",
        "fsw/modes/brown_out.py",
        "return min(self.leave + self.step * max(0, len(self.falls) - 1), max(self.leave, _LEAVE_MAX))",
        "return self.low",
        ("brown-out",),
    ),
    FieldBug(
        "a transfer that was held stays stuck when it is released",
        "fsw/apps/files.py",
        "self.entity.thaw(self.clock.monotonic_ns())",
        "pass",
        ("loss",),
    ),
    FieldBug(
        "transfers stay suspended after a loss of signal",
        "ground/station/station.py",
        "self._files.thaw(now)",
        "pass",
        ("cut",),
    ),
    FieldBug(
        "an update is armed before it was verified",
        "fsw/update/machine.py",
        'if known.phase is not SlotPhase.VERIFIED:\n            raise _refused(f"slot {slot.name} is '
        '{known.phase.name.lower()}: verify it first")\n        if not',
        "if known.phase is SlotPhase.VERIFIED and not",
        ("updates",),
    ),
    FieldBug(
        "stored state is believed without its checksum",
        "fsw/store/durable.py",
        "if crc32c(name.encode() + covered) != crc or len(covered) != _HEAD.size + length:",
        "if len(covered) != _HEAD.size + length:",
        ("command cut", "mark cut", "disk rots", "node off"),
    ),
    FieldBug(
        "stored state is not synced",
        "fsw/store/durable.py",
        "            self._medium.overwrite(path, octets)\n            self._medium.sync(path)",
        "            self._medium.overwrite(path, octets)",
        ("node off",),
    ),
    FieldBug(
        "a product is sent though a bit of it has flipped",
        "fsw/store/product_file.py",
        "return len(content) == product.octets and crc32c(content) == product.crc32c",
        "return len(content) == product.octets",
        ("disk rots", "cut"),
    ),
    FieldBug(
        "the mode is forgotten at a restart",
        "fsw/modes/machine.py",
        "self._record.store(KeptMode(mode, cause[:_CAUSE_CHARACTERS_MAX], (kept.changes + 1) % (1 << 32)))",
        "self._record.value = KeptMode(mode, cause[:_CAUSE_CHARACTERS_MAX], (kept.changes + 1) % (1 << 32))",
        ("kill",),
    ),
    FieldBug(
        "the receiver of commands forgets its number at a restart",
        "fsw/comms/request_memory.py",
        "farm.begin(record.value.vr, is_locked=record.value.is_locked or record.origin is not RecordOrigin.KEPT)",
        "farm.begin(0, is_locked=False)",
        ("command cut",),
    ),
    FieldBug(
        "lost command frames are not sent again",
        "link/cop1/fop.py",
        "self.deadline_ns = now_ns + self._t1_ms * MS_NS",
        "self.deadline_ns = None",
        ("loss",),
    ),
    FieldBug(
        "what an interrupted request contained counts as failed, though it may be on board",
        "ground/commands/book.py",
        'if getattr(report, "code", FailureCode.INTERRUPTED) is FailureCode.INTERRUPTED:',
        'if not hasattr(report, "code"):',
        ("command cut",),
    ),
    FieldBug(
        "records are lost while the archive cannot be written",
        "ground/archive/keeper.py",
        "            self._hold(items)\n",
        "",
        ("archive refuses",),
    ),
)


def planted(bug: FieldBug, place: Path) -> Path:
    """A copy of the tree with the bug in it; everything but the package that it is in are links."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    package = bug.file.partition("/")[0]
    for name in LINKED:
        if name != package:
            (place / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    path = place / bug.file
    path.write_text(changed(bug, path.read_text(encoding="utf-8")), encoding="utf-8")
    return place


def changed(bug: FieldBug, text: str) -> str:
    """The text of the file with the bug. Raises ValueError where it does not have the right line, or has it twice."""
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.file}: {bug.right!r} occurs {text.count(bug.right)} times, expected once")
    return text.replace(bug.right, bug.wrong)


def search(bug: FieldBug, minutes: float, *, is_narrow: bool) -> Search:
    """Plant the bug, and fly worlds with it in a process of its own."""
    kinds = [f"--kind={kind}" for kind in bug.kinds if is_narrow]
    place = planted(bug, ROOT / "build" / "field-bugs" / "tree")
    limit_s = int(60 * minutes) + 60
    run = subprocess.run(
        [sys.executable, "-m", "tests.field_bugs", "--fly", str(minutes), *kinds],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode == -signal.SIGXCPU:  # an endless loop is found by that
        return Search("a world does not end", -1, limit_s)
    run.check_returncode()
    return Search(*json.loads(run.stdout.splitlines()[-1]))


def fly(minutes: float, kinds: Sequence[str]) -> Search:
    """Fly seed after seed, for so many minutes of the processor, until a world does not hold.

    With `kinds`, one node and these faults only: the same bug shows in a tenth of the time.
    """
    from rig.world.campaign.shrinking import failure_of
    from rig.world.faults import KINDS
    from rig.world.schedule import NODES, SECONDS, schedule_of

    kinds = [kind for kind in kinds if kind in KINDS]
    seed = 0
    while time.process_time() < 60 * minutes:
        if failure := failure_of(schedule_of(seed, SECONDS, 1 if kinds else NODES, kinds)):
            return Search(failure, seed, round(time.process_time(), 1))
        seed += 1
    return Search("", seed, round(time.process_time(), 1))


def page(found: Mapping[FieldBug, Search], minutes: float, *, is_narrow: bool) -> str:
    """The table of what was searched for."""
    how = _NARROW if is_narrow else _WIDE
    lines = [_INTRODUCTION.format(found=sum(bool(one.failure) for one in found.values()), bugs=len(found), how=how)]
    for bug, one in found.items():
        told = f"{one.seed} | {one.failure}" if one.failure else f"— | not found in {minutes:g} min"
        kinds = ", ".join(bug.kinds) if is_narrow else "all"
        lines.append(f"| {bug.name} | `{bug.file}` | {kinds} | {told} | {one.cpu_s:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.field_bugs")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the processor, for each bug")
    parser.add_argument("--only", default="", help="bugs whose names contain this")
    parser.add_argument("--page", type=Path, help="where the table is written to")
    parser.add_argument("--narrow", action="store_true", help="one node, and only faults by which the bug shows")
    parser.add_argument("--kind", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--fly", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fly:
        print(json.dumps(fly(given.fly, given.kind)))
        return 0
    found = dict[FieldBug, Search]()
    for bug in (bug for bug in BUGS if given.only in bug.name):
        one = found[bug] = search(bug, given.minutes, is_narrow=given.narrow)
        told = f"seed {one.seed}: {one.failure}" if one.failure else bug.file
        print(f"{'found' if one.failure else 'NOT FOUND'} in {one.cpu_s:.0f} s: {bug.name}\n    {told}", flush=True)
    missed = sum(not one.failure for one in found.values())
    print(f"{len(found) - missed} of {len(found)} found")
    if given.page and not given.only:
        given.page.write_text(page(found, given.minutes, is_narrow=given.narrow), encoding="utf-8")
    return 0 if missed <= len(BUGS) - FOUND_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
