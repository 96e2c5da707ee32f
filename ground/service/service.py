"""The ground service: a port on one side, clients on a Unix socket on the other, one `Station` in between.

This is the only part that waits, and asyncio's only user: it gives octets and times to the station and passes on what
comes out. A slow or faulty client does not affect others: its news are bounded, and the service never waits for it.
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
"""The port gets no more octets while its buffers hold this many: what they hold may be impossible to withdraw."""
_DRAIN_S = 0.005  # between two checks of what they hold
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stepped(Protocol):
    """The interface that the service drives; `ground.station.station.Station` has it."""

    @property
    def next_wake_ns(self) -> int | None:
        """Monotonic time at which `step` is due; None when only received octets can make work."""

    def feed(self, octets: bytes, now: Moment) -> None:
        """Take octets that the port received."""

    def report_port(self, news: PortNews, now: Moment) -> None:
        """Report a change of the port's state to the clients."""

    def step(self, now: Moment) -> None:
        """Do what is due."""

    @property
    def output(self) -> bytes:
        """The octets to write to the port next."""

    @property
    def busy(self) -> bool:
        """Whether octets to be sent have not left the port yet."""

    def pop_withdrawal(self) -> bool:
        """Whether the port's buffers must be cleared, as their content was withdrawn."""

    def emptied(self) -> None:
        """Note that the port's buffers were cleared."""

    def end(self, now: Moment) -> None:
        """Record that what has not been sent never will be."""

    def wrote(self, count: int, held: int, now: Moment) -> None:
        """Note that the port took `count` octets of `output`, and that `held` octets are still in its buffers."""

    def drain_news(self) -> list[GroundRecord]:
        """The records for clients since the last call, oldest first."""


_Answer = Callable[[api.AnyRequest, Moment], Any]
"""Gives the result of a request, as ground/service/answers.py does. Raises ValueError or GroundError for a refusal."""


@dataclass(eq=False, slots=True)
class _Client:
    feed: Feed = field(default_factory=Feed)
    has_news: asyncio.Event = field(default_factory=asyncio.Event)


class Service:
    """Joins `station` with `port` and with clients, whose requests `answer` answers; `observe` gets all news.

    A failure with one client, observer or record affects nothing else; `duties` counts and reports it.
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

        Raises ServiceError where no socket can be made at `path`, PortClosed when the port is closed.
        """
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        server = await asyncio.start_unix_server(self._meet, sock=listen(path), limit=api.LINE_OCTETS_MAX)
        ticker = self._loop.create_task(self._report_status())
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
        """Call `act`, which uses the port; if the port is closed, end the service with that as the reason."""
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
        """Let the station do what is due, then send its output and its news, and set the timer for the next step."""
        self._report_port()
        with self._duties.alone("stepping"):
            self._station.step(Moment.of(self._clock))
        self._go_on()

    def _go_on(self) -> None:
        """Send the station's output and its news, and set the timer for the next step."""
        with self._duties.alone("sending"):
            self._send()
        news = self._station.drain_news()
        for record in news:
            with self._duties.alone("observing"):
                self._observe(record)
        self._report(news)
        self._plan()

    def _send(self) -> None:
        """Write the output unit by unit as the port's buffers drain; a full port becomes readable when it has room."""
        self._withdraw()
        full = False
        while (octets := self._station.output) and self._held() < PORT_HOLDS_MAX and not full:
            count = self._port.write(octets)
            self._station.wrote(count, self._held(), Moment.of(self._clock))
            full = count < len(octets)
        self._watch_port(full)

    def _withdraw(self) -> None:
        """Clear the port's buffers if the station has withdrawn their content."""
        if self._station.pop_withdrawal() and forget_held(self._port.line_fileno()):
            self._station.emptied()

    def _held(self) -> int:
        """How many octets the port's buffers hold."""
        return held_octets(self._port.line_fileno())

    def _watch_port(self, full: bool) -> None:
        """Check draining buffers again soon; a full port needs no check, as it becomes readable when it has room."""
        if self._drain:
            self._drain.cancel()
            self._drain = None
        if self._station.busy and not full:
            self._drain = self._loop.call_later(_DRAIN_S, self._guarded, self._resume)

    def _resume(self) -> None:
        """Check how far the port's buffers have drained, and continue to send."""
        self._station.wrote(0, self._held(), Moment.of(self._clock))
        self._go_on()

    def _report_port(self) -> None:
        """Report changes of the port's state to the station."""
        before, self._port_state = self._port_state, self._port.state
        for news in self._port_state.news_since(before):
            with self._duties.alone("reporting the port"):
                self._station.report_port(news, Moment.of(self._clock))

    def _plan(self) -> None:
        if self._timer:
            self._timer.cancel()
        due_ns = [ns for ns in (self._station.next_wake_ns, self._port.next_wake_ns) if ns is not None]
        if due_ns:
            delay_s = max(0, min(due_ns) - self._clock.monotonic_ns()) / 1e9
            self._timer = self._loop.call_later(delay_s, self._guarded, self._read)

    def _report(self, news: list[GroundRecord]) -> None:
        for client in self._clients:
            for record in news:
                with self._duties.alone("sending news to a client"):
                    self._duties.dropped["news for slow clients"] += client.feed.offer(record)
            if client.feed.waiting:
                client.has_news.set()

    async def _report_status(self) -> None:
        while True:
            with self._duties.alone("reporting the status"):
                if any("status" in client.feed.topics for client in self._clients):
                    self._report([self._answer(api.GetStatus(), Moment.of(self._clock))])
            await asyncio.sleep(STATUS_PERIOD_S)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client in our own task: asyncio's would print a traceback if the service ended first."""
        conversation = self._loop.create_task(self._serve(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it leaves."""
        client = _Client()
        self._clients.add(client)
        pump = self._loop.create_task(self._pump(client, writer))
        try:
            await self._converse(client, reader, writer)
        except ConnectionError:
            pass  # the client has disconnected
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
        self._guarded(self._step)  # so that a command is sent at once
        return result

    async def _pump(self, client: _Client, writer: asyncio.StreamWriter) -> None:
        """Send news to one client as fast as it reads."""
        with contextlib.suppress(ConnectionError):
            while True:
                await client.has_news.wait()
                client.has_news.clear()
                for news in client.feed.drain():
                    with self._duties.alone("sending news to a client"):
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
