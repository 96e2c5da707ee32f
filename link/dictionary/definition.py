"""Packet definitions of a mission, for telemetry and telecommands: the content of an XTCE file."""

from typing import Self

import msgspec

from link.dictionary.kinds import Reference
from link.dictionary.model import Container


class Definition(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`packets` are telemetry, `requests` telecommands. A request's criteria give the values of its fixed fields; its
    other fields are arguments. `size` refers to the field that gives the size of a whole packet in octets. A packet
    begins with one of the containers `roots`; where there are none, with one without a base.
    """

    name: str
    packets: tuple[Container, ...] = ()
    requests: tuple[Container, ...] = ()
    size: Reference | None = None
    roots: tuple[str, ...] = ()
    text: str = ""

    def to_json(self) -> bytes:
        """The definition as a JSON file with one value a line."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_json(cls, octets: bytes) -> Self:
        """Read what `to_json` wrote. Raises ValueError naming the key and what was expected."""
        try:
            return msgspec.json.decode(octets, type=cls)
        except RecursionError:
            raise ValueError("nested too deep") from None
