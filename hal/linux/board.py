"""A Linux board with power sensors (Jetson's INA3221, many carrier boards): the power rails that hwmon shows.

hwmon gives `in*_input` in millivolts, `curr*_input` in milliamperes and sometimes `power*_input` in microwatts
(Linux Documentation/hwmon/sysfs-interface). A Raspberry Pi 4 and older has no rail sensor: use a model there.
"""

from dataclasses import dataclass
from pathlib import Path

from hal.board import Board, PowerReading
from hal.linux.gauges.sysfs import sysfs_text

HWMON = Path("/sys/class/hwmon")
INPUT_RAILS = ("VDD_IN", "POM_5V_IN")
"""Labels of the rail that feeds a whole module, in Jetson's device trees. An AGX Orin has no such rail: its VIN_SYS_5V0
feeds only what runs on 5 V, not CPU and GPU (NVIDIA, Jetson AGX Orin power and performance)."""
_NAME_CHARACTERS_MAX = 60


def board_name() -> str:
    """The model name in the device tree; "Linux machine" where there is none."""
    try:
        model = Path("/proc/device-tree/model").read_text(encoding="utf-8", errors="replace")
        return model.rstrip("\0\n")[:_NAME_CHARACTERS_MAX]
    except OSError:
        return "Linux machine"


@dataclass(frozen=True, slots=True)
class Rail:
    """One channel of a power sensor: the files with its millivolts and milliamperes."""

    volts: Path
    amperes: Path

    def watts(self) -> float:
        """Power through this rail now, in W; OSError if the sensor does not answer, ValueError if not by a number."""
        return int(self.volts.read_text()) * int(self.amperes.read_text()) / 1e6


def find_input_rail(hwmon: Path = HWMON) -> Rail | None:
    """The rail that feeds the whole module, if this board measures it."""
    for label in sorted(hwmon.glob("hwmon*/in*_label")):
        if sysfs_text(label) in INPUT_RAILS:
            number = label.name.removeprefix("in").removesuffix("_label")
            return Rail(label.with_name(f"in{number}_input"), label.with_name(f"curr{number}_input"))
    return None


@dataclass(slots=True)
class MeasuredBoard:
    """`Board` whose power is read from its input rail; while the sensor does not answer, `model` gives it, marked so.

    `silent` counts the readings without an answer: an error on an I2C bus now and then is normal.
    """

    name: str
    rail: Rail
    model: Board
    silent: int = 0

    def power(self, busy_cores: float) -> PowerReading:
        """Power through the input rail now or, where it cannot be read, as modelled."""
        try:
            return PowerReading(self.rail.watts(), "measured")
        except (OSError, ValueError):
            self.silent += 1
            return self.model.power(busy_cores)
