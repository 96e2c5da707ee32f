"""From a telecommand packet to an app's command or a service, and back as service 1 reports (ECSS-E-ST-70-41C §8.1).

Every request is answered: acceptance, start and completion, or the stage that failed with a code and a reason. A
command that goes on after its handler returned is completed when the app says so. One that comes again is answered with
how it stands, and one that a restart cut short has failed: no request is executed twice.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from fsw.comms.handlers import Handler
from fsw.comms.request_memory import RequestMemory, Taken
from fsw.executive.app import App, CommandError, Pending
from fsw.executive.executive import Executive
from link.dictionary import Event, decode_arguments, wire
from link.dictionary.declare import Record, commands_of
from link.errors import DecodeError
from link.pus.catalogue import read_request, requests_of
from link.pus.message import Request
from link.pus.packets import AckFlags, RequestId, TcPacket
from link.pus.services.functions import PerformFunction
from link.pus.services.verification import (
    AcceptanceFailure,
    ExecutionStage,
    FailureCode,
    RefusedError,
    failure,
    reported_reason,
    success,
)

_CUT_SHORT = "the node restarted before it ended; perhaps it was executed"  # no longer than a remembered reason may be
_UNDER_WAY_MAX = 96  # fewer than are remembered: an app that ends none of its commands must not push out others
_EARLIER_AT_ONCE = 16  # requests of before the restart
_LATE = "its time passed while the node was down, or when its clock was set"

Done = Pending | Iterable[Record] | None
"""What a command returns: a Pending where it goes on, its reports, or None."""


class RequestRepeated(Event, id=0x50, severity="low"):
    """Request {request} was received again and not executed again: it {standing}."""

    request: str = wire()
    standing: str = wire()


class _Command(NamedTuple):
    """A method of an app that `@command` marked."""

    app: App
    method: Callable[..., Done]


class _UnderWay(NamedTuple):
    """A request that goes on, and the app whose command it is; None: a service's."""

    request: "_Request"
    pending: Pending
    app: App | None


class _Request(NamedTuple):
    """A request under way: its packet, and how far it has come."""

    packet: TcPacket
    entry: Taken


class Dispatcher:
    """Executes the requests of one application process: functions, which apps `add`, and those of other `services`.

    `answer` accepts the reports to send down, and `memory` remembers what must survive a restart. `authorise` gets the
    number of a function that is about to be accepted, and raises CommandError if it may not be executed now.
    Counts `accepted`, `rejected` and, of the accepted ones, `failed` requests; `memory` counts those that came again.
    """

    def __init__(
        self,
        executive: Executive,
        answer: Callable[[Record], Any],
        services: Mapping[int, Handler],
        memory: RequestMemory,
        authorise: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._executive, self._answer, self._services, self.memory = executive, answer, services, memory
        self._authorise = authorise
        self._commands: dict[int, _Command] = {}
        self._pending: list[_UnderWay] = []
        self._earlier = memory.untold
        self.accepted = self.rejected = self.failed = 0

    def add(self, app: App) -> None:
        """Offer the commands of `app`."""
        for form in commands_of(type(app)):
            assert form.opcode not in self._commands, form.opcode  # the dictionary refuses equal opcodes
            self._commands[form.opcode] = _Command(app, getattr(app, form.function.__name__))

    def expect(self, packets: Iterable[bytes]) -> None:
        """Remember the packets that were received and will be handled next, all with one write."""
        self.memory.expect(packets)

    def handle(self, octets: bytes) -> None:
        """Handle one received telecommand packet; a repeated one is answered with the state of its request."""
        entry, is_new = self.memory.claim(octets)
        self._accept(octets, entry, self._begin if is_new else self._repeat)

    def release(self, octets: bytes) -> bool:
        """Execute one packet released by a schedule or an action on board, which may release it any number of times.

        Returns whether it was neither refused nor failed at once; a command that goes on may fail later.
        """
        before = self.rejected + self.failed
        self._accept(octets, self.memory.released(octets), self._begin)
        return self.rejected + self.failed == before

    def miss(self, octets: bytes) -> None:
        """Report that a packet of the schedule was not executed, as its time passed before it could be."""
        self._accept(octets, self.memory.released(octets), self._fail_late)

    @property
    def behind(self) -> int:
        """How many requests of before the restart `report_completions` has still to report."""
        return len(self._earlier)

    @property
    def is_busy(self) -> bool:
        """Whether `report_completions` may have anything to do: a request is under way, or is to be stored."""
        return bool(self._earlier or self._pending or self.memory.is_unstored)

    def report_completions(self) -> None:
        """Report the commands that ended since the last call; after the start also those of before the restart."""
        self._report_earlier()
        for entry in [entry for entry in self._pending if entry.pending.is_over]:
            self._pending.remove(entry)
            request, pending, _ = entry
            if pending.failure:
                self._fail(request, ExecutionStage.COMPLETION, pending.failure)
            else:
                self._succeed(request, ExecutionStage.COMPLETION)
        self.memory.flush()

    def _accept(self, octets: bytes, entry: Taken, act: Callable[[_Request], None]) -> None:
        try:
            packet = TcPacket.decode(octets)
        except DecodeError as error:
            self.rejected += 1
            reason, code = reported_reason(str(error)), FailureCode.BAD_PACKET
            self.memory.settle(entry, ExecutionStage.ACCEPTANCE, code, reason)
            self._answer(AcceptanceFailure(request=entry.word, code=code, reason=reason))
            return
        act(_Request(packet, entry))

    def _begin(self, request: _Request) -> None:
        try:
            work = self._understand(request.packet)
        except CommandError as error:
            self.rejected += 1
            self._report_failure(request, ExecutionStage.ACCEPTANCE, error)
            return
        self.accepted += 1
        self._succeed(request, ExecutionStage.ACCEPTANCE)
        self._execute(request, *work)

    def _fail_late(self, request: _Request) -> None:
        self._fail(request, ExecutionStage.START, CommandError(FailureCode.NOT_NOW, _LATE))

    def _repeat(self, request: _Request) -> None:
        """Answer a repeated request with all stages that are remembered of it."""
        packet, entry = request
        self._answer(RequestRepeated(request=str(packet.request), standing=entry.standing))
        for stage in (ExecutionStage.ACCEPTANCE, ExecutionStage.START, ExecutionStage.COMPLETION):
            if stage <= entry.stage:
                self._report_standing(packet, entry, stage)

    def _report_earlier(self) -> None:
        """At the start, report ends of earlier requests that the ground may not know; the restart ended open ones.

        Some at a time: what the ground sends now is answered in between.
        """
        some, self._earlier = self._earlier[:_EARLIER_AT_ONCE], self._earlier[_EARLIER_AT_ONCE:]
        for entry in some:
            packet = _packet_of(entry)
            if entry.is_over:
                self._report_standing(packet, entry, ExecutionStage(entry.stage))
            else:
                self.failed += 1
                self.memory.settle(entry, ExecutionStage.COMPLETION, FailureCode.INTERRUPTED, _CUT_SHORT)
                self._answer(failure(packet, ExecutionStage.COMPLETION, FailureCode.INTERRUPTED, _CUT_SHORT))

    def _report_standing(self, packet: TcPacket, entry: Taken, stage: ExecutionStage) -> None:
        if entry.code and stage == entry.stage:
            self._answer(failure(packet, stage, FailureCode(entry.code), entry.reason))
        elif report := success(packet, stage):
            self._answer(report)

    def _understand(self, packet: TcPacket) -> tuple[App | None, Callable[[], Done]]:
        """The action that the request asks for, ready to call, and its app. Raises CommandError."""
        is_offered = packet.service in self._services or packet.service == PerformFunction.__service__
        if not is_offered or packet.subtype not in requests_of(packet.service):
            raise CommandError(FailureCode.UNKNOWN_TYPE, f"service {packet.service}, subtype {packet.subtype}")
        try:
            return self._work(read_request(packet))
        except (DecodeError, ValueError) as error:
            raise CommandError(FailureCode.BAD_ARGUMENTS, str(error)) from None

    def _work(self, request: Request) -> tuple[App | None, Callable[[], Done]]:
        if not isinstance(request, PerformFunction):
            return None, partial(self._services[request.__service__], request)
        command = self._commands.get(request.function)
        if command is None:
            raise CommandError(FailureCode.UNKNOWN_FUNCTION, f"function {request.function}")
        arguments = decode_arguments(command.method, request.arguments)
        self._authorise(request.function)
        self._check_room(command.app)
        return command.app, lambda: command.method(**arguments)

    def _check_room(self, app: App) -> None:
        """Raises CommandError where too much is under way, also of this app: the others stay commandable."""
        if len(self._pending) >= _UNDER_WAY_MAX and any(one.app is app for one in self._pending):
            reason = f"{len(self._pending)} commands are under way, also of {app.app_name}: wait for their ends"
            raise CommandError(FailureCode.NOT_NOW, reason)

    def _execute(self, request: _Request, app: App | None, work: Callable[[], Done]) -> None:
        name, budget_ms = (app.app_name, app.budget_ms) if app else ("dispatch", 1)
        with self._executive.section(name, budget_ms):
            try:
                done = work()
                if not isinstance(done, Pending):
                    for record in done or ():
                        self._executive.check(record)
                        self._answer(record)
            except RefusedError as error:
                self._fail(request, ExecutionStage.START, error)
                return
            except ValueError as error:
                self._fail(request, ExecutionStage.START, CommandError(FailureCode.BAD_ARGUMENTS, str(error)))
                return
            except BaseException as error:
                reason = f"{type(error).__name__}: {error}"
                self._fail(request, ExecutionStage.START, CommandError(FailureCode.EXECUTION_FAILED, reason))
                raise  # the executive reports it as an event
            self._started(request, done, app)

    def _started(self, request: _Request, done: Done, app: App | None) -> None:
        self._succeed(request, ExecutionStage.START)
        if isinstance(done, Pending):
            self._pending.append(_UnderWay(request, done, app))
            self.memory.keep(request.entry)
        else:
            self._succeed(request, ExecutionStage.COMPLETION)

    def _succeed(self, request: _Request, stage: ExecutionStage) -> None:
        self.memory.settle(request.entry, stage)
        report = success(request.packet, stage)
        if report:
            self._answer(report)

    def _fail(self, request: _Request, stage: ExecutionStage, error: RefusedError) -> None:
        self.failed += 1
        self._report_failure(request, stage, error)

    def _report_failure(self, request: _Request, stage: ExecutionStage, error: RefusedError) -> None:
        self.memory.settle(request.entry, stage, error.code, str(error))
        self._answer(failure(request.packet, stage, error.code, str(error)))


def _packet_of(entry: Taken) -> TcPacket:
    """A packet with as much of the remembered request as its reports need."""
    request = RequestId.of(entry.word)
    return TcPacket(
        apid=request.apid,
        count=request.count,
        service=0,
        subtype=0,
        acknowledge=AckFlags(entry.acknowledge),
        flags=request.flags,
    )
