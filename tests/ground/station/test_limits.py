import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.station.limits import Crossing, LimitWatch
from link.dictionary import Dictionary, Float32b, Int16sb, Limits, Telemetry, wire

LIMITS = Limits(warning=(0, 10), critical=(-5, 15), persistence=2)


class Battery(Telemetry, id=1):
    cell: int = wire(Int16sb, unit="degC", limits=LIMITS)
    free: int = wire(Int16sb)


class Heat(Telemetry, id=2):
    is_measured: int = wire(Int16sb)
    degc: int = wire(Int16sb, limits=(0, 10), valid="is_measured == 1")


DICTIONARY = Dictionary.of("node", 1, {}, [Battery, Heat])


def sample(cell: int):
    return DICTIONARY.decode_report(1, Battery(cell=cell, free=9999).encode())


def levels(*cells: int) -> list[tuple[int, str]]:
    watch = LimitWatch()
    return [(n, crossing.level) for n, cell in enumerate(cells) for crossing in watch.check(sample(cell))]


def test_a_level_needs_its_samples_in_a_row_and_is_told_once():
    assert levels(11, 5, 11, 11, 11) == [(3, "warning")]
    assert levels(11, 11, 5, 11, 11) == [(1, "warning"), (2, ""), (4, "warning")]
    assert levels(10, 10, 0, 0) == []


def test_the_gravest_level_counts():
    assert levels(16, 16, 11, 5) == [(1, "critical"), (2, "warning"), (3, "")]
    assert levels(11, 16, 16) == [(1, "warning"), (2, "critical")]


def test_sentences():
    watch = LimitWatch()
    crossings = [crossing for cell in (16, 16, 5) for crossing in watch.check(sample(cell))]
    assert [crossing.message for crossing in crossings] == [
        "Battery.cell = 16 degC is out of limits (critical: -5..15).",
        "Battery.cell = 5 degC is within limits again.",
    ]
    assert [crossing.severity for crossing in crossings] == ["high", "info"]


@pytest.mark.requirement("GND-OPS-009")
def test_what_is_not_valid_is_not_judged():
    watch = LimitWatch()
    measured, unknown = (DICTIONARY.decode_report(2, Heat(is_measured=one, degc=99).encode()) for one in (1, 0))
    assert (watch.check(unknown), watch.outside) == ([], {})
    assert len(watch.check(measured)) == 1
    assert (watch.check(unknown), watch.outside) == ([], {"Heat.degc": "warning"})
    assert (watch.of(measured), watch.of(unknown)) == ({"degc": "warning"}, {})


@given(st.lists(st.integers(-20, 30)))
def test_the_state_is_that_of_the_last_samples(cells):
    watch = LimitWatch()
    for cell in cells:
        watch.check(sample(cell))
    last = cells[-2:]
    critical = len(last) == 2 and all(not -5 <= cell <= 15 for cell in last)
    warning = len(last) == 2 and all(not 0 <= cell <= 10 for cell in last)
    expected = {"cell": "critical" if critical else "warning"} if warning else {}
    assert watch.of(sample(0)) == expected


BANDS = Limits(watch=(10, 20), warning=(5, 25), distress=(0, 30), critical=(-5, 35))


class Tank(Telemetry, id=2):
    hot: float = wire(Float32b, limits=BANDS)
    cold: float = wire(Float32b, limits=BANDS)


def tank(hot, cold=15.0):
    dictionary = Dictionary.of("node", 1, {}, [Tank])
    return dictionary.decode_report(2, Tank(hot=hot, cold=cold).encode())


@pytest.mark.parametrize(
    ("value", "level", "severity"),
    [
        (10, "", ""), (9.5, "watch", "info"), (20, "", ""), (20.5, "watch", "info"), (4.5, "warning", "low"),
        (25, "watch", "info"), (25.5, "warning", "low"), (-0.5, "distress", "medium"), (30.5, "distress", "medium"),
        (-5, "distress", "medium"), (-5.5, "critical", "high"), (35.5, "critical", "high"),
    ],
)  # fmt: skip
def test_each_band_ends_where_it_says_and_has_its_severity(value, level, severity):
    watch = LimitWatch()
    assert [(one.level, one.severity) for one in watch.check(tank(value))] == [(level, severity)] * bool(level)
    assert watch.of(tank(value)) == ({"hot": level} if level else {})


def test_what_is_told_of_a_value_without_a_unit():
    watch = LimitWatch()
    assert watch.check(tank(40.25)) == [Crossing("Tank.hot", 40.25, "", "critical", (-5, 35))]
    assert [one.message for one in watch.check(tank(15))] == ["Tank.hot = 15 is within limits again."]


def test_each_field_is_on_its_own():
    watch = LimitWatch()
    watch.check(tank(9, 26))
    assert watch.outside == {"Tank.hot": "watch", "Tank.cold": "warning"}
    assert [one.parameter for one in watch.check(tank(15, 26))] == ["Tank.hot"]
    assert watch.outside == {"Tank.cold": "warning"}
