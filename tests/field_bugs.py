"""`make field-bugs`: faults as they happened to others in flight, planted one at a time, and who finds them here.

Each is a small change of the source in a copy of the tree below build/. Worlds of one seed after the other are flown
there until one does not hold, for MINUTES of processor time at most; bugs of what no world flies have a story, a test
that is run instead. It prints what found each, and fails where fewer than `FOUND_MIN` are found.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LINKED = "kernels", "hal", "link", "fsw", "ground", "rig", "skyrack", "tests", "examples", "docs", "pyproject.toml"
FOUND_MIN = 18
_FOUND = "found by "


class FieldBug(NamedTuple):
    """In `file`, `right` becomes `wrong`. `story`: the test that finds it; without one, worlds do."""

    name: str
    file: str
    right: str
    wrong: str
    story: str = ""


BUGS = (
    FieldBug(
        "sequence counters begin anew after a restart",
        "fsw/comms/numbers.py",
        "self._next = dict(record.value.ends)",
        "self._next: dict[str, int] = {}",
    ),
    FieldBug(
        "a repeated command is executed again",
        "fsw/comms/request_memory.py",
        "is_new = key in self._fresh",
        "is_new = True",
        "tests/rig/world/test_scenarios.py",
    ),
    FieldBug(
        "commands taken are stored after they were executed",
        "fsw/comms/request_memory.py",
        "if self._is_dirty or (self._farm.vr, self._is_locked) != (before.vr, before.is_locked):",
        "if (self._farm.vr, self._is_locked) == (before.vr, not before.is_locked):",
        "tests/rig/world/test_scenarios.py",
    ),
    FieldBug(
        "the schedule is executed twice after a restart: what was released is not taken out of the stored one",
        "fsw/comms/services.py",
        "due = self.schedule.drain(utc_ns)\n        self._memory.keep(_SCHEDULE)",
        "due = self.schedule.drain(utc_ns)",
    ),
    FieldBug(
        "a job that failed is answered with success",
        "fsw/apps/imaging.py",
        "raise CommandError(FailureCode.EXECUTION_FAILED, outcome.failure)",
        "return",
    ),
    FieldBug(
        "a command that failed is answered with success",
        "fsw/comms/dispatch.py",
        "self._answer(failure(request.packet, stage, error.code, str(error)))",
        "self._succeed(request, ExecutionStage.COMPLETION)",
    ),
    FieldBug(
        "the timer of the beacon runs on the wall clock",
        "fsw/comms/telecom.py",
        "        now_ns = self._clock.monotonic_ns()\n        due =",
        "        now_ns = self._clock.utc_ns() - 1_767_225_600_000_000_000\n        due =",
    ),
    FieldBug(
        "a flood of events is not throttled",
        "fsw/executive/executive.py",
        "if gate is Gate.OPEN:\n            self._bus.publish(record)",
        "if gate is not None:\n            self._bus.publish(record)",
        "tests/fsw/executive/test_throttle.py tests/fsw/executive/test_executive.py",
    ),
    FieldBug(
        "a reboot storm at low battery: one threshold to leave and to enter safe mode",
        "fsw/modes/brown_out.py",
        "return min(self.leave + self.step * max(0, len(self.falls) - 1), max(self.leave, _LEAVE_MAX))",
        "return self.low",
        "tests/rig/world/test_modes.py",
    ),
    FieldBug(
        "a transfer that was held stays stuck when it is released",
        "fsw/apps/files.py",
        "self.entity.thaw(self.clock.monotonic_ns())",
        "pass",
    ),
    FieldBug(
        "transfers stay suspended after a loss of signal",
        "ground/station/station.py",
        "self._files.thaw(now)",
        "pass",
    ),
    FieldBug(
        "an update is armed before it was verified",
        "fsw/update/machine.py",
        'if known.phase is not SlotPhase.VERIFIED:\n            raise _refused(f"slot {slot.name} is {known.phase',
        'if known.phase is None:\n            raise _refused(f"slot {slot.name} is {known.phase',
        "tests/fsw/update/test_machine.py tests/fsw/update/test_explored.py",
    ),
    FieldBug(
        "stored state is believed without its checksum",
        "fsw/store/durable.py",
        "if crc32c(name.encode() + covered) != crc or len(covered) != _HEAD.size + length:",
        "if len(covered) != _HEAD.size + length:",
    ),
    FieldBug(
        "stored state is not synced",
        "fsw/store/durable.py",
        "            self._medium.overwrite(path, octets)\n            self._medium.sync(path)",
        "            self._medium.overwrite(path, octets)",
    ),
    FieldBug(
        "a product is sent though a bit of it has flipped",
        "fsw/store/product_file.py",
        "return len(content) == product.octets and crc32c(content) == product.crc32c",
        "return len(content) == product.octets",
    ),
    FieldBug(
        "the mode is forgotten at a restart",
        "fsw/modes/machine.py",
        "self._record.store(KeptMode(mode, cause[:_CAUSE_CHARACTERS_MAX], (kept.changes + 1) % (1 << 32)))",
        "self._record.value = KeptMode(mode, cause[:_CAUSE_CHARACTERS_MAX], (kept.changes + 1) % (1 << 32))",
        "tests/rig/world/test_modes.py",
    ),
    FieldBug(
        "the receiver of commands forgets its number at a restart",
        "fsw/comms/request_memory.py",
        "farm.begin(record.value.vr, is_locked=record.value.is_locked or record.origin is not RecordOrigin.KEPT)",
        "farm.begin(0, is_locked=False)",
    ),
    FieldBug(
        "lost command frames are not sent again",
        "link/cop1/fop.py",
        "self.deadline_ns = now_ns + self._t1_ms * MS_NS",
        "self.deadline_ns = None",
    ),
    FieldBug(
        "what an interrupted request contained counts as failed, though it may be on board",
        "ground/commands/book.py",
        'if getattr(report, "code", None) is FailureCode.INTERRUPTED:',
        'if getattr(report, "code", None) is None and not report:',
    ),
    FieldBug(
        "records are lost while the archive cannot be written",
        "ground/archive/keeper.py",
        "            self._hold(items)\n",
        "",
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


def found_by(bug: FieldBug, minutes: float) -> str:
    """What found the bug, in words; "" where nothing did."""
    place = planted(bug, ROOT / "build" / "field-bugs" / "tree")
    command = [sys.executable, "-m", "tests.field_bugs", "--fly", str(minutes)]
    if bug.story:
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *bug.story.split()]
    limit_s = int(60 * minutes) + 60
    run = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s)),
        capture_output=True,
        text=True,
        check=False,
    )
    if bug.story:
        failed = [line.partition(" - ")[0] for line in run.stdout.splitlines() if line.startswith("FAILED ")]
        return failed[0].removeprefix("FAILED ") if run.returncode == 1 and failed else ""
    return next((line.removeprefix(_FOUND) for line in run.stdout.splitlines() if line.startswith(_FOUND)), "")


def fly(minutes: float) -> Iterator[str]:
    """Fly seed after seed, for so many minutes of the processor; yields what found the bug."""
    from rig.world.campaign.shrinking import failure_of
    from rig.world.schedule import schedule_of

    seed = 0
    while time.process_time() < 60 * minutes:
        try:
            failure = failure_of(schedule_of(seed))
        except Exception as error:  # whatever a bug makes of the node, it is found by it
            failure = f"{type(error).__name__}: {error}"
        if failure:
            yield f"seed {seed} after {time.process_time():.0f} s of the processor: {failure}"
            return
        seed += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.field_bugs")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the processor, for each bug")
    parser.add_argument("--only", default="", help="bugs whose names contain this")
    parser.add_argument("--fly", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fly:
        for sentence in fly(given.fly):
            print(_FOUND + sentence)
        return 0
    tried = [bug for bug in BUGS if given.only in bug.name]
    found = 0
    for bug in tried:
        what = found_by(bug, given.minutes)
        found += bool(what)
        print(f"{'found' if what else 'NOT FOUND'}: {bug.name}\n    {what or bug.file}", flush=True)
    print(f"{found} of {len(tried)} found")
    return 0 if found >= FOUND_MIN - (len(BUGS) - len(tried)) else 1


if __name__ == "__main__":
    sys.exit(main())
