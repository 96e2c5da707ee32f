"""Calibration curves: from the number on the wire to the value in its unit, and back where an inverse exists."""

from bisect import bisect_right
from itertools import pairwise
from math import floor, isfinite

import msgspec

from link.dictionary.bounds import TERMS_MAX, check_finite, check_number
from link.errors import DecodeError


class Linear(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="curve", tag="linear"):
    """value = raw * scale + offset; a float, even where scale and offset are whole."""

    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        check_finite((self.scale, self.offset), "calibration")

    def value(self, raw: float) -> float:
        """The engineering value of a raw one."""
        return raw * self.scale + self.offset

    def raw(self, value: float) -> float:
        """The raw value, not yet rounded, of an engineering one."""
        return (value - self.offset) / self.scale


class Polynomial(msgspec.Struct, frozen=True, tag_field="curve", tag="polynomial"):
    """value = c0 + c1 raw + c2 raw² ..., `coefficients` from c0 up. Only a straight line has an inverse."""

    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        check_number(len(self.coefficients), "terms of a polynomial", 0, TERMS_MAX)
        check_finite(self.coefficients, "calibration")

    def value(self, raw: float) -> float:
        """The engineering value of a raw one, by Horner's rule."""
        value = 0.0
        for coefficient in reversed(self.coefficients):
            value = value * raw + coefficient
        return value

    def raw(self, value: float) -> float:
        """The raw value of an engineering one. Raises ValueError for a curve that is not a straight line."""
        if len(self.coefficients) != 2 or not self.coefficients[1]:
            raise ValueError("a polynomial calibration of a degree other than 1 has no inverse")
        return (value - self.coefficients[0]) / self.coefficients[1]


class Powers(msgspec.Struct, frozen=True, tag_field="curve", tag="powers"):
    """value = the sum of factor * raw ** exponent over `terms` (factor, exponent); exponents are any numbers."""

    terms: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        check_number(len(self.terms), "terms of a polynomial", 0, TERMS_MAX)
        for term in self.terms:
            check_finite(term, "calibration")

    def value(self, raw: float) -> float:
        """The engineering value of a raw one. Raises DecodeError where a power of it is no real number."""
        try:
            powers = [factor * raw**exponent for factor, exponent in self.terms]
        except ArithmeticError as error:
            raise DecodeError(f"{raw} has no value in the calibration: {error}") from None
        if any(isinstance(one, complex) for one in powers):
            raise DecodeError(f"{raw} has no value in the calibration: a power of it is not real")
        return float(sum(powers))

    def raw(self, value: float) -> float:
        """Raises ValueError: a sum of powers has no inverse here."""
        raise ValueError(f"a calibration by powers has no inverse, needed for {value}")


class Spline(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="curve", tag="spline"):
    """Straight lines between `points` (raw, value), raw values ascending; or steps, where `order` is 0.

    Beyond the outer points the last line continues if `extrapolate`, else the raw value is an error.
    """

    points: tuple[tuple[float, float], ...]
    order: int = 1
    extrapolate: bool = False

    def __post_init__(self) -> None:
        if self.order not in (0, 1) or len(self.points) < 1 + self.order:
            raise ValueError(f"a spline of order {self.order} with {len(self.points)} points is not supported")
        for point in self.points:
            check_finite(point, "calibration")
        if any(after[0] <= before[0] for before, after in pairwise(self.points)):
            raise ValueError("the raw values of a spline must be in ascending order")

    def value(self, raw: float) -> float:
        """The engineering value of a raw one. Raises DecodeError outside the points, unless `extrapolate`."""
        if not (self.extrapolate or self.points[0][0] <= raw <= self.points[-1][0]):
            raise DecodeError(f"{raw} lies outside the calibration, {self.points[0][0]}..{self.points[-1][0]}")
        at = bisect_right(self.points, raw, key=lambda point: point[0])
        if self.order == 0:
            return self.points[max(at - 1, 0)][1]
        return _on_line(raw, *self._line(at))

    def raw(self, value: float) -> float:
        """The raw value of an engineering one. Raises ValueError unless the values are strictly monotonic."""
        turned = sorted((there, here) for here, there in self.points)
        rising = [here for _, here in turned]
        if self.order == 0 or (rising != sorted(rising) and rising != sorted(rising, reverse=True)):
            raise ValueError("a spline calibration whose values are not strictly monotonic has no inverse")
        return Spline(tuple(turned), extrapolate=self.extrapolate).value(value)

    def _line(self, at: int) -> tuple[tuple[float, float], tuple[float, float]]:
        first = min(max(at - 1, 0), len(self.points) - 2)
        return self.points[first], self.points[first + 1]


def _on_line(raw: float, left: tuple[float, float], right: tuple[float, float]) -> float:
    return left[1] + (raw - left[0]) * (right[1] - left[1]) / (right[0] - left[0])


class Rounded(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="curve", tag="rounded"):
    """value = that of the curve `of`, rounded to a whole number, halves up; 0 for one below, where `unsigned`."""

    of: Linear | Polynomial | Powers | Spline
    unsigned: bool = False

    def value(self, raw: float) -> int:
        """The engineering value of a raw one. Raises DecodeError where `of` has none."""
        value = self.of.value(raw)
        if not isfinite(value):
            raise DecodeError(f"{raw} has no whole number in the calibration")
        found = floor(value + 0.5)
        return max(found, 0) if self.unsigned else found

    def raw(self, value: float) -> float:
        """The raw value, not yet rounded, of an engineering one. Raises ValueError if `of` has no inverse."""
        return self.of.raw(value)


Curve = Linear | Polynomial | Powers | Spline | Rounded


def is_whole(curve: Curve) -> bool:
    """Whether the curve maps whole numbers to whole numbers."""
    match curve:
        case Linear(scale=scale, offset=offset):
            return float(scale).is_integer() and float(offset).is_integer()
        case Polynomial(coefficients=coefficients):
            return all(float(one).is_integer() for one in coefficients)
        case Spline(points=points, order=0):
            return all(float(value).is_integer() for _, value in points)
    return isinstance(curve, Rounded)
