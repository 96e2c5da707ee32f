"""What a recording holds: the header, and chunks of clock readings, answers of devices and calls in their order.

An answer to what a node asks again and again stands once for a run of equal ones. Calls, which tell a device something,
stand in their order, each with the number of clock readings since the one before: that fixes when it was made.
"""

import hashlib
from enum import IntEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

INLINE_OCTETS_MAX = 4096
_DIGEST_OCTETS = 32
_PLAIN_OCTETS_MAX = 32


class Ask(IntEnum):
    """A question to a device, whose answer is an input."""

    UTC = 0
    READ = 1
    PORT_STATE = 2
    PORT_WAKE = 3
    UNFINISHED = 4
    RUNNER_WAKE = 5
    OUTCOME = 6
    BOARD_NAME = 7
    DICE = 8
    SELF_TEST = 9
    START = 10
    RESETS = 11
    AREAS = 12
    AREA_SIZE = 13
    VITALS = 14
    CHARGE = 15
    SOFTWARE = 16
    TRIAL = 17


class DeviceCall(IntEnum):
    """What is said to a device, an output, with the answer; and where steps of the loop begin and end."""

    STEP = 0
    WAKE = 1
    WRITE = 2
    SUBMIT = 3
    CAPTURE = 4
    POWER = 5
    MEDIUM = 6
    NOTE = 7
    END = 8
    AREA = 9
    HOLD = 10
    RECOVER = 11


class FlightHeader(msgspec.Struct, kw_only=True):
    """What flew: the mission (mission.py) and the software, and where the node kept its `state`.

    `apps`: path and SHA-256 of each file of apps of the user's own. `is_safe`: it began in safe mode; `keeps_time`: the
    board's clock ran on without power; `boot`: the name of the host's start; `has_battery`: it could ask for the
    charge of one; `bridges`: those whose ports it had.
    """

    software: str
    dictionary: str
    mission: dict[str, Any]
    apps: list[tuple[str, bytes]]
    bits_per_second: Annotated[int, Meta(ge=50, le=10**11)]
    state: str
    is_safe: bool = False
    keeps_time: bool = False
    boot: str = ""
    has_battery: bool = False
    bridges: list[str] = []


class Entries(msgspec.Struct, array_like=True):
    """A chunk: clock readings as differences, the first to `from_ns`; runs of equal answers; calls.

    A run is (number of answers, answer); a call (kind, clock readings since the call before, words, answer).
    """

    from_ns: int
    differences: list[int]
    runs: dict[Ask, list[tuple[int, Any]]]
    calls: list[tuple[DeviceCall, int, Any, Any]]


class DeviceFailure(msgspec.Struct, frozen=True):
    """An exception that a device raised. `is_stop`: it is no Exception, and code that catches errors lets it pass."""

    kind: str
    text: str
    errno: int | None = None
    strerror: str | None = None
    filename: str | None = None
    filename2: str | None = None
    is_stop: bool = False

    @classmethod
    def of(cls, error: BaseException) -> "DeviceFailure":
        """The failure as it is recorded."""
        kind, is_stop = type(error).__name__, not isinstance(error, Exception)
        if isinstance(error, OSError) and error.errno is not None:
            first, second = (None if one is None else str(one) for one in (error.filename, error.filename2))
            return cls(kind, "", error.errno, str(error.strerror), first, second)
        return cls(kind, str(error), is_stop=is_stop)


def mark_of(octets: bytes) -> bytes:
    """What stands for an output, which a replay makes again: itself, or 40 octets of length and digest."""
    if len(octets) <= _PLAIN_OCTETS_MAX:
        return bytes(octets)
    return len(octets).to_bytes(8) + hashlib.blake2b(octets, digest_size=_DIGEST_OCTETS).digest()
