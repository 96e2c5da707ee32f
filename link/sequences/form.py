"""A stored command sequence as a file, which is also how a node keeps it.

marker "SkS1" 4 | CRC-32C of what follows 4 | the sequence as MessagePack
"""

from struct import Struct
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from kernels.coding.crc import crc32c
from link.errors import ChecksumError, DecodeError, TruncatedError

SEQUENCE_MARKER = b"SkS1"
FILE_OCTETS_MAX = 16_384
STEPS_MAX = 256
DURATION_MS_MAX = 30 * 86_400_000
_CRC = Struct(">I")
_BODY_AT = len(SEQUENCE_MARKER) + _CRC.size
OnTrouble = Literal["stop", "go on"]
"""What a sequence does when a step is late, refused, failed, cut short by a restart, or waited for too long."""
_Duration = Annotated[int, Meta(ge=0, le=DURATION_MS_MAX)]
_Words = Annotated[str, Meta(max_length=200)]


class SequenceStep(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Releases `packet`, a telecommand: at `at_ns` (UTC), or else `after_ms` after the step before it, or the start.

    From then on it waits until the condition `until` holds, for `timeout_ms` at most. Then it is released; or
    skipped, where there is a condition `when` that does not hold.
    """

    packet: Annotated[bytes, Meta(max_length=FILE_OCTETS_MAX)]
    after_ms: _Duration = 0
    at_ns: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    when: _Words = ""
    until: _Words = ""
    timeout_ms: _Duration = 0

    def __post_init__(self) -> None:
        if self.at_ns is not None and self.after_ms:
            raise ValueError("a step is due at a time or after another one, not both")
        if bool(self.until) != bool(self.timeout_ms):
            raise ValueError("a step that waits for a condition has a timeout, and no other has one")


class StoredSequence(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Steps in their order, under a `number` by which they are run and a `name` for people."""

    number: Annotated[int, Meta(ge=1, le=65_535)]
    name: Annotated[str, Meta(pattern=r"\A[ -~]{1,40}\Z")]
    steps: Annotated[tuple[SequenceStep, ...], Meta(min_length=1, max_length=STEPS_MAX)]
    on_trouble: OnTrouble = "stop"

    def encode(self) -> bytes:
        """The file. Raises ValueError for a sequence that is too long."""
        body = msgspec.msgpack.encode(self)
        octets = SEQUENCE_MARKER + _CRC.pack(crc32c(body)) + body
        if len(octets) > FILE_OCTETS_MAX:
            raise ValueError(f"{len(octets)} octets, a sequence has {FILE_OCTETS_MAX} at most")
        return octets

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a file. Raises DecodeError."""
        if len(octets) < _BODY_AT:
            raise TruncatedError(needed=_BODY_AT, given=len(octets))
        if not octets.startswith(SEQUENCE_MARKER):
            raise DecodeError("no sequence: its marker is missing")
        if len(octets) > FILE_OCTETS_MAX:
            raise DecodeError(f"{len(octets)} octets, a sequence has {FILE_OCTETS_MAX} at most")
        (expected,) = _CRC.unpack_from(octets, len(SEQUENCE_MARKER))
        body = octets[_BODY_AT:]
        if crc32c(body) != expected:
            raise ChecksumError(expected=expected, computed=crc32c(body))
        try:
            return msgspec.msgpack.decode(body, type=cls)
        except (msgspec.DecodeError, RecursionError) as error:
            raise DecodeError(f"no sequence: {error}") from None
