"""A Linux board with power sensors (Jetson's INA3221, many carrier boards): the rails that hwmon shows.

hwmon gives `in*_input` in millivolts, `curr*_input` in milliamperes and sometimes `power*_input` in microwatts
(Linux Documentation/hwmon/sysfs-interface). A Raspberry Pi 4 and older has no rail sensor: use a model there.
"""

from dataclasses import dataclass
from pathlib import Path

from hal.board import Power

HWMON = Path("/sys/class/hwmon")
INPUT_RAILS = ("VDD_IN", "POM_5V_IN", "VIN_SYS_5V0")  # whole-module inputs, as Jetson's device trees name them


def board_name() -> str:
    """What the device tree calls this computer; "Linux machine" where there is none."""
    try:
        return Path("/proc/device-tree/model").read_text(encoding="utf-8").rstrip("\0\n")
    except OSError:
        return "Linux machine"


@dataclass(frozen=True, slots=True)
class Rail:
    """One channel of a sensor: millivolts times milliamperes."""

    volts: Path
    amperes: Path

    def watts(self) -> float:
        """Power through this rail now; raises OSError when the sensor does not answer."""
        return int(self.volts.read_text()) * int(self.amperes.read_text()) / 1e6


def find_input_rail(hwmon: Path = HWMON) -> Rail | None:
    """The rail that feeds the whole module, if this board measures it."""
    for label in sorted(hwmon.glob("hwmon*/in*_label")):
        if label.read_text().strip() in INPUT_RAILS:
            number = label.name.removeprefix("in").removesuffix("_label")
            return Rail(label.with_name(f"in{number}_input"), label.with_name(f"curr{number}_input"))
    return None


@dataclass(frozen=True, slots=True)
class MeasuredBoard:
    """`Board` whose power is read from its input rail."""

    name: str
    rail: Rail

    def power(self, busy_cores: float) -> Power:  # noqa: ARG002 - a sensor needs no model of the load
        """What the rail carries now."""
        return Power(self.rail.watts(), "measured")
