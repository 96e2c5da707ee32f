"""A client of the ground service for scripts, tests and the command line: plain calls, no event loop.

with Client(default_path()) as ground:
    sent = ground.command("imaging.capture", {"target": "coast"})
    ground.wait_command(sent.number, timeout_s=60)
    product = ground.wait_file("*.product", timeout_s=60)
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any, Self, TypeVar

from ground.errors import ServiceError, ServiceRefusedError, WaitError
from ground.records import (
    CommandRecord,
    CommandStage,
    EventRecord,
    FileRecord,
    GroundRecord,
    History,
    SampleRecord,
    Status,
    TransferRecord,
)
from ground.service import api
from ground.service.api import Topic
from ground.service.socket_path import connect, default_path
from hal.clock import Clock
from hal.linux.clock import HostClock

_READ_OCTETS = 1 << 16
ANSWER_TIMEOUT_S = 30.0
NEWS_MAX = 10_000
_GLANCE_NS = 100_000_000
_Kind = TypeVar("_Kind")
_News = TypeVar("_News", bound=GroundRecord)


class Client:
    """One connection to the service. Requests raise ServiceRefusedError (it refused), ServiceError (it is not there, or
    closed the connection).

    `dropped` counts news that this client was too slow for: those that the service dropped, and those that were not
    fetched from `news` in time. `unreadable` counts news that this version of the program cannot read.
    """

    def __init__(self, path: Path | None = None, clock: Clock | None = None) -> None:
        self.unreadable = 0
        self._given_up = self._unfetched = 0
        self._clock = clock or HostClock()
        self._socket = connect(path or default_path())
        self._unread = b""
        self._news: deque[GroundRecord] = deque()
        self._answers: dict[int | None, api.Reply | api.Refusal] = {}
        self._requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    @property
    def dropped(self) -> int:
        """News that this client was too slow for."""
        return self._given_up + self._unfetched

    def status(self) -> Status:
        """Counters of link, archive, commands and transfers."""
        return self._ask(api.GetStatus, Status)

    def command(
        self, name: str, arguments: Mapping[str, int | float | bool | str] | None = None, *, confirm: bool = False
    ) -> CommandRecord:
        """Send a command; returns once it is queued for the link. Texts are read as values that a person typed.

        A hazardous command is refused without `confirm`.
        """
        return self._ask(api.SendCommand, CommandRecord, name=name, arguments=dict(arguments or {}), confirm=confirm)

    def send_file(self, path: Path, name: str) -> TransferRecord:
        """Send a file of this computer; the node keeps it as `name`. Returns once the service has a copy of it."""
        return self._ask(api.SendFile, TransferRecord, path=str(path.absolute()), name=name)

    def locate(self, name: str) -> Path:
        """Where the service keeps the received file `name`."""
        return Path(self._ask(api.LocateFile, str, name=name))

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """Commands sent since, with all their stages, oldest first."""
        return self._ask(api.ListCommands, list[CommandRecord], since_ns=since_ns, limit=limit)

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """Events received since, the node's and the ground's, oldest first."""
        return self._ask(api.ListEvents, list[EventRecord], since_ns=since_ns, limit=limit)

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """Files received since, oldest first."""
        return self._ask(api.ListFiles, list[FileRecord], since_ns=since_ns, limit=limit)

    def history(self, parameter: str, since_ns: int = 0, limit: int = 1000) -> History:
        """The newest values of `parameter`, "report.field", oldest first."""
        return self._ask(api.GetHistory, History, parameter=parameter, since_ns=since_ns, limit=limit)

    def latest(self) -> list[SampleRecord]:
        """The latest sample of every report."""
        return self._ask(api.GetLatest, list[SampleRecord])

    def subscribe(self, *topics: Topic) -> None:
        """Subscribe to news of `topics`."""
        self._ask(api.Subscribe, type(None), topics=topics)

    def news(self, timeout_s: float) -> Iterator[GroundRecord]:
        """News as they come; ends when none came for `timeout_s`."""
        while self._news or self._receive(timeout_s):
            while self._news:
                yield self._news.popleft()

    def wait_command(
        self, number: int, *, timeout_s: float, on_stage: Callable[[CommandStage], object] | None = None
    ) -> CommandRecord:
        """The command `number` once it completed, failed or timed out. `on_stage` gets each stage once, as it comes."""
        seen = 0

        def has_ended(command: CommandRecord) -> bool:
            nonlocal seen
            if command.number != number:
                return False
            for stage in command.stages[seen:]:
                if on_stage:
                    on_stage(stage)
            seen = len(command.stages)
            return command.ended

        what = f"command {number} to end: it may still, `skyrack ground show {number}` tells"
        return self._wait("command", CommandRecord, self.commands, has_ended, timeout_s, what)

    def wait_transfer(
        self, transaction: str, *, timeout_s: float, on_progress: Callable[[TransferRecord], object] | None = None
    ) -> TransferRecord:
        """The transfer once it has ended; one that is suspended goes on by itself. `on_progress` gets each state."""

        def has_ended(transfer: TransferRecord) -> bool:
            if transfer.transaction == transaction and on_progress:
                on_progress(transfer)
            return transfer.transaction == transaction and transfer.condition not in ("", "suspended")

        known = lambda: self.status().transfers  # noqa: E731  # asked only once news are subscribed to
        what = f"transfer {transaction} to end: it goes on, `skyrack file transfers` tells"
        return self._wait("transfer", TransferRecord, known, has_ended, timeout_s, what)

    def wait_file(self, pattern: str, *, timeout_s: float, since_ns: int = 0) -> FileRecord:
        """The first file received since whose name fits `pattern` (`*.product`)."""
        return self._wait(
            "file",
            FileRecord,
            lambda: self.files(since_ns),
            lambda file: fnmatchcase(file.name, pattern),
            timeout_s,
            f"a file {pattern}",
        )

    def wait_event(self, pattern: str, *, timeout_s: float, since_ns: int = 0) -> EventRecord:
        """The first event received since whose name fits `pattern`."""
        return self._wait(
            "event",
            EventRecord,
            lambda: self.events(since_ns),
            lambda event: fnmatchcase(event.name, pattern),
            timeout_s,
            f"an event {pattern}",
        )

    def _wait(
        self,
        topic: Topic,
        kind: type[_News],
        known: Callable[[], Sequence[_News]],
        wanted: Callable[[_News], bool],
        timeout_s: float,
        what: str,
    ) -> _News:
        """The first `wanted` record among those `known` and the news. Subscribes first, so that none is missed.

        Other news received meanwhile stay for `news`.
        """
        deadline_ns = self._deadline_ns(timeout_s)
        self.subscribe(topic)
        others: list[GroundRecord] = []
        try:
            for record in chain[GroundRecord](known(), self._news_until(deadline_ns)):
                if isinstance(record, kind) and wanted(record):
                    return record
                others.append(record)
        finally:
            self._news.extendleft(reversed(others))
            self._bound_news()
        raise WaitError(f"waited {timeout_s:g} s in vain for {what}")

    def _news_until(self, deadline_ns: int) -> Iterator[GroundRecord]:
        while self._news or self._receive(self._left_s(deadline_ns)):
            while self._news:
                yield self._news.popleft()

    def _ask(self, form: Callable[..., api.ServiceRequest], kind: type[_Kind], **fields: Any) -> _Kind:
        self._requests += 1
        request = form(id=self._requests, **fields)
        try:
            self._socket.sendall(api.encode(request))
        except OSError as error:
            raise ServiceError("the ground service went away") from error
        return api.as_kind(self._answer_to(self._requests), kind)

    def _answer_to(self, number: int) -> Any:
        deadline_ns = self._deadline_ns(ANSWER_TIMEOUT_S)
        while not self._answers.keys() & {number, None}:
            if not self._receive(self._left_s(deadline_ns)):
                raise ServiceError(f"the ground service has not answered for {ANSWER_TIMEOUT_S:g} s")
        answer = self._answers.pop(number, None) or self._answers.pop(None)
        if isinstance(answer, api.Refusal):
            raise ServiceRefusedError(answer.code, answer.message)
        return answer.result

    def _receive(self, timeout_s: float) -> bool:
        """Receive octets and sort their lines into answers and news; False if none come for `timeout_s`."""
        if timeout_s <= 0:
            return False
        self._socket.settimeout(timeout_s)
        try:
            octets = self._socket.recv(_READ_OCTETS)
        except TimeoutError:
            return False
        except OSError as error:
            raise ServiceError("the ground service went away") from error
        if not octets:
            raise ServiceError("the ground service went away")
        *lines, self._unread = (self._unread + octets).split(b"\n")
        for line in lines:
            self._sort(api.decode_answer(line))
        return True

    def _sort(self, answer: api.AnyAnswer) -> None:
        match answer:
            case api.News():
                self._accept_news(answer)
            case api.Dropped():
                self._given_up = answer.count
            case _:
                self._answers[answer.id] = answer

    def _accept_news(self, news: api.News) -> None:
        try:
            self._news.append(api.as_kind(news.record, api.NEWS[news.topic]))
        except ValueError:  # the service is newer or older than this program
            self.unreadable += 1
        self._bound_news()

    def _bound_news(self) -> None:
        """Drop the oldest news where too many are not fetched."""
        while len(self._news) > NEWS_MAX:
            self._news.popleft()
            self._unfetched += 1

    def _deadline_ns(self, timeout_s: float) -> int:
        return self._clock.monotonic_ns() + int(timeout_s * 1e9)

    def _left_s(self, deadline_ns: int) -> float:
        return (deadline_ns - self._clock.monotonic_ns()) / 1e9


def wait_for_node(path: Path | None = None, *, timeout_s: float, clock: Clock | None = None) -> Status:
    """The status once a service answers at `path`, hears its node and knows which dictionary the node flies.

    Raises WaitError where that is not so within `timeout_s`.
    """
    clock = clock or HostClock()
    deadline_ns = clock.monotonic_ns() + int(timeout_s * 1e9)
    while True:
        status = _status_if_any(path)
        if status and status.linked and status.node_dictionary:
            return status
        if clock.monotonic_ns() >= deadline_ns:
            lacking = f"{status.node} to be heard" if status else "a ground service to answer"
            raise WaitError(f"waited {timeout_s:g} s in vain for {lacking}")
        clock.wait(clock.monotonic_ns() + _GLANCE_NS)


def _status_if_any(path: Path | None) -> Status | None:
    try:
        with Client(path) as client:
            return client.status()
    except ServiceError:
        return None
