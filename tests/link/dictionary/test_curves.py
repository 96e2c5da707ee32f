"""Calibrations: by hand, turned round where that is possible, refused where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.curves import Linear, Polynomial, Powers, Rounded, Spline, is_whole
from link.errors import DecodeError

RAMP = Spline(((0.0, 10.0), (10.0, 30.0), (20.0, 35.0)))
STEPS = Spline(((0.0, 1.0), (10.0, 2.0)), order=0)


@pytest.mark.parametrize(
    ("curve", "raw", "value"),
    [
        (Linear(0.5, 1.0), 4, 3.0),
        (Polynomial((1.0, 2.0, 3.0)), 2, 17.0),
        (Polynomial(()), 2, 0.0),
        (RAMP, 0, 10.0),
        (RAMP, 5, 20.0),
        (RAMP, 20, 35.0),
        (Spline(RAMP.points, extrapolate=True), 30, 40.0),
        (Spline(RAMP.points, extrapolate=True), -5, 0.0),
        (STEPS, 9.5, 1.0),
        (STEPS, 10, 2.0),
        (Spline(STEPS.points, order=0, extrapolate=True), -1, 1.0),
    ],
)
def test_by_hand(curve, raw, value):
    assert curve.value(raw) == value


@given(st.sampled_from((Linear(0.5, 1.0), Polynomial((1.0, 0.5)), RAMP, Spline(((0.0, 5.0), (20.0, -5.0))))),
       st.integers(0, 20))  # fmt: skip
def test_turned_round(curve, raw):
    assert curve.raw(curve.value(raw)) == raw


def test_powers_of_what_has_none():
    curve = Powers(((2.0, -1.0), (1.0, 0.5)))
    assert curve.value(4) == 2.5
    for raw, why in ((0, "negative power"), (-4, "a power of it is not real")):
        with pytest.raises(DecodeError, match=f"{raw} has no value in the calibration: .*{why}"):
            curve.value(raw)
    with pytest.raises(DecodeError, match="no value in the calibration"):
        Powers(((1.0, 63.0),)).value(1e300)
    with pytest.raises(ValueError, match="has no inverse"):
        curve.raw(1.0)


@pytest.mark.parametrize("raw", [-0.5, 20.5])
def test_a_curve_that_ends_gives_no_value_beyond(raw):
    with pytest.raises(DecodeError, match=r"lies outside the calibration, 0\.0\.\.20\.0"):
        RAMP.value(raw)


@pytest.mark.parametrize(
    "curve", [Polynomial((1.0, 2.0, 3.0)), Polynomial((1.0, 0.0)), STEPS, Spline(((0.0, 0.0), (1.0, 5.0), (2.0, 3.0)))]
)
def test_what_cannot_be_turned_round_says_so(curve):
    with pytest.raises(ValueError, match="has no inverse"):
        curve.raw(1.0)


@pytest.mark.parametrize(
    ("points", "order", "sentence"),
    [
        (((0.0, 0.0),), 1, "a spline of order 1 with 1 points"),
        ((), 0, "a spline of order 0 with 0 points"),
        (((0.0, 0.0), (1.0, 1.0)), 2, "a spline of order 2"),
        (((1.0, 0.0), (1.0, 1.0)), 1, "in ascending order"),
    ],
)
def test_what_is_no_spline_is_refused(points, order, sentence):
    with pytest.raises(ValueError, match=sentence):
        Spline(points, order)


def test_a_rounded_curve_gives_whole_numbers_halves_up():
    half = Rounded(Linear(0.5, -1.0))
    assert [half.value(raw) for raw in range(5)] == [-1, 0, 0, 1, 1]
    assert Rounded(half.of, unsigned=True).value(0) == 0
    assert half.raw(2) == 6
    with pytest.raises(DecodeError, match="inf has no whole number"):
        half.value(float("inf"))


@pytest.mark.parametrize(
    ("curve", "whole"),
    [
        (Linear(2.0, -1.0), True),
        (Linear(0.5), False),
        (Polynomial((1.0, 2.0)), True),
        (Polynomial((1.0, 0.5)), False),
        (STEPS, True),
        (RAMP, False),
        (Rounded(RAMP), True),
    ],
)
def test_curves_that_keep_whole_numbers_whole(curve, whole):
    assert is_whole(curve) is whole
