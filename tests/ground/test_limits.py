from hypothesis import given
from hypothesis import strategies as st

from ground.limits import LimitWatch
from link.dictionary import Dictionary, Int16sb, Limits, Telemetry, wire

LIMITS = Limits(warning=(0, 10), critical=(-5, 15), persistence=2)


class Battery(Telemetry, id=1):
    cell: int = wire(Int16sb, unit="degC", limits=LIMITS)
    free: int = wire(Int16sb)


DICTIONARY = Dictionary.of("node", 1, {}, [Battery])


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
