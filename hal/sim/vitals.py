"""The vital signs of a simulated board, whose heat somebody sets."""

from dataclasses import dataclass, replace

from hal.clock import Clock
from hal.vitals import Throttling, Vitals

_MODELLED = Vitals(load=0.5, resident_octets=40 << 20, descriptors=24, free_octets=1 << 30)
TRIPPED_DEGC = 95.0


@dataclass(slots=True)
class ModelVitals:
    """`VitalSigns` of a process that uses `cpu_share` of a core; `heat_degc` None: it cannot be measured.

    `vitals` are the other readings. From `slowed_degc` on the board slows itself down, as real ones do.
    """

    clock: Clock
    heat_degc: float | None = 45.0
    cpu_share: float = 0.02
    slowed_degc: float = 85.0
    vitals: Vitals = _MODELLED
    _calm_degc: float | None = None
    _is_tripped: bool = False

    def trip(self, degc: float = TRIPPED_DEGC) -> None:
        """A thermal trip: the board has `degc` until it is cooled."""
        if not self._is_tripped:
            self._calm_degc, self._is_tripped = self.heat_degc, True
        self.heat_degc = degc

    def cool(self) -> None:
        """End the trip: the board is as warm as before it."""
        if self._is_tripped:
            self.heat_degc, self._is_tripped = self._calm_degc, False

    def read(self) -> Vitals:
        """What was set, and the modelled processor time."""
        degc = self.heat_degc
        throttling = None if degc is None else Throttling.SLOWED if degc >= self.slowed_degc else Throttling(0)
        cpu_s = self.cpu_share * self.clock.monotonic_ns() / 1e9
        return replace(self.vitals, cpu_s=cpu_s, heat_degc=degc, throttling=throttling)
