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

The annotation gives the Python type, `wire` the form on the wire; a pair that does not fit is refused when the class is
made. An `id` or `opcode` that is left out is made of the declaration's name (identifiers.py). Reports and events are
plain objects with slots: `encode()` on board, `decode(octets)` in tests.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints

from link.dictionary import model
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import parse_condition
from link.dictionary.domain import check_labels, check_range
from link.dictionary.identifiers import assigned_id
from link.dictionary.kinds import AnyKind, Field
from link.dictionary.limits import Bounds
from link.dictionary.model import Severity
from link.dictionary.wires import WireForm, class_of, field_of, on_board, wire

_APPS_MAX = 256  # whose commands are remembered
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass_transform(kw_only_default=True, field_specifiers=(wire,))
class _RecordType(type):
    """Metaclass that makes a class with `wire` attributes a dataclass with slots and a codec."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **said: Any) -> Any:
        wires = {key: value for key, value in body.items() if isinstance(value, WireForm)}
        plain = {key: value for key, value in body.items() if key not in wires}
        made = super().__new__(mcs, name, bases, {"__slots__": tuple(wires), **plain}, **said)
        cls: Any = dataclasses.dataclass(eq=False, repr=False)(made)  # those of Record: there are hundreds of classes
        hints = get_type_hints(cls, include_extras=True)
        for field in dataclasses.fields(cls):
            if field.name in body.get("__annotations__", {}) and field.name not in wires:
                raise TypeError(f"{name}.{field.name}: give it a wire(...)")
        added = (field_of(name, key, hints[key], value) for key, value in wires.items())
        cls.__fields__ = (*getattr(cls, "__fields__", ()), *added)
        _check_conditions(name, cls.__fields__)
        cls.__codec__ = _codec(cls.__fields__, hints)
        cls.__values__ = staticmethod(_getter([field.name for field in cls.__fields__]))
        return cls


def _check_conditions(owner: str, fields: Sequence[Field]) -> None:
    """Raises TypeError for a comparison of an enumeration with a text that is none of its labels: it never holds."""
    named = {field.name: field for field in fields}
    for field in fields:
        try:
            check_labels(field.when, named)
            check_labels(field.valid, named)
        except ValueError as error:
            raise TypeError(f"{owner}.{field.name}: {error}") from None


def _codec(fields: Sequence[Field], hints: dict[str, Any]) -> Codec:
    """The codec of a record on board, where enumerations are members of their class."""
    classes = {field.name: class_of(hints[field.name]) for field in fields}
    here = [on_board(field, hints[field.name]) for field in fields]
    return Codec(here, {name: found for name, found in classes.items() if found})


def _getter(names: list[str]) -> Callable[[Any], Sequence[Any]]:
    return attrgetter(*names) if len(names) > 1 else lambda record: [getattr(record, name) for name in names]


class Record(metaclass=_RecordType):
    """Fields in the order in which they are written; the base of everything that is declared as a class."""

    __slots__ = ("_sealed",)
    __fields__: ClassVar[tuple[Field, ...]]
    __codec__: ClassVar[Codec]
    __values__: ClassVar[Callable[[Any], Sequence[Any]]]

    def seal(self) -> bytes:
        """The octets, which `encode` gives from now on, whatever becomes of the fields. Raises as that does."""
        self._sealed = octets = self.encode()
        return octets

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(type(self).__values__(self) == type(self).__values__(other))

    def __repr__(self) -> str:
        listed = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in self.__fields__)
        return f"{type(self).__qualname__}({listed})"

    def encode(self) -> bytes:
        """The octets. Raises ValueError naming the field that does not fit."""
        sealed: bytes | None = getattr(self, "_sealed", None)
        if sealed is not None:
            return sealed
        try:
            return self.__codec__.encode(type(self).__values__(self))
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}.{error}") from None

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """The object encoded in all of `octets`. Raises DecodeError."""
        return cls(*cls.__codec__.decode(octets))  # by position: it costs less than by name


class Telemetry(Record):
    """A report, sent as housekeeping structure `id` (PUS 3,25). Its docstring goes into the dictionary."""

    __id__: ClassVar[int]
    __said_id__: ClassVar[int | None]

    def __init_subclass__(cls, *, id: int | None = None) -> None:  # noqa: A002  # the field's own word
        cls.__said_id__ = id
        cls.__id__ = assigned_id("report", cls.__name__) if id is None else id


class Event(Record):
    """An event, sent by PUS 5 as event definition `id`; {field} in the docstring stands for the field's value."""

    __id__: ClassVar[int]
    __said_id__: ClassVar[int | None]
    __severity__: ClassVar[Severity]

    def __init_subclass__(cls, *, id: int | None = None, severity: Severity = "info") -> None:  # noqa: A002  # its word
        cls.__said_id__, cls.__severity__ = id, severity
        cls.__id__ = assigned_id("event", cls.__name__) if id is None else id


def app_name(app: type) -> str:
    """The prefix of an app's commands and parameters: its `app_name`, or its class's name in lower case."""
    return str(getattr(app, "app_name", app.__name__.lower()))


def settle(app: Any, records: Iterable[type[Telemetry | Event]], name: str, initial: Mapping[str, Any]) -> None:
    """Call an app class and what it declares after `name`; its parameters begin with the values `initial`.

    Under another name than its own, the identifiers that the class gives are another instance's: new ones are assigned.
    """
    app.__renamed__ = name != app_name(app)
    app.app_name, app.__initial__ = name, dict(initial)
    for cls in records:
        full = f"{name}.{cls.__name__}"
        if app.__renamed__ or cls.__said_id__ is None:
            cls.__id__ = assigned_id("event" if issubclass(cls, Event) else "report", full)
        if app.__renamed__:
            cls.__name__ = full


def report_entry(cls: type[Telemetry]) -> model.ReportEntry:
    """The dictionary's entry of a report class."""
    return model.ReportEntry(id=cls.__id__, name=cls.__name__, fields=cls.__fields__, text=_text(cls))


def event_entry(cls: type[Event]) -> model.EventEntry:
    """The dictionary's entry of an event class."""
    return model.EventEntry(
        id=cls.__id__, name=cls.__name__, severity=cls.__severity__, fields=cls.__fields__, text=_text(cls)
    )


class CommandForm:
    """What `@command` notes on a method: identifier, arguments and their codec."""

    def __init__(self, function: Callable[..., Any], opcode: int | None, hazardous: bool, constraint: str) -> None:
        self.function, self.said, self.hazardous = function, opcode, hazardous
        self.opcode = assigned_id("command", function.__name__) if opcode is None else opcode
        self.constraint = parse_condition(constraint) if constraint else None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The arguments; worked out at first use, when every name in the annotations exists."""
        return tuple(self._arguments())

    @cached_property
    def codec(self) -> Codec:
        """The codec of the arguments; enumerations are members of their class."""
        return _codec(self.fields, get_type_hints(self.function))

    def of(self, app: type) -> "CommandForm":
        """This form, with the identifier that the command has in the app class `app`."""
        if self.said is not None and not getattr(app, "__renamed__", False):
            return self
        form = copy(self)
        form.opcode = assigned_id("command", f"{app_name(app)}.{self.function.__name__}")
        return form

    def entry(self, app_name: str) -> model.CommandEntry:
        """The dictionary's entry, called `app_name.method`."""
        return model.CommandEntry(
            id=self.opcode,
            name=f"{app_name}.{self.function.__name__}",
            fields=self.fields,
            text=_text(self.function),
            hazardous=self.hazardous,
            constraint=self.constraint,
        )

    def _arguments(self) -> Iterator[Field]:
        hints = get_type_hints(self.function, include_extras=True)
        for name, argument in list(inspect.signature(self.function).parameters.items())[1:]:
            annotation, said = _split(hints.get(name))
            default = None if argument.default is argument.empty else argument.default
            yield field_of(self.function.__qualname__, name, annotation, said, default)


def _split(hint: Any) -> tuple[Any, WireForm]:
    """`Annotated[float, wire(...)]` or a plain annotation."""
    if get_origin(hint) is not Annotated:
        return hint, WireForm()
    annotation, *extras = get_args(hint)
    return annotation, next((extra for extra in extras if isinstance(extra, WireForm)), WireForm())


def command(
    *, opcode: int | None = None, hazardous: bool = False, constraint: str = ""
) -> Callable[[_Function], _Function]:
    """Makes a method of an app the command with function identifier `opcode` (PUS 8,1).

    The ground sends it only while `constraint` holds of the last telemetry: "NodeStatus.mode == nominal and ...".

    Arguments are what the signature says: `low_degc: Annotated[float, wire(Float32b, range=(-40, 60))]`, or a plain
    annotation for the usual kind (int of 32 bits, float of 64, str and bytes with a count in front).
    """

    def mark(function: _Function) -> _Function:
        vars(function)["__command__"] = CommandForm(function, opcode, hazardous, constraint)
        return function

    return mark


def commands_of(app: type) -> Iterator[CommandForm]:
    """The commands of an app class, inherited ones included, in order of their identifiers."""
    yield from sorted((form.of(app) for form in _forms(app)), key=lambda form: form.opcode)


@lru_cache(maxsize=_APPS_MAX)
def _forms(app: type) -> tuple[CommandForm, ...]:
    """The forms of the commands of an app class, as its methods note them: a node asks again at each of its starts."""
    found = (getattr(getattr(app, name), "__command__", None) for name in dir(app))
    return tuple(form for form in found if form is not None)


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
    id: int | None = None,  # noqa: A002  # the field's own word
    default: Any,
    unit: str = "",
    text: str = "",
    scale: float | None = None,
    offset: float = 0.0,
    range: Bounds | None = None,  # noqa: A002  # the field's own word
) -> Any:
    """A dataclass field of an app that service 20 reads and sets as parameter `id`."""
    said = wire(kind, unit=unit, text=text, scale=scale, offset=offset, range=range)
    return dataclasses.field(default=default, metadata={"parameter": (id, said)})


def parameters_of(app: type, app_name: str) -> Iterator[model.ParameterEntry]:
    """The dictionary's entries of an app class's parameters, called `app_name.attribute`."""
    hints = get_type_hints(app)
    for item in dataclasses.fields(app) if dataclasses.is_dataclass(app) else ():
        if "parameter" in item.metadata:
            number, said = item.metadata["parameter"]
            name, default = f"{app_name}.{item.name}", getattr(app, "__initial__", {}).get(item.name, item.default)
            if number is None or getattr(app, "__renamed__", False):
                number = assigned_id("parameter", name)
            field = field_of(app.__name__, item.name, hints[item.name], said, default)
            yield model.ParameterEntry(id=number, name=name, field=field, text=said.text)


def _text(declared: Any) -> str:
    """The docstring of a class; "" for the signature that `dataclass` writes where there is none."""
    text = inspect.cleandoc(declared.__doc__ or "")
    return "" if text.startswith(f"{declared.__name__}(") else text
