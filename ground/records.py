"""Records of the ground, in the one form in which they are archived, sent to clients and printed.

Times ending in `_ns` are UTC nanoseconds since 1970; `received_ns` is by the ground's clock, `time_ns` by the clock of
the record's source. Every record is a msgspec Struct: JSON is read back typed, or refused naming the wrong key.
"""

from typing import Any, Literal

import msgspec

JsonValue = int | float | bool | str | None
"""A value as JSON holds it: octets as hexadecimal text, a number that is not finite as null."""
TIME_UNIT = "utc_ns"
"""The unit of values that are times: nanoseconds since 1970-01-01 UTC."""
Origin = Literal["node", "ground"]
Severity = Literal["info", "low", "medium", "high"]
CommandState = Literal["queued", "released", "delivered", "accepted", "started", "completed", "failed", "timeout"]
ENDED: frozenset[CommandState] = frozenset(("completed", "failed", "timeout"))


class GroundRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Root of all records."""


class CommandStage(GroundRecord, frozen=True, kw_only=True):
    """One stage of a command; `time_ns` is when it happened on board, None for a stage on the ground."""

    name: str
    received_ns: int
    time_ns: int | None = None
    detail: str = ""


class CommandRecord(GroundRecord, frozen=True, kw_only=True):
    """One command and how far it has come; `request` is APID and sequence count, as verification reports name it."""

    number: int
    name: str
    arguments: dict[str, JsonValue]
    request: str
    sent_ns: int
    state: CommandState
    stages: tuple[CommandStage, ...] = ()
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether no further stage is expected."""
        return self.state in ENDED


class SampleRecord(GroundRecord, frozen=True, kw_only=True):
    """The values of one report, None for one that does not exist now: it is absent, or not valid by its dictionary.

    `out_of_limits`: the gravest violated level of each value that is out of limits.
    """

    report: str
    time_ns: int
    received_ns: int
    values: dict[str, JsonValue]
    units: dict[str, str] = {}
    out_of_limits: dict[str, str] = {}


class History(GroundRecord, frozen=True, kw_only=True):
    """One parameter over time, oldest first: three columns of equal length."""

    parameter: str
    unit: str
    time_ns: tuple[int, ...]
    received_ns: tuple[int, ...]
    values: tuple[JsonValue, ...]


class EventRecord(GroundRecord, frozen=True, kw_only=True):
    """One event, of the node or of the ground itself."""

    origin: Origin
    severity: Severity
    name: str
    message: str
    time_ns: int
    received_ns: int
    count: int
    """Distinguishes events of one time: the packet's sequence count, or the ground's own counter."""
    values: dict[str, JsonValue] = {}
    playback: bool = False
    """Whether it came from the node's recorder, and not as it happened."""


class FileRecord(GroundRecord, frozen=True, kw_only=True):
    """A completely received file: `name` under the output folder, octets, and when its transfer began and ended."""

    name: str
    size_octets: int
    transaction: str
    begun_ns: int
    received_ns: int


class TransferRecord(GroundRecord, frozen=True, kw_only=True):
    """A file transfer: `received_octets` of `size_octets` (0 until that is known); `condition` once it has ended.

    Of one that goes `up`, `received_octets` were sent at least once.
    """

    transaction: str
    name: str
    received_octets: int
    size_octets: int
    begun_ns: int
    updated_ns: int
    condition: str = ""
    direction: Literal["down", "up"] = "down"


class LinkRecord(GroundRecord, frozen=True, kw_only=True):
    """Counters of the radio link since the service began, both ways.

    Frames `corrected` had wrong symbols that Reed-Solomon corrected; `uncorrectable` ones are lost, and so are `lost`
    ones: gaps in the master channel's count; `twice` ones were received before.
    """

    octets_received: int = 0
    octets_skipped: int = 0
    octets_sent: int = 0
    frames_received: int = 0
    frames_corrected: int = 0
    symbols_corrected: int = 0
    frames_uncorrectable: int = 0
    frames_lost: int = 0
    frames_twice: int = 0
    frames_sent: int = 0
    packets: int = 0
    duplicates: int = 0
    packets_played: int = 0
    """Of the packets, those that came from the node's recorder."""
    strays: dict[str, int] = {}
    """Packets that could not be decoded, by reason; their octets are in the archive."""
    last_frame_ns: int | None = None
    uplink: str = ""
    """FOP-1's state on the command link."""


class ArchiveRecord(GroundRecord, frozen=True, kw_only=True):
    """The state of the archive: rows that wait because it cannot be written (`fault`: why), and rows given up.

    `unreadable`: how often a damaged row was skipped when rows were read.
    """

    waiting: int = 0
    abandoned: int = 0
    fault: str = ""
    unreadable: int = 0


class Status(GroundRecord, frozen=True, kw_only=True):
    """The state of the service on one page."""

    node: str
    dictionary: str
    node_dictionary: str | None
    """Version of the dictionary that the node's beacon names; None before the first beacon."""
    port: str
    now_ns: int
    begun_ns: int
    linked: bool
    """Whether the node is heard: valid frames come."""
    link: LinkRecord
    archive: ArchiveRecord
    commands: dict[str, int]
    """Number of commands by state."""
    transfers: tuple[TransferRecord, ...]
    dropped: dict[str, int] = {}
    """How much was dropped for lack of room, by kind."""
    failed: dict[str, int] = {}
    """How often each duty of the service failed, by its name; the log has the reasons."""


class Survey(GroundRecord, frozen=True, kw_only=True):
    """The condition of an archive. `fault`: SQLite's report, empty if sound; rows `whole` and `damaged` by table.

    In a damaged file, rows that cannot be recognised at all are counted by the gaps in the numbers of the others.
    """

    archive: str
    fault: str
    whole: dict[str, int]
    damaged: dict[str, int]

    @property
    def is_sound(self) -> bool:
        """Whether the file is sound and no row is damaged."""
        return not self.fault and not any(self.damaged.values())


def plain(value: Any) -> JsonValue:
    """A decoded value as a JsonValue."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value - value != 0:  # infinity or NaN
        return None
    return value  # type: ignore[no-any-return]
