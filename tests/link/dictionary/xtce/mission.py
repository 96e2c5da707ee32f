"""A mission of many packet types, drawn from a seed: what other ground systems have to decode as we do."""

import random
import struct

import msgspec

from link.dictionary import Dictionary
from link.dictionary.codec.record import Codec
from link.dictionary.curves import Linear, Polynomial, Spline
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Text,
    Time,
    odd_bits,
)
from link.dictionary.limits import Limits
from link.dictionary.model import CommandEntry, EventEntry, ReportEntry
from link.pus.services import events, housekeeping
from link.pus.source import TmSource

APID = 321
CURVES = [
    Linear(0.25, -5.0),
    Polynomial((1.0, 0.5, 0.125)),
    Spline(((0.0, 0.0), (100.0, 50.0), (70000.0, 51.0)), extrapolate=True),
    None,
    None,
]
LABELS = {"off": 0, "on": 1, "heating": 2, "failed": 7}


def kind_of(rng):
    return rng.choice(
        [
            Integer(rng.randint(1, 64)),
            Integer(rng.choice((8, 16, 32)), signed=True),
            Integer(rng.choice((16, 32)), order="little"),
            Real(rng.choice((32, 64)), rng.choice(("big", "little"))),
            Boolean(rng.randint(1, 8)),
            Enumeration(LABELS, rng.randint(3, 16)),
            Text(rng.randint(1, 9)),
            Text(Counted(8)),
            Octets(rng.randint(1, 9)),
            Octets(Counted(8)),
            Time(),
            Array(Integer(rng.randint(1, 20)), rng.randint(1, 3)),
            Group((Field(name="x", kind=Integer(16)), Field(name="y", kind=Real(32)))),
        ]
    )


def fields_of(rng, size):
    fields = []
    for number in range(size):
        kind = kind_of(rng)
        plain = isinstance(kind, Integer) and kind.bits <= 16
        limits = Limits(warning=(0, 20), critical=(-10, 40)) if plain and rng.random() < 0.5 else None
        curve = rng.choice(CURVES) if plain and not kind.signed else None
        wide = isinstance(kind, Text | Octets) or getattr(kind, "order", "big") == "little"
        skip = -odd_bits(tuple(fields)) % 8 if wide else rng.choice((0, 0, 3))
        fields.append(Field(name=f"f{number}", kind=kind, calibration=curve, limits=limits, skip_bits=skip))
    return tuple(fields)


def arguments_of(rng, size):
    numbers = [Integer(16), Integer(8, signed=True), Real(32), Real(64)]
    kinds = [*numbers, Enumeration(LABELS), Boolean(), Text(8), Octets(3)]
    arguments = []
    for number in range(size):
        kind = rng.choice(kinds)
        bounds = (0, 100) if isinstance(kind, Integer | Real) else None
        arguments.append(Field(name=f"a{number}", kind=kind, range=bounds))
    return tuple(arguments)


def mission(seed=1, reports=24, commands=22):
    """The dictionary of a node called mission."""
    rng = random.Random(seed)
    return Dictionary(
        node="mission",
        apid=APID,
        managed={},
        reports=tuple(
            ReportEntry(id=n, name=f"Report{n}", fields=fields_of(rng, rng.randint(1, 12))) for n in range(reports)
        ),
        events=tuple(
            EventEntry(id=n, name=f"Event{n}", severity=severity, fields=fields_of(rng, 2))
            for n, severity in enumerate(("info", "low", "medium", "high"))
        ),
        commands=tuple(
            CommandEntry(id=n, name=f"app.command{n}", fields=arguments_of(rng, n % 6), hazardous=n % 5 == 0)
            for n in range(commands)
        ),
    )


def packets_of(dictionary, count, seed=5, optional=None):
    """Random whole packets of every report and event, one second apart."""
    rng = random.Random(seed)
    entries = [(report, housekeeping.HousekeepingReport) for report in dictionary.reports]
    entries += [(event, events.form_of(event.severity)) for event in dictionary.events]
    source = TmSource(dictionary.apid)
    for number in range(count):
        entry, form = entries[number % len(entries)]
        report = form(entry.id, random_octets(rng, entry.fields, optional or {}))
        yield source.packet(report, (1_000_000_000 + number) * 10**9)


def random_octets(rng, fields, optional):
    """Fields with random values; `optional` says, by name, whether one is there beside the others.

    Not every calibration can be turned round, so numbers on the wire are drawn.
    """
    bare = [msgspec.structs.replace(field, calibration=None) for field in fields]
    values = {field.name: value_of(rng, field) for field in bare}
    values |= {name: None for name, test in optional.items() if name in values and not test(values)}
    return Codec(bare).encode(list(values.values()))


def value_of(rng, field):
    """A random value that `field` can hold."""
    return value_of_kind(rng, field.kind, field)


def value_of_kind(rng, kind, field):
    match kind:
        case Integer():
            low, high = kind.bounds if field.range is None else field.range
            return rng.randint(int(low), int(high))
        case Real(bits=bits):
            value = rng.uniform(*(field.range or (-1e6, 1e6)))
            return struct.unpack("f", struct.pack("f", value))[0] if bits == 32 else value
        case Boolean():
            return rng.random() < 0.5
        case Enumeration():
            return rng.choice(list(kind.labels))
        case Text(size=size):
            return "".join(rng.choice("abcxyz") for _ in range(rng.randint(1, size if isinstance(size, int) else 9)))
        case Octets(size=size):
            return rng.randbytes(size if isinstance(size, int) else rng.randint(1, 6))
        case Time():
            return rng.randint(10**18, 2 * 10**18)
        case Array(of=of, count=count):
            return [value_of_kind(rng, of, field) for _ in range(count)]
        case Group(fields=fields):
            return {one.name: value_of(rng, one) for one in fields}
    raise AssertionError(kind)
