"""Batteries, from folders of files as sysfs has them."""

import pytest

from hal.linux.gauges.power_supply import find_battery


@pytest.fixture
def supply(tmp_path):
    def made(name="BAT0", type="Battery", **files):  # noqa: A002 - the file's own name
        (tmp_path / name).mkdir()
        for file, text in {"type": type, **files}.items():
            (tmp_path / name / file).write_text(f"{text}\n")
        return tmp_path / name

    return made


def test_a_computer_without_a_battery(tmp_path, supply):
    supply("AC", "Mains", online=1)
    supply("hidpp_battery_0", scope="Device", capacity=3)
    assert find_battery(tmp_path) is None
    assert find_battery(tmp_path / "nowhere") is None


def test_its_charge_is_read_each_time(tmp_path, supply):
    folder = supply(present=1, capacity=81)
    supply("hidpp_battery_0", scope="Device", capacity=3)
    battery = find_battery(tmp_path)
    assert battery.charge_percent() == 81.0
    (folder / "capacity").write_text("12\n")
    assert battery.charge_percent() == 12.0
    (folder / "capacity").unlink()
    assert battery.charge_percent() is None


@pytest.mark.parametrize(
    ("files", "charge"),
    [
        ({"energy_now": 20_000_000, "energy_full": 50_000_000}, 40.0),
        ({"charge_now": 1_000_000, "charge_full": 4_000_000}, 25.0),
        ({"energy_now": "?", "energy_full": 5, "charge_now": 1, "charge_full": 2}, 50.0),
        ({"energy_now": 5, "energy_full": 0}, None),
        ({"capacity": 104}, 100.0),  # a gauge that learns
        ({"capacity": -1}, None),
        ({"capacity": 65535}, None),
        ({"capacity": "", "charge_now": 1, "charge_full": 2}, 50.0),
        ({"present": 0, "capacity": 50}, None),
        ({"scope": "System", "capacity": 50}, 50.0),
    ],
)
def test_a_gauge_that_says_less_or_nonsense(tmp_path, supply, files, charge):
    supply(**files)
    assert find_battery(tmp_path).charge_percent() == charge
