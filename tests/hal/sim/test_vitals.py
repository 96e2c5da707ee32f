"""The vital signs of a simulated board: what was set, and a trip that ends as it began."""

import pytest

from hal.sim.clock import VirtualClock
from hal.sim.vitals import TRIPPED_DEGC, ModelVitals
from hal.vitals import Throttling


def test_its_readings_are_modelled():
    clock = VirtualClock()
    vitals = ModelVitals(clock, cpu_share=0.5)
    clock.advance(4_000_000_000)
    reading = vitals.read()
    assert (reading.cpu_s, reading.heat_degc, reading.throttling) == (2.0, 45.0, Throttling(0))
    assert None not in (reading.load, reading.resident_octets, reading.descriptors, reading.free_octets)


@pytest.mark.parametrize("calm", [30.0, None])
def test_a_thermal_trip(calm):
    vitals = ModelVitals(VirtualClock(), heat_degc=calm)
    vitals.cool()
    assert vitals.heat_degc == calm
    vitals.trip()
    assert (vitals.read().heat_degc, vitals.read().throttling) == (TRIPPED_DEGC, Throttling.SLOWED)
    vitals.trip(110)
    assert vitals.read().heat_degc == 110
    vitals.cool()
    assert (vitals.read().heat_degc, vitals.read().throttling) == (calm, None if calm is None else Throttling(0))
