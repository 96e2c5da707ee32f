"""Dwell: single parameters, sampled as often as the ground wants for a while. A restart ends it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from fsw.executive.app import App, AppReport, CommandError
from fsw.pus.parameters import Parameters
from hal.clock import Clock
from kernels.usage import did_you_mean
from link.dictionary import Event, Float64b, Int16ub, Int32ub, Telemetry, Text, Time, command, wire
from link.dictionary.kinds import Counted
from link.pus.services.verification import FailureCode, RefusedError

_WATCHES_MAX = 8
_SAMPLES_A_SECOND_MAX = 100  # of all watches together: what an app may send is limited
_PERIOD_MS_MAX, _SAMPLES_MAX = 3_600_000, 1_000_000
_REASON_CHARACTERS_MAX = 60
_NAME_CHARACTERS_MAX = 60
_MS = 1_000_000


class DwellSample(Telemetry, id=0x18):
    """One value of a parameter that is watched, or was asked for."""

    parameter: int = wire(Int16ub)
    number: int = wire(Int32ub, text="of this sample since the watch began, from 0; a gap is a sample that was missed")
    value: float = wire(Float64b, text="a label as the number it stands for")
    taken: int = wire(Time(), text="when it was read")


class DwellEnded(Event, id=0x98):
    """{parameter} is no longer watched, after {samples} samples: {reason}."""

    parameter: str = wire()
    samples: int = wire(Int32ub)
    reason: str = wire()


_Name = Annotated[str, wire(Text(Counted(8)), text="a parameter's name, as NodeStatus.loop_load")]
_Period = Annotated[int, wire(Int32ub, unit="ms", range=(10, _PERIOD_MS_MAX))]
_Samples = Annotated[int, wire(Int32ub, range=(1, _SAMPLES_MAX), text="after so many the watch ends")]


@dataclass(slots=True)
class _Dwelling:
    """A parameter that is watched: sample n is due at `start_ns` + n x `period_ns`."""

    number: int
    start_ns: int
    period_ns: int
    samples: int
    next: int = 0
    taken: int = 0

    @property
    def due_ns(self) -> int:
        return self.start_ns + self.next * self.period_ns


@dataclass
class Dwell(App, period_ms=10_000, budget_ms=10):
    """Samples parameters by name: at most eight at a time, and a hundred samples a second."""

    parameters: Parameters
    clock: Clock
    _watched: dict[str, _Dwelling] = field(default_factory=dict)

    @command(opcode=0x98)
    def watch(self, parameter: _Name, period_ms: _Period, samples: _Samples) -> None:
        """Sample a parameter so often, beginning now; a watch of it that is under way ends."""
        number = self._number(parameter)
        self.parameters.number(number)
        others = [one for name, one in self._watched.items() if name != parameter]
        if len(others) >= _WATCHES_MAX:
            raise CommandError(FailureCode.NOT_NOW, f"{_WATCHES_MAX} parameters are watched, no more can be")
        if sum(1000 * _MS / one.period_ns for one in others) + 1000 / period_ms > _SAMPLES_A_SECOND_MAX:
            raise CommandError(FailureCode.NOT_NOW, f"more than {_SAMPLES_A_SECOND_MAX} samples a second")
        self._watched[parameter] = _Dwelling(number, self.clock.monotonic_ns(), period_ms * _MS, samples)

    @command(opcode=0x99)
    def stop(self, parameter: _Name) -> Iterator[AppReport]:
        """End the watch of a parameter."""
        if parameter not in self._watched:
            raise ValueError(f"{parameter[:_NAME_CHARACTERS_MAX]} is not watched")
        yield self._ended(parameter, "as was asked")

    @command(opcode=0x9A)
    def peek(self, parameter: _Name) -> Iterator[AppReport]:
        """Report the value that a parameter has now."""
        number = self._number(parameter)
        yield self._sample(number, 0)

    @property
    def due_ns(self) -> int | None:
        """When the next sample is due; None while nothing is watched."""
        return min([one.due_ns for one in self._watched.values()]) if self._watched else None

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Take the samples that are due; those whose time has passed altogether are left out."""
        for name, one in list(self._watched.items()):
            if one.due_ns > now_ns:
                continue
            number = (now_ns - one.start_ns) // one.period_ns
            one.next, one.taken = number + 1, one.taken + 1
            try:
                yield self._sample(one.number, number)
            except RefusedError as error:
                yield self._ended(name, str(error))
                continue
            if one.taken >= one.samples:
                yield self._ended(name, "all samples were taken")

    def _number(self, name: str) -> int:
        entries = self.parameters.table.entries.values()
        for entry in entries:
            if entry.name == name:
                return entry.id
        near = did_you_mean(name, [entry.name for entry in entries])
        raise ValueError(f"no parameter is called {name[:_NAME_CHARACTERS_MAX]}{near}")

    def _sample(self, parameter: int, number: int) -> DwellSample:
        value = self.parameters.number(parameter)
        return DwellSample(parameter=parameter, number=number, value=value, taken=self.clock.utc_ns())

    def _ended(self, name: str, reason: str) -> DwellEnded:
        one = self._watched.pop(name)
        return DwellEnded(parameter=name, samples=one.taken, reason=reason[:_REASON_CHARACTERS_MAX])
