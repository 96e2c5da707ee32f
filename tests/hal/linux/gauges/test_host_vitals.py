"""Vital signs of this very process, and of one whose files are not there."""

import os
from pathlib import Path

from hal.linux.gauges.host_vitals import HostVitals
from hal.linux.gauges.thermal import Thermometer, ThrottleGauge
from hal.vitals import NoVitalSigns, Vitals, VitalSigns


def test_this_process(tmp_path):
    vitals: VitalSigns = HostVitals(tmp_path)
    before = vitals.read()
    ballast = bytearray(os.urandom(1)) * (32 << 20)
    with Path(os.devnull).open("rb"), Path(os.devnull).open("rb"):
        after = vitals.read()
    assert len(ballast) <= after.resident_octets - before.resident_octets + (16 << 20)
    assert after.descriptors == before.descriptors + 2
    assert 0 < before.cpu_s < after.cpu_s
    assert before.load >= 0
    room = os.statvfs(tmp_path)
    assert abs(before.free_octets - room.f_bavail * room.f_frsize) < 1 << 30


def test_what_is_not_there_is_not_told(tmp_path):
    nowhere = tmp_path / "nowhere"
    vitals = HostVitals(nowhere, Thermometer(nowhere), ThrottleGauge(nowhere, nowhere), nowhere).read()
    assert (vitals.resident_octets, vitals.descriptors, vitals.free_octets) == (None, None, None)
    assert (vitals.heat_degc, vitals.throttling) == (None, None)
    (tmp_path / "statm").write_text("12\n")
    assert HostVitals(tmp_path, process=tmp_path).read().resident_octets is None


def test_a_board_that_measures_nothing_says_so():
    assert NoVitalSigns().read() == Vitals()
