"""The vital signs of this process and the computer under it (proc(5), getrusage(2), statvfs(3))."""

import os
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from hal.linux.gauges.thermal import Thermometer, ThrottleGauge
from hal.vitals import Vitals

SELF = Path("/proc/self")
_PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")
_Answer = TypeVar("_Answer")


class HostVitals:
    """`VitalSigns` of the calling process; `state` is the folder whose free room counts."""

    def __init__(
        self,
        state: Path,
        thermometer: Thermometer | None = None,
        throttle: ThrottleGauge | None = None,
        process: Path = SELF,
    ) -> None:
        self._state, self._process = state, process
        self._thermometer, self._throttle = thermometer or Thermometer(), throttle or ThrottleGauge()

    def read(self) -> Vitals:
        """A reading now."""
        return Vitals(
            cpu_s=_cpu_s(),
            load=_answer(lambda: os.getloadavg()[0]),
            resident_octets=_answer(lambda: int((self._process / "statm").read_text().split()[1]) * _PAGE_OCTETS),
            descriptors=_answer(lambda: sum(1 for _ in (self._process / "fd").iterdir()) - 1),  # one lists the folder
            free_octets=_answer(lambda: _free_octets(self._state)),
            heat_degc=self._thermometer.degc(),
            throttling=self._throttle.flags(),
        )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _free_octets(folder: Path) -> int:
    """What a process without privileges may still write there."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def _answer(question: Callable[[], _Answer]) -> _Answer | None:
    """The answer; None where the operating system gives none."""
    with suppress(OSError, ValueError, IndexError):
        return question()
    return None
