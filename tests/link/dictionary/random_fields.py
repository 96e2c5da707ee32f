"""Random dictionaries: lists of fields of every kind, with references and conditions among them."""

from hypothesis import strategies as st

from link.dictionary.conditions import All, Comparison, Either
from link.dictionary.curves import Linear
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Lookup,
    Octets,
    Real,
    Reference,
    Terminated,
    Text,
    Time,
    odd_bits,
)

fixed_sizes = st.integers(0, 5)
counted = st.builds(Counted, st.sampled_from((3, 8, 16)))
counted_octets = st.builds(Counted, st.sampled_from((8, 16)))
integers = st.one_of(
    st.builds(Integer, st.integers(1, 70), st.booleans()),
    st.builds(Integer, st.sampled_from((8, 16, 24, 32, 40, 64)), st.booleans(), st.just("little")),
    st.builds(Integer, st.just(32), st.booleans(), st.sampled_from(("3412", "2143", "4231"))),
)
labels = st.dictionaries(st.integers(0, 15), st.text("abc", min_size=1, max_size=3), max_size=4).map(
    lambda table: {label: value for value, label in table.items()}
)
reals = st.builds(Real, st.sampled_from((16, 32, 64)), st.sampled_from(("big", "little")))
scalars = st.one_of(
    integers,
    reals,
    st.builds(Boolean, st.integers(1, 9)),
    st.builds(Enumeration, labels, st.integers(4, 12)),
    st.builds(Time, st.integers(4, 5), st.integers(0, 4)),
)
curves = st.builds(Linear, st.sampled_from((0.25, -2.0, 4.0)), st.sampled_from((0.0, 100.0)))
skips = st.sampled_from((0, 0, 0, 0, 1, 8, 11))


@st.composite
def field_lists(draw, *, depth=1, max_size=8, fixed=False, prefix="f"):
    """Fields called f0, f1 ...; `fixed`: of fixed size only."""
    fields = []
    for number in range(draw(st.integers(0, max_size))):
        kind = draw(scalars if fixed else kinds(fields, depth, f"{prefix}{number}_"))
        whole = isinstance(kind, Integer) and kind.bits <= 32  # exact in a float
        fields.append(
            Field(
                name=f"{prefix}{number}",
                kind=kind,
                skip_bits=draw(skips),
                calibration=draw(st.none() | curves) if whole else None,
                when=None if fixed else draw(st.none() | st.none() | conditions(fields)),
            )
        )
    return fields


def counting(fields):
    """Fields that may give a size: plain integers that are always there."""
    return [one for one in fields if isinstance(one.kind, Integer) and not one.calibration and not one.when]


def sizes(fields):
    choices = [fixed_sizes, counted]
    plain = [field for field in counting(fields) if field.kind.bits >= 8]
    if plain:
        name = st.sampled_from([field.name for field in plain])
        choices.append(st.builds(Reference, name, st.sampled_from((1, 2)), st.sampled_from((0, 2))))
        choices.append(name.map(lookup))
    return st.one_of(choices)


def lookup(name):
    return Lookup(tuple((Comparison(name, 5, op), size) for op, size in ((">", 2), ("==", 1), ("<", 3))))


def conditions(fields):
    """A condition on the fields so far that have a plain value."""
    plain = [field for field in fields if isinstance(field.kind, Integer | Boolean) and not field.calibration]
    if not plain:
        return st.none()
    operators = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
    one = st.builds(Comparison, st.sampled_from([field.name for field in plain]), st.integers(0, 3), operators)
    several = st.lists(one, min_size=1, max_size=2).map(tuple)
    return one | several.map(All) | several.map(Either)


def kinds(fields, depth, prefix):
    drawn_sizes = sizes(fields)
    choices = [
        scalars,
        scalars,
        st.builds(Text, drawn_sizes | st.just(Terminated())),
        st.builds(Octets, drawn_sizes | st.just(Terminated(0x55))),
        st.builds(Array, scalars, drawn_sizes),
    ]
    if depth:
        inner = field_lists(depth=depth - 1, max_size=3, prefix=prefix).map(lambda drawn: Group(tuple(drawn)))
        choices += [inner, st.builds(Array, inner, drawn_sizes)]
    return st.one_of(choices)


bit_kinds = st.one_of(
    st.builds(Integer, st.integers(1, 64), st.booleans()),
    st.builds(Boolean, st.integers(1, 9)),
    st.builds(Enumeration, labels.filter(bool), st.integers(4, 12)),
)
octet_kinds = st.one_of(
    st.builds(Integer, st.sampled_from((8, 16, 24, 32, 64)), st.booleans(), st.sampled_from(("big", "little"))),
    st.builds(Real, st.sampled_from((32, 64)), st.sampled_from(("big", "little"))),
    st.builds(Time, st.integers(4, 5), st.integers(0, 3)),
    st.builds(Text, st.integers(1, 5)),
    st.builds(Octets, st.integers(1, 5)),
)
groups = st.lists(octet_kinds, max_size=2).map(
    lambda kinds: Group(tuple(Field(name=f"m{at}", kind=kind) for at, kind in enumerate(kinds)))
)
structures = groups | st.builds(Array, octet_kinds, st.integers(0, 3)) | st.builds(Octets, counted_octets)


@st.composite
def portable_fields(draw):
    """Fields that other ground systems can read too: what takes whole octets stands on one."""
    fields = []
    for number in range(draw(st.integers(0, 6))):
        small = draw(st.booleans())
        kind = draw(bit_kinds if small else octet_kinds | structures)
        calibration = draw(st.none() | curves) if isinstance(kind, Integer) and kind.bits <= 32 else None
        fields.append(
            Field(
                name=f"f{number}",
                kind=kind,
                skip_bits=draw(skips) if small else -odd_bits(tuple(fields)) % 8,
                calibration=calibration,
                when=None if small or odd_bits(tuple(fields)) else draw(st.none() | conditions(fields)),
            )
        )
    return fields
