"""Processes and those who come from them: who is whose child, and how a whole family ends.

A process that adopts orphans (PR_SET_CHILD_SUBREAPER, prctl(2)) becomes the parent of all below it whose own parents
ended, however they were forked and whatever session they are in. So nobody below it can slip away.
"""

import ctypes
import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522
_KEPT_CAPABILITIES = 0xF  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: whose files may be read


def adopt_orphans() -> None:
    """From now on orphans below this process are its children."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """The kernel sends this process the signal `number` when its parent ends from now on."""
    _prctl(_PR_SET_PDEATHSIG, number)


def renounce_privileges() -> None:
    """Of root's powers keep those over files: none that lifts a limit, nor that governs other processes."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    head, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _checked(_LIBC.capget(head, sets))
    _checked(_LIBC.capset(head, (ctypes.c_uint32 * 6)(*(octets & _KEPT_CAPABILITIES for octets in sets[:3]))))


def children(process: int) -> list[int]:
    """Those alive or not yet waited for; none of a process that is gone."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - thrice as fast, once a job
            with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:  # noqa: PTH123
                found += map(int, file.read().split())
        return found
    return _by_parent(process)


def end_children(spared: Collection[int] = ()) -> float:
    """End and wait for all children of this process but those `spared`; the seconds of processor that they took.

    Children of those that end become children of this process, if it adopts orphans, and end as well.
    """
    cpu_s = 0.0
    while ending := [child for child in children(os.getpid()) if child not in spared]:
        for child in ending:
            os.kill(child, signal.SIGKILL)
            cpu_s += wait_for(child)[1]
    return cpu_s


def wait_for(child: int) -> tuple[int, float]:
    """Its status, minus the number of the signal that ended it, and the seconds of processor that it took."""
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def end_family(process: int) -> None:
    """End `process` and all who come from it, though they be stopped; what they fork meanwhile may slip away."""
    for one in [*_descendants(process), process]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _descendants(process: int) -> Iterator[int]:
    for child in children(process):
        yield child
        yield from _descendants(child)


def _by_parent(process: int) -> list[int]:
    """For kernels without CONFIG_PROC_CHILDREN: the fourth field of each /proc/PID/stat, proc(5), is the parent."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(entry.name))
    return found


def _prctl(what: int, value: int) -> None:
    _checked(_LIBC.prctl(what, value, 0, 0, 0))


def _checked(status: int) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
