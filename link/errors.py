"""Exceptions of the link layer: what a channel or a peer can cause.

LinkError
├── DecodeError          the octets are not what the standard says
│   ├── TruncatedError   .needed .given
│   └── ChecksumError    .expected .computed
└── CapacityError        a buffer or window of fixed size is full
"""


class LinkError(Exception):
    """Root of everything the link layer raises about received octets and full buffers."""


class DecodeError(LinkError):
    """The octets are not what the standard says."""


class TruncatedError(DecodeError):
    """The octets end too early."""

    def __init__(self, *, needed: int, given: int) -> None:
        super().__init__(f"{needed} octets needed, {given} given")
        self.needed, self.given = needed, given


class ChecksumError(DecodeError):
    """A checksum differs from that of the octets it covers: `expected` was received, `computed` is theirs."""

    def __init__(self, *, expected: int, computed: int) -> None:
        super().__init__(f"checksum {expected:#x} expected, {computed:#x} computed")
        self.expected, self.computed = expected, computed


class CapacityError(LinkError):
    """A buffer or window of fixed size is full; what was offered was not taken."""
