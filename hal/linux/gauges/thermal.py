"""Heat and throttling of a board as sysfs shows them.

A thermal zone gives `temp` in millidegrees, a cooling device its state, 0 where it does not cool (Linux
Documentation/driver-api/thermal/sysfs-api). The firmware of a Raspberry Pi gives its throttling, in hexadecimal digits.
"""

from collections.abc import Iterator
from pathlib import Path

from hal.linux.gauges.sysfs import sysfs_number, sysfs_text
from hal.vitals import Throttling

THERMAL, DEVICES = Path("/sys/class/thermal"), Path("/sys/devices/platform")
_NO_SENSORS = {"PMIC-Die"}
"""Zones of older Jetsons that always show 100 degC."""
_SLOWING = ("cpufreq", "thermal-cpufreq", "Processor")
"""Begin the types of cooling devices that slow the processor down; others are fans, or slow a radio."""
_DEGC = (-100.0, 250.0)
_NOW = 0xF  # the low bits of get_throttled are of now, those from 16 on of any time since the start


class Thermometer:
    """The thermal zones in `folder`, found once; `degc` reads them."""

    def __init__(self, folder: Path = THERMAL) -> None:
        zones = sorted(folder.glob("thermal_zone*"))
        self._files = [zone / "temp" for zone in zones if sysfs_text(zone / "type") not in _NO_SENSORS]

    def degc(self) -> float | None:
        """The temperature of the hottest zone that answers; None where none does."""
        found = (sysfs_number(file) for file in self._files)
        return max((one / 1000 for one in found if one is not None and _DEGC[0] < one / 1000 < _DEGC[1]), default=None)


class ThrottleGauge:
    """What slows the processor down: the firmware's word in `devices`, or else the cooling devices in `thermal`."""

    def __init__(self, thermal: Path = THERMAL, devices: Path = DEVICES) -> None:
        self._firmware = next(iter(sorted(devices.glob("soc*/soc*:firmware/get_throttled"))), None)
        self._slowing = [one / "cur_state" for one in sorted(thermal.glob("cooling_device*")) if _slows(one)]

    def flags(self) -> Throttling | None:
        """Why the processor is slowed down now; None where nothing tells."""
        if self._firmware:
            number = sysfs_number(self._firmware, base=16)
            return None if number is None else Throttling(number & _NOW)
        states = list(self._states())
        if not states:
            return None
        return Throttling.SLOWED if any(states) else Throttling(0)

    def _states(self) -> Iterator[int]:
        for file in self._slowing:
            state = sysfs_number(file)
            if state is not None:
                yield state


def _slows(device: Path) -> bool:
    return sysfs_text(device / "type").startswith(_SLOWING)
