"""Wake-ups in virtual time: our executive, which accounts for every step, beside bare tasks of asyncio."""

import asyncio
import selectors
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Row, compare
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from hal.sim.clock import VirtualClock

PERIODS_MS = (100, 200, 250, 500, 1000)
SECONDS = 20
STEPS = sum(SECONDS * 1000 // period for period in PERIODS_MS)


def apps(steps: list[int]) -> list[App]:
    """One a period; each notes that it ran."""

    def of(period: int) -> App:
        @dataclass
        class Noting(App, period_ms=period, budget_ms=5):
            def step(self, now_ns: int) -> Iterator[AppReport]:
                steps.append(now_ns // 1_000_000)
                return iter(())

        return Noting()

    return [of(period) for period in PERIODS_MS]


def ours() -> int:
    steps: list[int] = []
    clock = VirtualClock()
    executive = Executive(clock, Bus())
    for app in apps(steps):
        executive.add(app)
    while executive.next_due_ns < SECONDS * 1_000_000_000:
        clock.wait(executive.next_due_ns)
        executive.run_due()
    return len(steps)


class Jumping(selectors.SelectSelector):
    """A selector that is never idle: time goes on by what it was to wait."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now_s += timeout or 0.0
        return []


def theirs() -> int:
    steps: list[float] = []
    selector = Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now_s  # type: ignore[method-assign]

    async def stepping(period_ms: int) -> None:
        for number in range(SECONDS * 1000 // period_ms):
            steps.append(loop.time())
            await asyncio.sleep((number + 1) * period_ms / 1000 - loop.time())

    async def everything() -> None:
        await asyncio.gather(*map(stepping, PERIODS_MS))

    loop.run_until_complete(everything())
    loop.close()
    return len(steps)


def rows() -> Iterator[Row]:
    """Nothing is promised here: an executive does more than waking (docs/explanation/decisions/own-loop.md)."""
    yield compare("steps of five apps", "asyncio, bare tasks", ours, theirs, amount=STEPS / 1e6, unit="M/s")
