"""The clock of one computer of a world: it drifts, steps, and counts anew when the computer starts."""

from collections.abc import Sequence

from hal.clock import Waitable, tellable
from hal.sim.clock import VirtualClock

_PPB = 1_000_000_000


class EndClock:
    """`Clock` over the true time of `world`: right until somebody lets it `drift`, `set_ahead` or `restart`.

    Its times are *local*, those of `world` *true*. UTC runs on through a restart, as that of a board with an RTC.
    """

    def __init__(self, world: VirtualClock) -> None:
        self._world = world
        self._true_ns = self._local_ns = world.monotonic_ns()
        self.drift_ppb = 0
        self._utc_ahead_ns = world.utc_ns() - self._local_ns
        self.ahead_ns = 0
        """By how much `set_ahead` has set UTC ahead of the true time."""

    @property
    def true_ns(self) -> int:
        """The time of the world."""
        return self._world.now_ns

    def monotonic_ns(self) -> int:
        """The local time."""
        true_ns = self._world.now_ns
        return self.local(true_ns) if self.drift_ppb else self._local_ns + true_ns - self._true_ns

    def utc_ns(self) -> int:
        """What this computer takes for UTC, limited to 0..UTC_MAX_NS."""
        return tellable(self._utc_ahead_ns + self.ahead_ns + self.monotonic_ns())

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:  # noqa: ARG002 - as `Clock` has it
        """Let time pass up to the local time `until_ns`."""
        self._world.wait(self.true(until_ns))

    def local(self, true_ns: int) -> int:
        """The local time at a true one."""
        elapsed_ns = true_ns - self._true_ns
        return self._local_ns + elapsed_ns + elapsed_ns * self.drift_ppb // _PPB

    def true(self, local_ns: int) -> int:
        """The first true time at which the clock shows `local_ns`."""
        if not self.drift_ppb:
            return self._true_ns + local_ns - self._local_ns
        return self._true_ns - (local_ns - self._local_ns) * _PPB // -(_PPB + self.drift_ppb)

    def drift(self, ppb: int) -> None:
        """From now on the clock gains `ppb` nanoseconds in each second."""
        self._local_ns, self._true_ns = self.monotonic_ns(), self.true_ns
        self.drift_ppb = ppb

    def set_ahead(self, ahead_ns: int) -> None:
        """Step UTC to `ahead_ns` ahead of what it would be; the monotonic time stays."""
        self.ahead_ns = ahead_ns

    def restart(self, first_ns: int) -> None:
        """Count the local time anew from `first_ns`, as a board does that was switched on; UTC goes on."""
        local_ns = self.monotonic_ns()
        self._utc_ahead_ns += local_ns - first_ns
        self._local_ns, self._true_ns = first_ns, self.true_ns
