"""How UTC stands to the node's monotonic time: by what the ground or a pulse said, and how far that may be off by now.

Each correlation says that a monotonic time was an instant of UTC. Two of them, far enough apart, give the drift of the
oscillator; without further ones UTC is held over by that, with a bound of its error that grows.
"""

from enum import IntEnum
from typing import NamedTuple

import msgspec

_PPB = 1_000_000_000
DRIFT_PPB_MAX = 500_000
"""No oscillator of a board is off by more than 500 ppm: a greater difference is a step of the time."""
_UNKNOWN_PPB, _KNOWN_PPB = 100_000, 5_000  # of the drift: before it was measured, and afterwards (ageing, temperature)
_BASE_NS = 60_000_000_000  # correlations closer together than this say nothing of the drift
_SHARE_OF_NEW = 4


class TimeSource(IntEnum):
    """Where UTC comes from: the host's own clock, the ground, a pulse of each second, or the time before a restart."""

    HOST = 0
    GROUND = 1
    PULSE = 2
    KEPT = 3


class Correlated(msgspec.Struct, frozen=True, array_like=True):
    """`utc_ns` was the instant `monotonic_ns`, but for `error_ns`; UTC gains `drift_ppb` ns a second, if measured."""

    monotonic_ns: int
    utc_ns: int
    error_ns: int
    source: int
    drift_ppb: int = 0
    is_drift_known: bool = False

    def utc_at(self, monotonic_ns: int) -> int:
        """UTC at a monotonic time."""
        elapsed_ns = monotonic_ns - self.monotonic_ns
        return self.utc_ns + elapsed_ns + elapsed_ns * self.drift_ppb // _PPB

    def error_at(self, monotonic_ns: int) -> int:
        """By how much `utc_at` may be off."""
        uncertain_ppb = _KNOWN_PPB if self.is_drift_known else _UNKNOWN_PPB
        return self.error_ns + abs(monotonic_ns - self.monotonic_ns) * uncertain_ppb // _PPB


class Observation(NamedTuple):
    """That a monotonic time was an instant of UTC, but for `error_ns`."""

    monotonic_ns: int
    utc_ns: int
    error_ns: int
    source: TimeSource


def correlated(before: Correlated | None, seen: Observation) -> Correlated:
    """What is known after `seen`; the drift is measured where `before` is long enough ago and no step is between."""
    drift_ppb, is_known = (before.drift_ppb, before.is_drift_known) if before else (0, False)
    measured = _measured_ppb(before, seen)
    if measured is not None:
        drift_ppb += (measured - drift_ppb) // _SHARE_OF_NEW if is_known else measured - drift_ppb
        is_known = True
    return Correlated(seen.monotonic_ns, seen.utc_ns, seen.error_ns, int(seen.source), drift_ppb, is_known)


def _measured_ppb(before: Correlated | None, seen: Observation) -> int | None:
    """The drift between two correlations; None where they do not say."""
    if before is None or before.source == TimeSource.KEPT:
        return None
    elapsed_ns = seen.monotonic_ns - before.monotonic_ns
    blur_ns = seen.error_ns + before.error_ns
    if elapsed_ns < _BASE_NS or blur_ns * _PPB > elapsed_ns * _KNOWN_PPB:
        return None
    drift_ppb = (seen.utc_ns - before.utc_ns - elapsed_ns) * _PPB // elapsed_ns
    return drift_ppb if abs(drift_ppb) <= DRIFT_PPB_MAX else None
