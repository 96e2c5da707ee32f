"""The protocol between clients and the service: JSON objects, one per line, over a Unix socket.

    client   {"do": "command", "id": 7, "name": "imaging.capture", "arguments": {"target": "coast"}}
    service  {"is": "reply", "id": 7, "result": {"number": 1, "state": "released", ...}}
    service  {"is": "refusal", "id": 7, "code": "invalid", "message": "no command is called ..."}
    service  {"is": "news", "topic": "sample", "record": {...}}

The client chooses a request's `id`, which its answer repeats. News go to subscribed clients, in order; where a
client is slow, the newest record of a thing replaces older ones, and dropped news are counted.
"""

from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord, SampleRecord, Status, TransferRecord

LINE_OCTETS_MAX = 1 << 20
ROWS_MAX = 100_000
Topic = Literal["sample", "event", "command", "transfer", "file", "status"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
NEWS: dict[Topic, type[GroundRecord]] = {
    "sample": SampleRecord,
    "event": EventRecord,
    "command": CommandRecord,
    "transfer": TransferRecord,
    "file": FileRecord,
    "status": Status,
}


_Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # the range of an INTEGER column of SQLite
_Name = Annotated[str, Meta(max_length=600)]  # room for the longest names of a report and a field


class ServiceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Root of all requests."""

    id: _Integer = 0


class GetStatus(ServiceRequest, frozen=True, kw_only=True, tag="status"):
    """Answer: `Status`."""


class SendCommand(ServiceRequest, frozen=True, kw_only=True, tag="command"):
    """Answer: the `CommandRecord`, once the command is queued for the link. Values may be texts as a person types them.

    A hazardous command needs `confirm`.
    """

    name: _Name
    arguments: Annotated[dict[_Name, _Integer | float | bool | str], Meta(max_length=256)] = {}
    confirm: bool = False


class SendFile(ServiceRequest, frozen=True, kw_only=True, tag="send_file"):
    """Answer: the `TransferRecord` of a copy of the file at `path`, a whole path on the service's computer.

    The node is to keep it as `name`. It is sent as soon as the node is heard.
    """

    path: Annotated[str, Meta(max_length=4096, pattern="^/")]
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class LocateFile(ServiceRequest, frozen=True, kw_only=True, tag="locate_file"):
    """Answer: the whole path of the received file `name` on the service's computer."""

    name: Annotated[str, Meta(min_length=1, max_length=600)]


class _Query(ServiceRequest, frozen=True, kw_only=True):
    """The newest `limit` records since `since_ns`, UTC nanoseconds of the ground's clock, oldest first."""

    since_ns: _Integer = 0
    limit: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.limit <= ROWS_MAX:
            raise ValueError(f"limit = {self.limit}, expected 1..{ROWS_MAX}")


class ListCommands(_Query, frozen=True, kw_only=True, tag="commands"):
    """Answer: a list of `CommandRecord`."""


class ListEvents(_Query, frozen=True, kw_only=True, tag="events"):
    """Answer: a list of `EventRecord`."""


class ListFiles(_Query, frozen=True, kw_only=True, tag="files"):
    """Answer: a list of `FileRecord`."""


class GetHistory(_Query, frozen=True, kw_only=True, tag="history"):
    """Answer: the `History` of `parameter`, "report.field"; here `since_ns` is the node's clock."""

    parameter: _Name


class GetLatest(ServiceRequest, frozen=True, kw_only=True, tag="latest"):
    """Answer: a list of the latest `SampleRecord` of each report since the service began."""


class Subscribe(ServiceRequest, frozen=True, kw_only=True, tag="subscribe"):
    """Answer: null; from then on news of `topics` are sent, besides those of topics subscribed before."""

    topics: Annotated[tuple[Topic, ...], Meta(max_length=100)]


AnyRequest = (
    GetStatus | SendCommand | SendFile | LocateFile | ListCommands | ListEvents | ListFiles | GetHistory | GetLatest
    | Subscribe
)  # fmt: skip


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="reply"):
    """The answer to a request: its result."""

    id: int
    result: Any


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="refusal"):
    """The answer to a refused request: a code and the reason. `id` is None where the request could not be read."""

    id: int | None
    code: str
    message: str


class News(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="news"):
    """A record of a topic that the client has subscribed to."""

    topic: Topic
    record: Any


class Dropped(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="dropped"):
    """The number of news dropped since the client subscribed, because it was too slow."""

    count: int


class _Numbered(msgspec.Struct):
    id: int | None = None


AnyAnswer = Reply | Refusal | News | Dropped
_Kind = TypeVar("_Kind")
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ENCODER = msgspec.json.Encoder()
_REQUESTS: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_ANSWERS: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)


def encode(message: ServiceRequest | AnyAnswer) -> bytes:
    """A message as one line of JSON."""
    return _ENCODER.encode(message) + b"\n"


def decode_request(line: bytes) -> AnyRequest:
    """Read a client's line. Raises ValueError saying which key is wrong and what was expected."""
    try:
        return _REQUESTS.decode(line)
    except RecursionError:
        raise ValueError("request not understood: nested too deep") from None
    except _UNREADABLE as error:
        raise ValueError(f"request not understood: {error}") from None


def decode_answer(line: bytes) -> AnyAnswer:
    """Read the service's line. Raises ValueError."""
    try:
        return _ANSWERS.decode(line)
    except _UNREADABLE as error:
        raise ValueError(f"answer not understood: {error}") from None


def as_kind(plain: Any, kind: type[_Kind]) -> _Kind:
    """A `result` or `record`, converted from plain JSON to `kind`. Raises ValueError naming the wrong key."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"answer not understood: {error}") from None


def request_id(line: bytes) -> int | None:
    """The `id` of a request that is otherwise malformed; None where it cannot be found."""
    try:
        return msgspec.json.decode(line, type=_Numbered).id
    except _UNREADABLE:
        return None
