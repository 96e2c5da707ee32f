"""How telemetry says where watts and joules come from."""

from enum import IntEnum


class PowerSource(IntEnum):
    """`hal.board.Evidence` as a number; no joule goes down without it."""

    MODELLED = 0
    MEASURED = 1
