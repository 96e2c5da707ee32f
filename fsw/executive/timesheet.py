"""What held the processor: sections of the loop, which may be nested, and the host in between."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

HOST_CULPRIT = "host"
"""Names the time outside of sections: the operating system ran other processes, or woke the node late."""


class Held(NamedTuple):
    """A named piece of code that ran, inside the one called `outer`; "": inside none."""

    name: str
    start_ns: int
    end_ns: int
    outer: str


@dataclass(slots=True)
class Timesheet:
    """The sections that ended of late: those that ended before the time that `forget` was given are not kept.

    `open` names the section that is running, "" where none is. Who runs one sets it, and `end` sets it back.
    """

    open: str = ""
    _ended: list[Held] = field(default_factory=list)
    _since_ns: int = 0

    def end(self, name: str, start_ns: int, end_ns: int, outer: str) -> None:
        """Note that a section ended; `outer` was open when it began, and is again."""
        self.open = outer
        if end_ns > self._since_ns:
            self._ended.append(Held(name, start_ns, end_ns, outer))

    def culprit(self, since_ns: int, now_ns: int) -> str:
        """The name that held the processor longest since then; an inner section's time is not that of the outer one."""
        held = Counter({HOST_CULPRIT: now_ns - since_ns})
        for name, start_ns, end_ns, outer in self._ended:
            overlap_ns = max(0, min(end_ns, now_ns) - max(start_ns, since_ns))
            held[name] += overlap_ns
            held[outer or HOST_CULPRIT] -= overlap_ns
        return max(held, key=lambda name: held[name])

    def forget(self, before_ns: int) -> None:
        """Keep no section that ended or will end at `before_ns` or earlier: nobody will ask about it."""
        self._since_ns = before_ns
        if self._ended:
            self._ended = [section for section in self._ended if section.end_ns > before_ns]
