"""Keeps a battery warm: a job says how cold it will be, and the heater goes on in time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from fsw.executive.app import App, AppReport
from fsw.own.fields import Folder, Jobs, Log, folder
from hal.board import Board
from link.dictionary import Event, Float32b, Telemetry, parameter, wire


class ThermalStatus(Telemetry):
    """The battery, with each step."""

    degc: float = wire(Float32b, unit="degC", limits=(0, 40))
    is_heating: bool = wire()


class HeaterSwitched(Event):
    """Heater on: {is_on}, for {forecast} degC are expected."""

    is_on: bool = wire()
    forecast: float = wire(Float32b, unit="degC")


@dataclass
class Thermal(App, period_ms=1000, budget_ms=20):
    board: Board
    log: Log
    jobs: Jobs
    kept: Folder = folder(octets_max=1000)
    low_degc: float = parameter(Float32b, default=5.0, range=(-20, 40), unit="degC")
    degc: float = 20.0
    is_heating: bool = False
    past: deque[float] = field(default_factory=lambda: deque(maxlen=16))

    def step(self, now_ns: int) -> Iterator[AppReport]:
        watts = self.board.power(busy_cores=0).watts + 20 * self.is_heating
        self.degc += 0.02 * watts - 0.01 * (self.degc + 20)  # in place of a thermometer
        self.past.append(self.degc)
        for answer in self.jobs.answers():
            if answer.array is None:
                self.log.low(f"no forecast: {answer.failure}")
            elif self.is_heating != (answer.array < self.low_degc + 5 * self.is_heating):
                self.is_heating = not self.is_heating
                self.kept.write("heater.txt", b"on" if self.is_heating else b"off")
                yield HeaterSwitched(is_on=self.is_heating, forecast=float(answer.array))
        if len(self.past) == 16 and not self.jobs.unfinished:
            samples = np.array([[self.past]], np.float32)  # (band, row, column)
            self.jobs.submit([{"stage": "forecast.so", "ahead": 30}], samples, bands=["degc"], answer="forecast")
        yield ThermalStatus(degc=self.degc, is_heating=self.is_heating)
