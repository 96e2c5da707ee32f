"""How telemetry states the source of watts and joules."""

from enum import IntEnum


class PowerSource(IntEnum):
    """`hal.board.Evidence` as a number: no figure of power or energy is sent without it."""

    MODELLED = 0
    MEASURED = 1
