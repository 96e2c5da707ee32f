"""Heat and throttling, from folders of files as sysfs has them."""

import pytest

from hal.linux.gauges.thermal import Thermometer, ThrottleGauge
from hal.vitals import Throttling


def device(folder, name, **files):
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


def test_the_hottest_zone_counts(tmp_path):
    device(tmp_path, "thermal_zone0", type="cpu-thermal", temp=48312)
    device(tmp_path, "thermal_zone1", type="gpu-thermal", temp=51000)
    thermometer = Thermometer(tmp_path)
    assert thermometer.degc() == 51.0
    (tmp_path / "thermal_zone0" / "temp").write_text("90500\n")
    assert thermometer.degc() == 90.5


@pytest.mark.parametrize("temp", ["", "nan", "-274000", "100000000"])
def test_a_zone_that_gives_no_temperature_hides_no_other(tmp_path, temp):
    device(tmp_path, "thermal_zone0", type="iwlwifi_1", temp=temp)
    assert Thermometer(tmp_path).degc() is None
    device(tmp_path, "thermal_zone1", type="cpu-thermal", temp=-5000)
    assert Thermometer(tmp_path).degc() == -5.0


def test_what_is_no_sensor_is_left_out(tmp_path):
    device(tmp_path, "thermal_zone0", type="PMIC-Die", temp=100000)
    assert Thermometer(tmp_path).degc() is None


def test_the_firmware_of_a_raspberry_pi_tells_what_is_now(tmp_path):
    device(tmp_path, "soc/soc:firmware", get_throttled="50005")
    device(tmp_path, "cooling_device0", type="cpufreq-cpu0", cur_state=0)
    gauge = ThrottleGauge(tmp_path, tmp_path)
    assert gauge.flags() == Throttling.UNDER_VOLTAGE | Throttling.SLOWED
    (tmp_path / "soc/soc:firmware/get_throttled").write_text("50000\n")
    assert gauge.flags() == Throttling(0)
    (tmp_path / "soc/soc:firmware/get_throttled").unlink()
    assert gauge.flags() is None


def test_a_cooling_device_that_slows_the_processor_tells_of_it(tmp_path):
    device(tmp_path, "cooling_device0", type="pwm-fan", cur_state=3)
    assert ThrottleGauge(tmp_path, tmp_path).flags() is None
    device(tmp_path, "cooling_device1", type="cpufreq-cpu0", cur_state=0)
    device(tmp_path, "cooling_device2", type="Processor", cur_state="?")
    gauge = ThrottleGauge(tmp_path, tmp_path)
    assert gauge.flags() == Throttling(0)
    (tmp_path / "cooling_device2" / "cur_state").write_text("2\n")
    assert gauge.flags() == Throttling.SLOWED
