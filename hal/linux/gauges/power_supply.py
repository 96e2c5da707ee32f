"""The battery of a computer as sysfs shows it (Linux Documentation/power/power_supply_class)."""

from dataclasses import dataclass
from pathlib import Path

from hal.board import Battery
from hal.linux.gauges.sysfs import sysfs_number, sysfs_text

POWER_SUPPLY = Path("/sys/class/power_supply")
_LEVELS = (("energy_now", "energy_full"), ("charge_now", "charge_full"))
"""What it holds, and what it holds when it is full: in microwatt-hours, or in microampere-hours."""


@dataclass(frozen=True, slots=True)
class SupplyBattery:
    """`Battery` whose files are in `folder`."""

    folder: Path

    def charge_percent(self) -> float | None:
        """Its capacity, or what it holds of what it holds when full; None where it is not there or gives no number."""
        if sysfs_text(self.folder / "present") == "0":
            return None
        capacity = self._number("capacity")
        if capacity is not None:
            return _percent(capacity)
        for now, full in _LEVELS:
            held, whole = self._number(now), self._number(full)
            if held is not None and whole:
                return _percent(100 * held / whole)
        return None

    def _number(self, name: str) -> int | None:
        return sysfs_number(self.folder / name)


def find_battery(folder: Path = POWER_SUPPLY) -> Battery | None:
    """The first battery that feeds this computer, not a mouse or another device of it; None where there is none."""
    for supply in sorted(folder.glob("*")):
        if sysfs_text(supply / "type") == "Battery" and sysfs_text(supply / "scope") != "Device":
            return SupplyBattery(supply)
    return None


def _percent(charge: float) -> float | None:
    """A gauge that is off by a little shows more than full; what is no charge at all is not one."""
    return min(float(charge), 100.0) if 0 <= charge <= 110 else None
