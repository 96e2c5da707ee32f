"""Encodings of numbers in XTCE: data encodings, byte orders and calibrators (660.1-B-2 §4.3.2.2.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from link.dictionary.bounds import TERMS_MAX
from link.dictionary.conditions import Condition
from link.dictionary.curves import Curve, Linear, Polynomial, Powers, Spline
from link.dictionary.kinds import ByteOrder, Integer, Real
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    among,
    integer,
    known_children,
    need,
    number_of,
    only,
    parts,
    read_whole,
    truth,
)
from link.dictionary.xtce.ledger import Ledger

NUMBER_ENCODINGS = ("IntegerDataEncoding", "FloatDataEncoding")
ENCODINGS = (*NUMBER_ENCODINGS, "StringDataEncoding", "BinaryDataEncoding")
CRITERIA = ("Comparison", "ComparisonList", "BooleanExpression")
_SIGNED = ("twosComplement", "twosCompliment", "signed")  # the second in XTCE 1.1, the third in space_packet_parser
_IEEE754 = ("IEEE754_1985", "IEEE754", "IEEE-754")  # no schema has the last spelling, but its meaning is clear
_ORDERS: dict[str, Literal["big", "little"]] = {
    "mostSignificantByteFirst": "big",
    "leastSignificantByteFirst": "little",
}
_IN_ENCODING = ("DefaultCalibrator", "ContextCalibratorList", "ByteOrderList")
Conditioned = Callable[[Element], Condition]
"""Function that reads the match criteria in an element."""


@dataclass(frozen=True, slots=True)
class Number:
    """Encoding of a number: its kind on the wire and its calibrations."""

    kind: Integer | Real
    calibration: Curve | None = None
    contexts: tuple[tuple[Condition, Curve], ...] = ()


def read_number(ledger: Ledger, encoding: Element, condition: Conditioned) -> Number:
    """Read an IntegerDataEncoding or FloatDataEncoding. Raises UnsupportedError, or notes refusals in `ledger`."""
    inside = parts(encoding, _IN_ENCODING)
    default, listed = inside.get("DefaultCalibrator"), inside.get("ContextCalibratorList")
    curve: Curve | None = None
    contexts: list[tuple[Condition, Curve]] = []
    if default is not None:
        with ledger.collecting(default):
            curve = _calibrator(default)
    for one in known_children(listed, ("ContextCalibrator",)) if listed is not None else ():
        with ledger.collecting(one):
            contexts.append(_context(one, condition))
    return Number(number_kind(ledger, encoding, inside.get("ByteOrderList")), curve, tuple(contexts))


def number_kind(ledger: Ledger, encoding: Element, byte_order: Element | None = None) -> Integer | Real:
    """The kind of the number on the wire."""
    with ledger.collecting(encoding):
        among(encoding, "bitOrder", "mostSignificantBitFirst", ("mostSignificantBitFirst",))
    if encoding.tag == "FloatDataEncoding":
        with ledger.collecting(encoding):
            among(encoding, "encoding", "IEEE754_1985", _IEEE754)
        bits = integer(encoding, "sizeInBits", 32)
        if bits not in (16, 32, 64):
            raise UnsupportedError(encoding, f"a float of {bits} bits is not supported")
        order = _order(encoding, bits, byte_order)
        if order not in ("big", "little"):
            raise UnsupportedError(encoding, f"a float in the byte order {order} is not supported")
        return Real(bits, order)  # type: ignore[arg-type]  # both were checked
    signed = False
    with ledger.collecting(encoding):
        signed = among(encoding, "encoding", "unsigned", ("unsigned", *_SIGNED)) in _SIGNED
    bits = integer(encoding, "sizeInBits", 8)
    return Integer(bits, signed, _order(encoding, bits, byte_order))


def _order(encoding: Element, bits: int, listed: Element | None) -> ByteOrder:
    """The byte order as in `link.dictionary.kinds.ByteOrder`; "big" for a number of less than 8 bits."""
    said = encoding.get("byteOrder", "mostSignificantByteFirst")
    if listed is not None:
        significances = [integer(one, "byteSignificance") for one in known_children(listed, ("Byte",))]
    elif said in _ORDERS:
        return _ORDERS[said] if bits >= 8 else "big"
    else:
        significances = _listed(encoding, said)
    count = len(significances)
    if sorted(significances) != list(range(count)) or bits != 8 * count:
        where = encoding if listed is None else listed
        raise UnsupportedError(where, f"a byte order {significances} of {bits} bits is not supported")
    if significances in (sorted(significances), sorted(significances, reverse=True)):
        return "big" if count == 1 or significances[0] else "little"
    return "".join(str(count - significance) for significance in significances)


def _listed(encoding: Element, said: str) -> list[int]:
    try:
        return [read_whole(one) for one in said.split(",")]
    except ValueError:
        raise UnsupportedError(encoding, f"{encoding.tag}: byteOrder = {said[:40]} is not supported") from None


def _context(one: Element, condition: Conditioned) -> tuple[Condition, Curve]:
    inside = parts(one, ("ContextMatch", "UseWhenCondition", "Calibrator"))
    match = inside.get("ContextMatch", inside.get("UseWhenCondition"))
    if match is None or "Calibrator" not in inside:
        raise UnsupportedError(one, "ContextCalibrator needs a ContextMatch and a Calibrator")
    is_expression = match.tag == "UseWhenCondition"
    return condition(match if is_expression else need(match, CRITERIA)), _calibrator(inside["Calibrator"])


def _calibrator(parent: Element) -> Curve:
    calibrator = need(parent, ("PolynomialCalibrator", "SplineCalibrator"))
    if calibrator.tag == "PolynomialCalibrator":
        return _polynomial(calibrator)
    points = [_point(one, calibrator) for one in known_children(calibrator, ("SplinePoint",))]
    order, extrapolate = integer(calibrator, "order", 1), truth(calibrator, "extrapolate", False)
    try:
        return Spline(tuple(sorted(points)), order, extrapolate)
    except ValueError as error:
        raise UnsupportedError(calibrator, str(error)) from None


def _point(point: Element, calibrator: Element) -> tuple[float, float]:
    only(point, ())
    if point.get("order", calibrator.get("order", "1")) != calibrator.get("order", "1"):
        raise UnsupportedError(point, "a SplinePoint with another order than its calibrator is not supported")
    return number_of(point, "raw"), number_of(point, "calibrated")


def _polynomial(calibrator: Element) -> Curve:
    terms: dict[float, float] = {}
    for term in known_children(calibrator, ("Term",)):
        exponent = number_of(term, "exponent")
        if not abs(exponent) < TERMS_MAX:
            raise UnsupportedError(term, f"Term: exponent = {exponent:g}, expected {1 - TERMS_MAX}..{TERMS_MAX - 1}")
        terms[exponent] = terms.get(exponent, 0.0) + number_of(term, "coefficient")
    try:
        if not all(exponent == int(exponent) and exponent >= 0 for exponent in terms):
            return Powers(tuple((factor, exponent) for exponent, factor in terms.items()))
        coefficients = tuple(terms.get(exponent, 0.0) for exponent in range(int(max(terms, default=0)) + 1))
        return Linear(coefficients[1], coefficients[0]) if len(coefficients) == 2 else Polynomial(coefficients)
    except ValueError as error:  # a coefficient is infinite
        raise UnsupportedError(calibrator, str(error)) from None
