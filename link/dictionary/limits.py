"""Limits: bands of values that telemetry should stay in."""

import msgspec

Bounds = tuple[float, float]


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Bands, inclusive, in ascending order of severity; None is no band.

    A level is reported once `persistence` samples in a row lie outside its band.
    """

    watch: Bounds | None = None
    warning: Bounds | None = None
    distress: Bounds | None = None
    critical: Bounds | None = None
    persistence: int = 1
