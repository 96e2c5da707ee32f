"""What a channel or a peer can do to us.

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
    """A check sequence does not fit what it covers: `expected` is the one that came with it."""

    def __init__(self, *, expected: int, computed: int) -> None:
        super().__init__(f"checksum {expected:#x} expected, {computed:#x} computed")
        self.expected, self.computed = expected, computed


class CapacityError(LinkError):
    """A buffer or window of fixed size is full; what was offered was not taken."""
