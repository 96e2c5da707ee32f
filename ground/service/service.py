"""The ground service: a port on one side, clients on a Unix socket on the other, one `Station` in between.

This is the only part that waits, and asyncio's only user: it hands octets and times to the station and passes on what
comes out. A slow or rude client costs nobody else anything: its news are bounded, and nobody waits for it.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ground.errors import GroundError
from ground.records import GroundRecord
from ground.service import api
from ground.service.feed import Feed
from ground.service.socket_path import listen, release
from ground.station.duties import Duties
from hal.clock import Clock, Moment
from hal.linux.output_queue import forget_held, held_octets
from hal.port import Port, PortClosed, PortNews, PortState

CLIENTS_MAX = 64
READ_OCTETS = 1 << 16
STATUS_PERIOD_S = 0.5
PORT_HOLDS_MAX = 512
"""Octets that the port's own buffers hold before they get more: what they hold may be beyond recall."""
_DRAIN_S = 0.005  # between two looks at what they hold
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stepped(Protocol):
    """What the service drives: `ground.station.station.Station`."""

    @property
    def next_wake_ns(self) -> int | None:
        """Monotonic time at which `step` has something to do; None when only received octets can make work."""

    def feed(self, octets: bytes, now: Moment) -> None:
        """Take in what the port received."""

    def hear_of_port(self, news: PortNews, now: Moment) -> None:
        """Take what happened to the port."""

    def step(self, now: Moment) -> None:
        """Do what is due."""

    @property
    def output(self) -> bytes:
        """What the port shall take next."""

    @property
    def busy(self) -> bool:
        """Whether something that was to be sent has not left the port yet."""

    def pop_withdrawal(self) -> bool:
        """Whether the port shall forget what it holds."""

    def emptied(self) -> None:
        """The port holds nothing any more."""

    def end(self, now: Moment) -> None:
        """Nothing more will be sent."""

    def wrote(self, count: int, held: int, now: Moment) -> None:
        """The port took `count` octets of `output`, and of all that it took it has not sent `held` yet."""

    def drain_news(self) -> list[GroundRecord]:
        """What clients want to know, oldest first."""


_Answer = Callable[[api.AnyRequest, Moment], Any]
"""Does what a request asks, as ground/service/answers.py does. Raises ValueError or GroundError where it cannot."""


@dataclass(eq=False, slots=True)
class _Client:
    feed: Feed = field(default_factory=Feed)
    has_news: asyncio.Event = field(default_factory=asyncio.Event)


class Service:
    """Joins `station`, whose requests `answer` serves, with `port` and with clients; `observe` sees all news.

    A client, an observer or a record that something is wrong with fails alone, which `duties` counts and tells.
    """

    def __init__(
        self,
        station: Stepped,
        answer: _Answer,
        port: Port,
        clock: Clock,
        observe: Callable[[GroundRecord], None] | None = None,
        duties: Duties | None = None,
    ) -> None:
        self._station, self._answer, self._port, self._clock = station, answer, port, clock
        self._observe = observe or (lambda _: None)
        self._duties = duties or Duties()
        self._descriptor, self._port_state = port.fileno(), PortState()
        self._clients: set[_Client] = set()
        self._conversations: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._drain: asyncio.TimerHandle | None = None

    async def run(self, path: Path, when_ready: Callable[[], None] = lambda: None) -> None:
        """Serve at the socket `path` until SIGINT, SIGTERM or `stop`; `when_ready` is called once clients can come.

        Raises ServiceError where `path` cannot be had, PortClosed when somebody else closes the port.
        """
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        server = await asyncio.start_unix_server(self._meet, sock=listen(path), limit=api.LINE_OCTETS_MAX)
        ticker = self._loop.create_task(self._tell_status())
        try:
            self._attach()
            when_ready()
            await self._ended
        finally:
            self._detach()
            with self._duties.alone("ending"):
                self._station.end(Moment.of(self._clock))
                self._withdraw()
            ticker.cancel()
            server.close()
            release(path)

    def stop(self) -> None:
        """End `run`."""
        if not self._ended.done():
            self._ended.set_result(None)

    def _attach(self) -> None:
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self.stop)
        self._loop.add_reader(self._descriptor, self._guarded, self._read)
        self._guarded(self._read)

    def _detach(self) -> None:
        self._loop.remove_reader(self._descriptor)
        for number in _SIGNALS:
            self._loop.remove_signal_handler(number)
        for timer in (self._timer, self._drain):
            if timer:
                timer.cancel()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what touches the port: that it is closed ends the service, and is the reason given."""
        try:
            act()
        except PortClosed as error:
            self._loop.remove_reader(self._descriptor)
            if not self._ended.done():
                self._ended.set_exception(error)

    def _read(self) -> None:
        octets = self._port.read(READ_OCTETS)
        with self._duties.alone("receiving"):
            self._station.feed(octets, Moment.of(self._clock))
        self._step()

    def _step(self) -> None:
        """Have the station do what is due; send, tell and plan what comes of it."""
        self._hear_of_port()
        with self._duties.alone("stepping"):
            self._station.step(Moment.of(self._clock))
        self._go_on()

    def _go_on(self) -> None:
        """Send, tell and plan what is to be sent, told and done."""
        with self._duties.alone("sending"):
            self._send()
        news = self._station.drain_news()
        for record in news:
            with self._duties.alone("observing"):
                self._observe(record)
        self._tell(news)
        self._plan()

    def _send(self) -> None:
        """Write what the port takes, unit by unit as its buffers drain; a full one is readable when it takes more."""
        self._withdraw()
        full = False
        while (octets := self._station.output) and self._held() < PORT_HOLDS_MAX and not full:
            count = self._port.write(octets)
            self._station.wrote(count, self._held(), Moment.of(self._clock))
            full = count < len(octets)
        self._watch_port(full)

    def _withdraw(self) -> None:
        """Have the port forget what it holds, where that was given up."""
        if self._station.pop_withdrawal() and forget_held(self._port.line_fileno()):
            self._station.emptied()

    def _held(self) -> int:
        """What the port's own buffers hold."""
        return held_octets(self._port.line_fileno())

    def _watch_port(self, full: bool) -> None:
        """Look again soon at buffers that drain; that a full port has room again is told by itself."""
        if self._drain:
            self._drain.cancel()
            self._drain = None
        if self._station.busy and not full:
            self._drain = self._loop.call_later(_DRAIN_S, self._guarded, self._resume)

    def _resume(self) -> None:
        """The port's buffers may have drained."""
        self._station.wrote(0, self._held(), Moment.of(self._clock))
        self._go_on()

    def _hear_of_port(self) -> None:
        """Tell the station how the port fares, where that has changed."""
        before, self._port_state = self._port_state, self._port.state
        for news in self._port_state.news_since(before):
            with self._duties.alone("hearing of the port"):
                self._station.hear_of_port(news, Moment.of(self._clock))

    def _plan(self) -> None:
        if self._timer:
            self._timer.cancel()
        due_ns = [ns for ns in (self._station.next_wake_ns, self._port.next_wake_ns) if ns is not None]
        if due_ns:
            delay_s = max(0, min(due_ns) - self._clock.monotonic_ns()) / 1e9
            self._timer = self._loop.call_later(delay_s, self._guarded, self._read)

    def _tell(self, news: list[GroundRecord]) -> None:
        for client in self._clients:
            for record in news:
                with self._duties.alone("telling a client"):
                    self._duties.dropped["news for slow clients"] += client.feed.offer(record)
            if client.feed.waiting:
                client.has_news.set()

    async def _tell_status(self) -> None:
        while True:
            with self._duties.alone("telling the status"):
                if any("status" in client.feed.topics for client in self._clients):
                    self._tell([self._answer(api.GetStatus(), Moment.of(self._clock))])
            await asyncio.sleep(STATUS_PERIOD_S)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own: one that asyncio makes leaves a traceback when the service ends before its client."""
        conversation = self._loop.create_task(self._serve(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its first line to its last."""
        client = _Client()
        self._clients.add(client)
        pump = self._loop.create_task(self._pump(client, writer))
        try:
            await self._converse(client, reader, writer)
        except ConnectionError:
            pass  # it left without a word
        finally:
            self._clients.discard(client)
            pump.cancel()
            writer.close()

    async def _converse(self, client: _Client, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) > CLIENTS_MAX:
            self._duties.dropped["clients"] += 1
            writer.write(_refusal(None, "busy", f"{CLIENTS_MAX} clients are connected already"))
            return
        while line := await _line(reader):
            writer.write(self._reply(client, line))
            await writer.drain()
        if line is None:
            writer.write(_refusal(None, "malformed", f"a line is longer than {api.LINE_OCTETS_MAX} octets"))

    def _reply(self, client: _Client, line: bytes) -> bytes:
        with self._duties.alone("answering a client"):
            try:
                request = api.decode_request(line)
                return api.encode(api.Reply(id=request.id, result=self._do(client, request)))
            except ValueError as error:
                return _refusal(api.request_id(line), "invalid", str(error))
            except GroundError as error:
                return _refusal(api.request_id(line), error.code, str(error))
        return _refusal(api.request_id(line), "failed", "the service failed at this; its log says how")

    def _do(self, client: _Client, request: api.AnyRequest) -> Any:
        if isinstance(request, api.Subscribe):
            client.feed.topics |= set(request.topics)
            return None
        result = self._answer(request, Moment.of(self._clock))
        self._guarded(self._step)  # a command goes out at once
        return result

    async def _pump(self, client: _Client, writer: asyncio.StreamWriter) -> None:
        """News to one client, as fast as it reads."""
        with contextlib.suppress(ConnectionError):
            while True:
                await client.has_news.wait()
                client.has_news.clear()
                for news in client.feed.drain():
                    with self._duties.alone("telling a client"):
                        writer.write(api.encode(news))
                    await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line, empty where the client has left; None for one that is too long."""
    try:
        return await reader.readline()
    except ValueError:
        return None


def _refusal(number: int | None, code: str, message: str) -> bytes:
    return api.encode(api.Refusal(id=number, code=code, message=message))
