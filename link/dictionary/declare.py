"""How telemetry, events, commands and parameters are declared: typed Python, beside the app that owns them.

    class NodeStatus(Telemetry, id=0x01):
        \"\"\"Node board, 1 Hz.\"\"\"
        uptime_s: int = wire(Int32ub, unit="s")

    class CaptureFailed(Event, id=0x02, severity="medium"):
        \"\"\"Capture of {target} failed.\"\"\"
        target: str = wire(Text(16))

    @dataclass
    class Imaging(App):
        exposure_ms: float = parameter(Float32b, id=1, default=2.5, unit="ms", range=(0.1, 1000))

        @command(opcode=0x31)
        def capture(self, target: str) -> None: ...

The annotation says what Python sees, `wire` how it is written; a pair that does not fit is refused when the class is
made. Reports and events are plain objects with slots: `encode()` on board, `decode(octets)` in tests.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, IntEnum
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints

from link.dictionary import kinds, model
from link.dictionary.codec import Codec
from link.dictionary.curves import Linear
from link.dictionary.domain import check_range
from link.dictionary.kinds import (
    AnyKind,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Integer,
    Octets,
    Real,
    Text,
    Time,
)
from link.dictionary.limits import Bounds, Limits
from link.dictionary.model import Severity

_Function = TypeVar("_Function", bound=Callable[..., Any])
_BY_ANNOTATION: dict[type, AnyKind] = {
    bool: kinds.Flag,
    int: kinds.Int32sb,
    float: kinds.Float64b,
    str: Text(Counted(8)),
    bytes: Octets(Counted(16)),
}
_FITS: dict[type, tuple[type, ...]] = {
    bool: (Boolean,),
    int: (Integer, Time),
    float: (Real, Integer),
    str: (Text,),
    bytes: (Octets,),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What `wire` was told about a field; `field_of` joins it with the field's name and annotation."""

    kind: AnyKind | None = None
    unit: str = ""
    text: str = ""
    skip_bits: int = 0
    scale: float | None = None
    offset: float = 0.0
    limits: Limits | Bounds | None = None
    range: Bounds | None = None


def wire(
    kind: AnyKind | None = None,
    *,
    unit: str = "",
    text: str = "",
    skip_bits: int = 0,
    scale: float | None = None,
    offset: float = 0.0,
    limits: Limits | Bounds | None = None,
    range: Bounds | None = None,  # noqa: A002  # the field's own word
) -> Any:
    """How a field is written, and what its value means: value = raw * scale + offset, in `unit`.

    `limits` are what telemetry should stay in (a pair is the warning band), `range` what an argument may be, inclusive.
    """
    return Wire(
        kind=kind, unit=unit, text=text, skip_bits=skip_bits, scale=scale, offset=offset, limits=limits, range=range
    )


def field_of(owner: str, name: str, annotation: Any, said: Wire, default: Any = None) -> Field:
    """The dictionary's field. Raises TypeError where the annotation and the kind do not fit."""
    try:
        return Field(
            name=name,
            kind=_kind(annotation, said.kind),
            unit=said.unit,
            text=said.text,
            skip_bits=said.skip_bits,
            calibration=_calibration(annotation, said),
            limits=Limits(warning=said.limits) if isinstance(said.limits, tuple) else said.limits,
            range=said.range,
            default=_plain(default),
        )
    except TypeError as error:
        raise TypeError(f"{owner}.{name}: {error}") from None


def _plain(default: Any) -> Any:
    """A default as JSON holds it: the label of a member, octets as hexadecimal text."""
    if isinstance(default, Enum):
        return default.name.lower()
    return default.hex() if isinstance(default, bytes) else default


def _kind(annotation: Any, kind: AnyKind | None) -> AnyKind:
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return _enumeration(annotation, kind or kinds.Int8ub)
    if annotation not in _BY_ANNOTATION:
        known = ", ".join(one.__name__ for one in _BY_ANNOTATION)
        raise TypeError(f"{annotation} has no wire form; use {known} or an IntEnum")
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
    labels = {member.name.lower(): int(member) for member in members}
    return Enumeration(labels, kind.bits, kind.signed, kind.order)


def _calibration(annotation: Any, said: Wire) -> Linear | None:
    scaled = said.scale is not None or said.offset
    if scaled or (annotation is float and isinstance(said.kind, Integer)):
        return Linear(1.0 if said.scale is None else said.scale, said.offset)
    return None


def _enums(hints: dict[str, Any]) -> dict[str, type[Enum]]:
    return {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, Enum)}


@dataclass_transform(kw_only_default=True, field_specifiers=(wire,))
class _RecordType(type):
    """Makes a class whose attributes are `wire` fields a dataclass with slots and a codec."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **said: Any) -> Any:
        wires = {key: value for key, value in body.items() if isinstance(value, Wire)}
        plain = {key: value for key, value in body.items() if key not in wires}
        made = super().__new__(mcs, name, bases, {**plain, "__slots__": tuple(wires)}, **said)
        cls: Any = dataclasses.dataclass(made)
        hints = get_type_hints(cls)
        for field in dataclasses.fields(cls):
            if field.name in body.get("__annotations__", {}) and field.name not in wires:
                raise TypeError(f"{name}.{field.name}: give it a wire(...)")
        added = (field_of(name, key, hints[key], value) for key, value in wires.items())
        cls.__fields__ = (*getattr(cls, "__fields__", ()), *added)
        cls.__codec__ = Codec(cls.__fields__, _enums(hints))
        cls.__values__ = staticmethod(_getter([field.name for field in cls.__fields__]))
        return cls


def _getter(names: list[str]) -> Callable[[Any], Sequence[Any]]:
    return attrgetter(*names) if len(names) > 1 else lambda record: [getattr(record, name) for name in names]


class Record(metaclass=_RecordType):
    """Fields in the order in which they are written; the base of everything that is declared as a class."""

    __fields__: ClassVar[tuple[Field, ...]]
    __codec__: ClassVar[Codec]
    __values__: ClassVar[Callable[[Any], Sequence[Any]]]

    def encode(self) -> bytes:
        """The octets. Raises ValueError naming the field that does not fit."""
        try:
            return self.__codec__.encode(type(self).__values__(self))
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}.{error}") from None

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """The object that `octets` are, all of them. Raises DecodeError."""
        make: Any = cls  # by position: it costs less than by name
        record: Self = make(*cls.__codec__.decode(octets))
        return record


class Telemetry(Record):
    """A report, sent as housekeeping structure `id` (PUS 3,25). Its docstring goes into the dictionary."""

    __id__: ClassVar[int]

    def __init_subclass__(cls, *, id: int) -> None:  # noqa: A002  # the field's own word
        cls.__id__ = id


class Event(Record):
    """What happened, sent by PUS 5 as event definition `id`; {field} in the docstring stands for its value."""

    __id__: ClassVar[int]
    __severity__: ClassVar[Severity]

    def __init_subclass__(cls, *, id: int, severity: Severity = "info") -> None:  # noqa: A002  # the field's own word
        cls.__id__, cls.__severity__ = id, severity


def report_entry(cls: type[Telemetry]) -> model.Report:
    """The dictionary's entry of a report class."""
    return model.Report(id=cls.__id__, name=cls.__name__, fields=cls.__fields__, text=_text(cls))


def event_entry(cls: type[Event]) -> model.Event:
    """The dictionary's entry of an event class."""
    return model.Event(
        id=cls.__id__, name=cls.__name__, severity=cls.__severity__, fields=cls.__fields__, text=_text(cls)
    )


class CommandForm:
    """What `@command` notes on a method: identifier, arguments and their codec."""

    def __init__(self, function: Callable[..., Any], opcode: int, hazardous: bool) -> None:
        self.function, self.opcode, self.hazardous = function, opcode, hazardous

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The arguments; worked out at first use, when every name in the annotations exists."""
        return tuple(self._arguments())

    @cached_property
    def codec(self) -> Codec:
        """Of the arguments; enumerations are members of their class."""
        return Codec(self.fields, _enums(get_type_hints(self.function)))

    def entry(self, app_name: str) -> model.Command:
        """The dictionary's entry, called `app_name.method`."""
        return model.Command(
            id=self.opcode,
            name=f"{app_name}.{self.function.__name__}",
            fields=self.fields,
            text=_text(self.function),
            hazardous=self.hazardous,
        )

    def _arguments(self) -> Iterator[Field]:
        hints = get_type_hints(self.function, include_extras=True)
        for name, argument in list(inspect.signature(self.function).parameters.items())[1:]:
            annotation, said = _split(hints.get(name))
            default = None if argument.default is argument.empty else argument.default
            yield field_of(self.function.__qualname__, name, annotation, said, default)


def _split(hint: Any) -> tuple[Any, Wire]:
    """`Annotated[float, wire(...)]` or a plain annotation."""
    if get_origin(hint) is not Annotated:
        return hint, Wire()
    annotation, *extras = get_args(hint)
    return annotation, next((extra for extra in extras if isinstance(extra, Wire)), Wire())


def command(*, opcode: int, hazardous: bool = False) -> Callable[[_Function], _Function]:
    """Makes a method of an app the command with function identifier `opcode` (PUS 8,1).

    Arguments are what the signature says: `low_degc: Annotated[float, wire(Float32b, range=(-40, 60))]`, or a plain
    annotation for the usual kind (int of 32 bits, float of 64, str and bytes with a count in front).
    """

    def mark(function: _Function) -> _Function:
        vars(function)["__command__"] = CommandForm(function, opcode, hazardous)
        return function

    return mark


def commands_of(app: type) -> Iterator[CommandForm]:
    """The commands of an app class, inherited ones included, in order of their identifiers."""
    found = (getattr(getattr(app, name), "__command__", None) for name in dir(app))
    yield from sorted((form for form in found if form is not None), key=lambda form: form.opcode)


def decode_arguments(function: Callable[..., Any], octets: bytes) -> dict[str, Any]:
    """The arguments of a `@command` method as its signature names and types them.

    Raises DecodeError for octets that are no such arguments, ValueError for one outside its range.
    """
    form: CommandForm = function.__command__  # type: ignore[attr-defined]  # set by `command`
    values = form.codec.decode(octets)
    for field, value in zip(form.fields, values, strict=True):
        check_range(field, value)
    return {field.name: value for field, value in zip(form.fields, values, strict=True)}


def parameter(
    kind: AnyKind | None = None,
    *,
    id: int,  # noqa: A002  # the field's own word
    default: Any,
    unit: str = "",
    text: str = "",
    scale: float | None = None,
    offset: float = 0.0,
    range: Bounds | None = None,  # noqa: A002  # the field's own word
) -> Any:
    """A dataclass field of an app that service 20 reads and sets as parameter `id`."""
    said = Wire(kind=kind, unit=unit, text=text, scale=scale, offset=offset, range=range)
    return dataclasses.field(default=default, metadata={"parameter": (id, said)})


def parameters_of(app: type, app_name: str) -> Iterator[model.Parameter]:
    """The dictionary's entries of an app class's parameters, called `app_name.attribute`."""
    hints = get_type_hints(app)
    for item in dataclasses.fields(app) if dataclasses.is_dataclass(app) else ():
        if "parameter" in item.metadata:
            number, said = item.metadata["parameter"]
            field = field_of(app.__name__, item.name, hints[item.name], said, item.default)
            yield model.Parameter(id=number, name=f"{app_name}.{item.name}", field=field, text=said.text)


def _text(declared: Any) -> str:
    """Its docstring; not the signature that dataclasses write where there is none."""
    text = inspect.cleandoc(declared.__doc__ or "")
    return "" if text.startswith(f"{declared.__name__}(") else text
