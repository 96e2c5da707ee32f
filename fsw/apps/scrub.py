"""Scrubbing: memory that never changes in flight is read again and again; what changed all the same is reported.

A particle that hits a memory cell turns a bit over. What can be repaired is, and is read again at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fsw.executive.app import App, AppReport
from fsw.scrub.areas import AREA_OCTETS_AT_ONCE, WatchedArea
from kernels.coding.crc import crc32c
from link.dictionary import Event, Int8ub, Int16ub, Int32ub, Telemetry, command, parameter, wire

_REASON_CHARACTERS_MAX = 60
_CHANGED = "changed"


class ScrubStatus(Telemetry, id=0x10):
    """The memory that is checked again and again: reported after each pass, and after each finding."""

    areas: int = wire(Int8ub, text="areas of memory that are checked")
    octets: int = wire(Int32ub, unit="octets", text="of all areas")
    passes: int = wire(Int32ub, text="how often all areas were checked")
    troubled: int = wire(Int8ub, limits=(0, 0), text="areas that have changed, or cannot be read")
    changes: int = wire(Int16ub, text="how often an area was found changed")
    repairs: int = wire(Int16ub, text="how often an area was found as it was loaded again")


class AreaListed(Telemetry, id=0x11):
    """A memory that is checked, as `list_areas` finds it; service 6 dumps it by its number."""

    memory: int = wire(Int16ub)
    name: str = wire()
    octets: int = wire(Int32ub, unit="octets")
    checksum: int = wire(Int32ub, text="CRC-32C when it was loaded; 0 where it could not be read")
    is_sound: bool = wire()


class AreaChanged(Event, id=0x90, severity="high"):
    """Memory {memory}, {name}, is not as it was loaded: CRC-32C {found}, expected {expected}."""

    memory: int = wire(Int16ub)
    name: str = wire()
    found: int = wire(Int32ub)
    expected: int = wire(Int32ub)


class AreaUnreadable(Event, id=0x91, severity="medium"):
    """Memory {memory}, {name}, cannot be checked: {reason}."""

    memory: int = wire(Int16ub)
    name: str = wire()
    reason: str = wire()


class AreaSound(Event, id=0x92, severity="info"):
    """Memory {memory}, {name}, is as it was loaded again."""

    memory: int = wire(Int16ub)
    name: str = wire()


@dataclass(slots=True)
class _Watch:
    """An area, its CRC when it was loaded (None: not known yet), and what is wrong with it."""

    area: WatchedArea
    expected: int | None
    trouble: str = ""


@dataclass
class Scrub(App, period_ms=1000, budget_ms=20):
    """Checks `areas` in turn, so many octets a second; no area is changed but by its own repair."""

    areas: Sequence[WatchedArea]
    octets: int = parameter(
        Int32ub, id=0x90, default=1 << 16, range=(0, 1 << 20), text="octets that are checked each second; 0: none"
    )
    _watches: list[_Watch] = field(default_factory=list)
    _turn: int = 0
    _address: int = 0
    _crc: int = 0
    _passes: int = 0
    _changes: int = 0
    _repairs: int = 0

    def __post_init__(self) -> None:
        self._watches = [_Watch(area, area.expected) for area in self.areas]

    @command(opcode=0x90)
    def list_areas(self) -> Iterator[AppReport]:
        """List the memories that are checked, with their numbers."""
        for watch in self._watches:
            yield AreaListed(
                memory=watch.area.number,
                name=watch.area.name,
                octets=watch.area.memory.size,
                checksum=watch.expected or 0,
                is_sound=not watch.trouble,
            )

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Check the next octets; a step ends with the last area at the latest."""
        left, passes = self.octets, self._passes
        while left and self._watches and self._passes == passes:
            watch = self._watches[self._turn]
            size = min(left, AREA_OCTETS_AT_ONCE, watch.area.memory.size - self._address)
            left -= size
            yield from self._check(watch, size)

    @property
    def status(self) -> ScrubStatus:
        """How the memory is."""
        return ScrubStatus(
            areas=len(self._watches),
            octets=sum(watch.area.memory.size for watch in self._watches),
            passes=self._passes % (1 << 32),
            troubled=sum(bool(watch.trouble) for watch in self._watches),
            changes=min(self._changes, 0xFFFF),
            repairs=min(self._repairs, 0xFFFF),
        )

    def _check(self, watch: _Watch, size: int) -> Iterator[AppReport]:
        area = watch.area
        try:
            self._crc = crc32c(area.memory.read(self._address, size), self._crc)
        except OSError as error:
            yield from self._unreadable(watch, (error.strerror or str(error))[:_REASON_CHARACTERS_MAX])
            return
        self._address += size
        if self._address < area.memory.size:
            return
        found, watch.expected = self._crc, self._crc if watch.expected is None else watch.expected
        if found == watch.expected:
            yield from self._sound(watch)
        else:
            yield from self._changed(watch, found, watch.expected)

    def _sound(self, watch: _Watch) -> Iterator[AppReport]:
        was_troubled, watch.trouble = bool(watch.trouble), ""
        if was_troubled:
            self._repairs += 1
            yield AreaSound(memory=watch.area.number, name=watch.area.name)
        yield from self._next(is_finding=was_troubled)

    def _changed(self, watch: _Watch, found: int, expected: int) -> Iterator[AppReport]:
        """Report a change once; the first time the area is repaired, if it can be, and its turn begins again."""
        if watch.trouble == _CHANGED:
            yield from self._next()
            return
        watch.trouble = _CHANGED
        self._changes += 1
        yield AreaChanged(memory=watch.area.number, name=watch.area.name, found=found, expected=expected)
        if watch.area.repair is None:
            yield from self._next(is_finding=True)
            return
        self._address = self._crc = 0
        watch.area.repair()

    def _unreadable(self, watch: _Watch, reason: str) -> Iterator[AppReport]:
        is_news, watch.trouble = watch.trouble != reason, reason
        if is_news:
            yield AreaUnreadable(memory=watch.area.number, name=watch.area.name, reason=reason)
        yield from self._next(is_finding=is_news)

    def _next(self, *, is_finding: bool = False) -> Iterator[AppReport]:
        self._address = self._crc = 0
        self._turn = (self._turn + 1) % len(self._watches)
        if not self._turn:
            self._passes += 1
        if is_finding or not self._turn:
            yield self.status
