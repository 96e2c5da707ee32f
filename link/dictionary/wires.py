"""Declaration of one field: `wire` gives its form on the wire, the annotation its Python type. Both make a Field."""

import dataclasses
from enum import Enum, IntEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from link.dictionary import kinds
from link.dictionary.conditions import Condition, parse_condition
from link.dictionary.curves import Curve, Linear
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Size,
    Text,
    Time,
)
from link.dictionary.limits import Bounds, Limits

_BY_ANNOTATION: dict[Any, AnyKind] = {
    bool: kinds.Flag,
    int: kinds.Int32sb,
    float: kinds.Float64b,
    str: Text(Counted(8)),
    bytes: Octets(Counted(16)),
}
_FITS: dict[Any, tuple[type, ...]] = {
    bool: (Boolean,),
    int: (Integer, Time),
    float: (Real, Integer),
    str: (Text,),
    bytes: (Octets,),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WireForm:
    """The arguments of `wire`; `field_of` joins them with the field's name and annotation."""

    kind: AnyKind | None = None
    count: Size | None = None
    unit: str = ""
    text: str = ""
    skip_bits: int = 0
    calibration: Curve | None = None
    limits: Limits | Bounds | None = None
    range: Bounds | None = None
    when: str = ""
    valid: str = ""


def wire(
    kind: AnyKind | None = None,
    *,
    count: Size | None = None,
    unit: str = "",
    text: str = "",
    skip_bits: int = 0,
    scale: float | None = None,
    offset: float = 0.0,
    calibration: Curve | None = None,
    limits: Limits | Bounds | None = None,
    range: Bounds | None = None,  # noqa: A002  # the field's own word
    when: str = "",
    valid: str = "",
) -> Any:
    """Declare a field's form on the wire and its meaning: `calibration`, or value = raw * scale + offset, in `unit`.

    A field annotated `float` holds the value, one annotated `int` the number on the wire, which the ground calibrates.
    `count` is the size of a list. `limits` are what telemetry should stay in (a pair is the warning band), `range` what
    an argument may be, inclusive. The field is present only `when` a condition holds, "mode == payload", and else None;
    its value is valid only while `valid` holds.
    """
    if scale is not None or offset:
        calibration = Linear(1.0 if scale is None else scale, offset)
    return WireForm(
        kind=kind,
        count=count,
        unit=unit,
        text=text,
        skip_bits=skip_bits,
        calibration=calibration,
        limits=limits,
        range=range,
        when=when,
        valid=valid,
    )


def field_of(owner: str, name: str, annotation: Any, said: WireForm, default: Any = None) -> Field:
    """The dictionary's field. Raises TypeError where the annotation and the kind do not fit."""
    try:
        return Field(
            name=name,
            kind=_kind(_present(annotation, said), said.kind, said.count),
            unit=said.unit,
            text=said.text,
            skip_bits=said.skip_bits,
            calibration=_calibration(annotation, said),
            limits=Limits(warning=said.limits) if isinstance(said.limits, tuple) else said.limits,
            range=said.range,
            default=_plain(default),
            when=_condition(said.when),
            valid=_condition(said.valid),
        )
    except (TypeError, ValueError) as error:
        raise TypeError(f"{owner}.{name}: {error}") from None


def on_board(field: Field, annotation: Any) -> Field:
    """The field as used on board, where a calibrated field annotated `int` is the number on the wire."""
    return msgspec.structs.replace(field, calibration=None) if annotation in (int, list[int]) else field


def class_of(annotation: Any) -> type | None:
    """The enumeration or record class in an annotation such as `Mode`, `list[Mode]` or `Mode | None`; else None."""
    if get_origin(annotation) in (list, Union, UnionType):
        return next(filter(None, map(class_of, get_args(annotation))), None)
    own = isinstance(annotation, type) and (issubclass(annotation, Enum) or hasattr(annotation, "__fields__"))
    return annotation if own else None


def _present(annotation: Any, said: WireForm) -> Any:
    """The annotation without `| None`, which a condition asks for."""
    if get_origin(annotation) not in (Union, UnionType):
        if said.when:
            raise TypeError(f"it has a condition `when`; annotate it {annotation.__name__} | None")
        return annotation
    kept = [one for one in get_args(annotation) if one is not NoneType]
    if len(kept) != 1 or not said.when:
        raise TypeError("`| None` goes with `when`, and with nothing else")
    return kept[0]


def _plain(default: Any) -> Any:
    """A default in the form of JSON: the label of an enumeration's member, hexadecimal text of octets."""
    if isinstance(default, Enum):
        return default.name.lower()
    return default.hex() if isinstance(default, bytes) else default


def _condition(text: str) -> Condition | None:
    return parse_condition(text) if text else None


def _kind(annotation: Any, kind: AnyKind | None, count: Size | None) -> AnyKind:
    if get_origin(annotation) is list:
        if count is None:
            raise TypeError("a list needs a count: wire(..., count=4) or wire(..., count=Counted(8))")
        return Array(_kind(get_args(annotation)[0], kind, None), count)
    if hasattr(annotation, "__fields__"):
        return Group(annotation.__fields__)
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return _enumeration(annotation, kind or kinds.Int8ub)
    if annotation not in _BY_ANNOTATION:
        known = ", ".join(one.__name__ for one in _BY_ANNOTATION)
        raise TypeError(f"{annotation} has no wire form; use {known}, an IntEnum, a Record or a list of these")
    found = kind or _BY_ANNOTATION[annotation]
    if annotation is bool and isinstance(found, Integer):
        return Boolean(found.bits)
    if not isinstance(found, _FITS[annotation]):
        raise TypeError(f"{found} does not hold {annotation.__name__}")
    return found


def _enumeration(members: type[IntEnum], kind: AnyKind) -> Enumeration:
    if not isinstance(kind, Integer):
        raise TypeError(f"{kind} does not hold {members.__name__}")
    least, most = kind.bounds
    for member in members:
        if not least <= member <= most:
            raise TypeError(f"{member!r} does not fit {kind}")
    labels: dict[str, int] = {}
    for name, member in members.__members__.items():
        if int(member) in labels.values():
            continue  # a second name of the same value
        if name.lower() in labels:
            raise TypeError(f"{members.__name__}.{name}: another label differs only in the case of its letters")
        labels[name.lower()] = int(member)
    return Enumeration(labels, kind.bits, kind.signed, kind.order)


def _calibration(annotation: Any, said: WireForm) -> Curve | None:
    """The declared calibration; Linear() for a float that is written as an integer without one."""
    if said.calibration is None and annotation is float and isinstance(said.kind, Integer):
        return Linear()
    return said.calibration
