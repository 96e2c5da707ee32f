"""The power of a simulated computer: once it has failed, nothing that the computer does has any effect.

What cuts it by itself is a battery that falls and a computer that grows hot.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hal.sim.battery import ModelBattery
from hal.sim.vitals import ModelVitals
from rig.world.timeline import NEVER, SECOND

CUT_PERCENT, _ON_PERCENT, _FULL_PERCENT = 10.0, 15.0, 100.0
GAIN_PERCENT = 2.0
COOL_DEGC, _COLD_DEGC, TRIP_DEGC = 45.0, 60.0, 95.0
_COOLING_DEGC = 5.0


class PowerCut(BaseException):
    """The power has failed. It is no Exception, as KeyboardInterrupt is none.

    Every device raises it again and again, so that code which catches everything cannot go on.
    """


class Power:
    """On until `cut`, which calls `on_cut` once, at that moment."""

    def __init__(self, on_cut: Callable[[], None] = lambda: None) -> None:
        self.is_on = True
        self._on_cut = on_cut

    def cut(self) -> None:
        """Switch off for good."""
        if self.is_on:
            self._on_cut()
            self.is_on = False

    def check(self) -> None:
        """Raises PowerCut where the power has failed."""
        if not self.is_on:
            raise PowerCut


@dataclass
class Supply:
    """What feeds a computer and carries its heat away, a second at a time; while nothing ails it, it does nothing.

    `drain_percent`: what the battery loses in a second under load; without, it gains `GAIN_PERCENT`. `sun_degc`: what
    heats a computer that is on. It is cut off below `CUT_PERCENT` or above `TRIP_DEGC`, and switched on again where it
    is well: hysteresis, as that of the real device.
    """

    battery: ModelBattery
    vitals: ModelVitals
    drain_percent: float = 0.0
    sun_degc: float = 0.0
    due_ns: int = NEVER

    def ail(self, now_ns: int, *, drain_percent: float = 0.0, sun_degc: float = 0.0) -> None:
        """Begin to drain or to heat, or end it."""
        self.drain_percent, self.sun_degc = drain_percent, sun_degc
        self.due_ns = now_ns if self._ails else NEVER
        if not self._ails:
            self.battery.percent, self.vitals.heat_degc = _FULL_PERCENT, COOL_DEGC

    def step(self, now_ns: int, *, is_on: bool, is_loaded: bool) -> bool:
        """A second passes; returns whether the computer may be on."""
        self.due_ns = now_ns + SECOND
        if self.drain_percent:
            charge = (self.battery.percent or 0.0) + (-self.drain_percent if is_loaded else GAIN_PERCENT)
            self.battery.percent = min(_FULL_PERCENT, max(0.0, charge))
        if self.sun_degc:
            change_degc = self.sun_degc if is_on else -_COOLING_DEGC
            self.vitals.heat_degc = max(COOL_DEGC, (self.vitals.heat_degc or COOL_DEGC) + change_degc)
        charge, heat_degc = self.battery.percent or 0.0, self.vitals.heat_degc or COOL_DEGC
        if is_on:
            return charge >= CUT_PERCENT and heat_degc <= TRIP_DEGC
        return charge >= _ON_PERCENT and heat_degc <= _COLD_DEGC

    @property
    def _ails(self) -> bool:
        return bool(self.drain_percent or self.sun_degc)
