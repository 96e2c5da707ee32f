"""Who held the processor: sections of the loop, which may stand inside one another, and the host in between."""

from collections import Counter
from dataclasses import dataclass, field

HOST = "host"
"""Nobody of ours ran: the operating system gave the processor to others, or woke us late."""


@dataclass(slots=True)
class Section:
    """Who ran from when to when, inside which other section; `error` says in a sentence how it failed."""

    name: str
    start_ns: int
    outer: "Section | None" = None
    end_ns: int = 0
    error: str = ""


@dataclass
class Timesheet:
    """The sections that ended lately; `forget` is called with the time before which nobody will ask."""

    _ended: list[Section] = field(default_factory=list)
    _open: Section | None = None

    def begin(self, name: str, now_ns: int) -> Section:
        """A section, inside the one that is open."""
        self._open = Section(name, now_ns, self._open)
        return self._open

    def end(self, section: Section, now_ns: int) -> None:
        """It is over."""
        self._open, section.end_ns = section.outer, now_ns
        self._ended.append(section)

    @property
    def is_open(self) -> bool:
        """Whether a section is running."""
        return self._open is not None

    def culprit(self, since_ns: int, now_ns: int) -> str:
        """Who held the processor longest since then. What runs inside a section is not the time of that section."""
        held = Counter({HOST: now_ns - since_ns})
        for section in self._ended:
            overlap_ns = max(0, min(section.end_ns, now_ns) - max(section.start_ns, since_ns))
            held[section.name] += overlap_ns
            held[section.outer.name if section.outer else HOST] -= overlap_ns
        return max(held, key=lambda name: held[name])

    def forget(self, before_ns: int) -> None:
        """Nobody will ask about the time before."""
        self._ended = [section for section in self._ended if section.end_ns > before_ns]
