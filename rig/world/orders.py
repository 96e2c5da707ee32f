"""The commands that the operator of a world sends, and their times: drawn from its seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from link.time.calendar import encode_ascii

SECOND = 1_000_000_000
_IN_A_ROW = 0.2  # probability that the next order comes at once
_GOES_ON = 0.5  # probability that the next order goes on with what was begun
_MODES = (("nominal", "payload"), ("safe", "nominal", "payload"))
_AHEAD_S = (5, 60)  # how far ahead commands are scheduled on board


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it is typed."""

    name: str
    arguments: Mapping[str, Any]


class Operator:
    """Draws orders, one in `pause_s` on average; marks and targets are numbered, so that no two do the same thing."""

    def __init__(self, random: Random, pause_s: float) -> None:
        self._random, self._pause_s, self._last = random, pause_s, 0
        self.holds = False
        self._next: list[Order] = []

    def pause_ns(self) -> int:
        """The time until the next order, in nanoseconds."""
        at_once = self._random.random() < _IN_A_ROW
        return 0 if at_once else int(self._random.expovariate(1 / self._pause_s) * SECOND)

    def order(self, utc_ns: int) -> Order:
        """The next order, drawn."""
        if self._next and self._random.random() < _GOES_ON:
            return self._next.pop(0)
        shares = {
            self._mark: 10, self._capture: 8, self._later: 6, self._ping: 4, self._ink: 2, self._ask: 2,
            self._hold: 2, self._drop: 1, self._mode: 1,
        }  # fmt: skip
        return self._random.choices(list(shares), list(shares.values()))[0](utc_ns)

    def first(self) -> list[Order]:
        """The orders before all others."""
        return [Order("scheduling.enable_schedule", {})]

    def last(self, utc_ns: int) -> list[Order]:
        """The orders after all faults are over, which must be executed; products no longer fill the store then."""
        return [self._ping(utc_ns), self._mark(utc_ns), self._capture(utc_ns)]

    def _number(self) -> int:
        self._last += 1
        return self._last

    def mark(self) -> Order:
        """A mark with a number that no other has."""
        return self._mark(0)

    def _mark(self, utc_ns: int) -> Order:  # noqa: ARG002
        return Order("witness.mark", {"number": self._number()})

    def _capture(self, utc_ns: int) -> Order:  # noqa: ARG002
        return Order("imaging.capture", {"target": f"target-{self._number()}"})

    def _later(self, utc_ns: int) -> Order:
        at_ns = utc_ns + self._random.randint(*_AHEAD_S) * SECOND
        request = f"witness.mark number={self._number()}"
        return Order("scheduling.insert_activities", {"at": encode_ascii(at_ns).decode(), "request": request})

    def _ping(self, utc_ns: int) -> Order:  # noqa: ARG002
        return Order("test.ping", {})

    def _ink(self, utc_ns: int) -> Order:  # noqa: ARG002
        return Order("parameters.set_values", {"witness.ink": str(self._random.randrange(256))})

    def _ask(self, utc_ns: int) -> Order:  # noqa: ARG002
        questions = (
            Order("files.list_products", {"first": 1}),
            Order("housekeeping.report_once", {"structures": "1,2,3"}),
            Order("parameters.report_values", {"parameters": "witness.ink"}),
            Order("scheduling.summarise_all", {}),
        )
        return self._random.choice(questions)

    def _drop(self, utc_ns: int) -> Order:  # noqa: ARG002
        return Order("files.drop_product", {"product": self._random.randint(1, self._last + 1)})

    def _mode(self, utc_ns: int) -> Order:  # noqa: ARG002
        """The first of some changes of the mode, which end where the payload is allowed again."""
        first, *self._next = (Order("modes.change", {"mode": mode}) for mode in self._random.choice(_MODES))
        return first

    def _hold(self, utc_ns: int) -> Order:  # noqa: ARG002
        self.holds = not self.holds
        return Order("files.hold" if self.holds else "files.release", {})
