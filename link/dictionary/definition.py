"""Whole packets of a mission, both ways: what XTCE files hold and other ground systems read."""

from typing import Self

import msgspec

from link.dictionary.kinds import Reference
from link.dictionary.model import Container


class Definition(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`packets` come down, `requests` go up. A request's criteria are what its fields are set to, its other fields are
    arguments. `size` is the size of a whole packet in octets, where a field gives it. A packet begins with one of
    `roots`; where there are none, with one that builds on no other.
    """

    name: str
    packets: tuple[Container, ...] = ()
    requests: tuple[Container, ...] = ()
    size: Reference | None = None
    roots: tuple[str, ...] = ()
    text: str = ""

    def to_json(self) -> bytes:
        """As a file, one line a value."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_json(cls, octets: bytes) -> Self:
        """Read what `to_json` wrote. Raises ValueError naming the key and what was expected."""
        try:
            return msgspec.json.decode(octets, type=cls)
        except RecursionError:
            raise ValueError("nested too deep") from None
