"""What held the processor: sections of the loop, which may be nested, and the host in between."""

from collections import Counter
from dataclasses import dataclass, field

HOST_CULPRIT = "host"
"""Names the time outside of sections: the operating system ran other processes, or woke the node late."""


@dataclass(slots=True)
class Section:
    """One run of a named piece of code, inside section `outer` if any; `error` is the sentence of its failure."""

    name: str
    start_ns: int
    outer: "Section | None" = None
    end_ns: int = 0
    error: str = ""


@dataclass
class Timesheet:
    """The sections that ended of late; `forget` drops those that ended before a given time."""

    _ended: list[Section] = field(default_factory=list)
    _open: Section | None = None

    def begin(self, name: str, now_ns: int) -> Section:
        """Open a section, inside the one that is open."""
        self._open = Section(name, now_ns, self._open)
        return self._open

    def end(self, section: Section, now_ns: int) -> None:
        """Close the section."""
        self._open, section.end_ns = section.outer, now_ns
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
        """Drop the sections that ended before `before_ns`."""
        self._ended = [section for section in self._ended if section.end_ns > before_ns]
