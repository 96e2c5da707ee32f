"""Codecs by number, each made when it is first asked for: a node has hundreds of parameters, and few are ever read."""

from collections.abc import Mapping, Sequence

from link.dictionary.codec.record import Codec
from link.dictionary.kinds import Field, fixed_bits


class LazyCodecs:
    """The codecs of the lists of fields in `fields`, by the same numbers.

    Raises ValueError at once for a list that is impossible, as one of fields that depend on others may be.
    """

    def __init__(self, fields: Mapping[int, Sequence[Field]]) -> None:
        self._fields = fields
        self._made = {number: Codec(some) for number, some in fields.items() if any(map(_may_depend, some))}

    def __getitem__(self, number: int) -> Codec:
        """The codec of `number`. Raises KeyError."""
        codec = self._made.get(number)
        if codec is None:
            codec = self._made[number] = Codec(self._fields[number])
        return codec


def _may_depend(field: Field) -> bool:
    """Whether the form of a value may depend on other fields."""
    return fixed_bits(field.kind) is None or field.when is not None or bool(field.contexts)
