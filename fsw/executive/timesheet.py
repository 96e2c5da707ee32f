"""What held the processor: sections of the loop, which may be nested, and the host in between."""

from collections import Counter
from dataclasses import dataclass, field

HOST_CULPRIT = "host"
"""Names the time outside of sections: the operating system ran other processes, or woke the node late."""


@dataclass(slots=True)
class Section:
    """One run of a named piece of code, inside section `outer` if any; `error` is the sentence of its failure."""

    name: str
    start_ns: int = 0
    end_ns: int = 0
    outer: "Section | None" = None
    error: str = ""


@dataclass
class Timesheet:
    """The sections that ended of late: those that ended before the time that `forget` was given are not kept."""

    _ended: list[Section] = field(default_factory=list)
    _open: Section | None = None
    _since_ns: int = 0

    def begin(self, section: Section, now_ns: int) -> None:
        """Open the section, inside the one that is open."""
        section.start_ns, section.outer, self._open = now_ns, self._open, section

    def end(self, section: Section, now_ns: int) -> None:
        """Close the section."""
        self._open, section.end_ns = section.outer, now_ns
        if now_ns > self._since_ns:
            self._ended.append(section)

    @property
    def is_open(self) -> bool:
        """Whether a section is running."""
        return self._open is not None

    def culprit(self, since_ns: int, now_ns: int) -> str:
        """The name that held the processor longest since then; an inner section's time is not that of the outer one."""
        held = Counter({HOST_CULPRIT: now_ns - since_ns})
        for section in self._ended:
            overlap_ns = max(0, min(section.end_ns, now_ns) - max(section.start_ns, since_ns))
            held[section.name] += overlap_ns
            held[section.outer.name if section.outer else HOST_CULPRIT] -= overlap_ns
        return max(held, key=lambda name: held[name])

    def forget(self, before_ns: int) -> None:
        """Keep no section that ended or will end at `before_ns` or earlier: nobody will ask about it."""
        self._since_ns = before_ns
        if self._ended:
            self._ended = [section for section in self._ended if section.end_ns > before_ns]
