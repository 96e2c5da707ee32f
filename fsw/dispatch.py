"""From a telecommand packet to an app's command or a service, and back as service 1 reports (ECSS-E-ST-70-41C §8.1).

Every request is answered: acceptance, start and completion, or the stage that failed with a code and a reason. A
command that goes on after its handler returned is completed when the app says so.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from fsw.app import App, CommandError, Pending
from fsw.executive import Executive
from fsw.services import Handler
from link.dictionary import decode_arguments
from link.dictionary.declare import Record, commands_of
from link.errors import DecodeError
from link.pus.catalogue import read_request, requests_of
from link.pus.functions import PerformFunction
from link.pus.message import Request
from link.pus.packets import TcPacket
from link.pus.verification import AcceptanceFailure, FailureCode, RefusedError, Stage, failure, success, told_reason

_REQUEST_ID_OCTETS = 4


Done = Pending | Iterable[Record] | None
"""What a command returns: that it goes on, what it has to tell, or nothing."""


class _Command(NamedTuple):
    """A method of an app that `@command` marked."""

    app: App
    method: Callable[..., Done]


class Dispatcher:
    """Executes the requests of one application process: functions, which apps `add`, and those of other `services`.

    `answer` takes the reports that are to go down. Counts `accepted`, `rejected` and, of the accepted ones, `failed`
    requests.
    """

    def __init__(self, executive: Executive, answer: Callable[[Record], Any], services: Mapping[int, Handler]) -> None:
        self._executive, self._answer, self._services = executive, answer, services
        self._commands: dict[int, _Command] = {}
        self._pending: list[tuple[TcPacket, Pending]] = []
        self.accepted = self.rejected = self.failed = 0

    def add(self, app: App) -> None:
        """Offer the commands of `app`."""
        for form in commands_of(type(app)):
            assert form.opcode not in self._commands, form.opcode  # the dictionary would not have been made
            self._commands[form.opcode] = _Command(app, getattr(app, form.function.__name__))

    def handle(self, octets: bytes) -> None:
        """Take one telecommand packet as it came up."""
        try:
            packet = TcPacket.decode(octets)
        except DecodeError as error:
            self.rejected += 1
            request = int.from_bytes(octets[:_REQUEST_ID_OCTETS])
            self._answer(
                AcceptanceFailure(request=request, code=FailureCode.BAD_PACKET, reason=told_reason(str(error)))
            )
            return
        try:
            work = self._understand(packet)
        except CommandError as error:
            self.rejected += 1
            self._answer(failure(packet, Stage.ACCEPTANCE, error.code, str(error)))
            return
        self.accepted += 1
        self._succeed(packet, Stage.ACCEPTANCE)
        self._execute(packet, *work)

    def tell_completions(self) -> None:
        """Report the commands that ended since the last call."""
        for packet, pending in [entry for entry in self._pending if entry[1].is_over]:
            self._pending.remove((packet, pending))
            if pending.failure:
                self._fail(packet, Stage.COMPLETION, pending.failure)
            else:
                self._succeed(packet, Stage.COMPLETION)

    def _understand(self, packet: TcPacket) -> tuple[App | None, Callable[[], Done]]:
        """What the request asks for, ready to be called; raises CommandError."""
        if packet.service not in (PerformFunction.__service__, *self._services) or packet.subtype not in requests_of(
            packet.service
        ):
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
        return command.app, lambda: command.method(**arguments)

    def _execute(self, packet: TcPacket, app: App | None, work: Callable[[], Done]) -> None:
        name, budget_ms = (app.app_name, app.budget_ms) if app else ("dispatch", 1)
        with self._executive.section(name, budget_ms):
            try:
                done = work()
                if not isinstance(done, Pending):
                    for record in done or ():
                        self._executive.check(record)
                        self._answer(record)
            except RefusedError as error:
                self._fail(packet, Stage.START, error)
                return
            except ValueError as error:
                self._fail(packet, Stage.START, CommandError(FailureCode.BAD_ARGUMENTS, str(error)))
                return
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                self._fail(packet, Stage.START, CommandError(FailureCode.EXECUTION_FAILED, reason))
                raise  # the executive makes it an event
            self._started(packet, done)

    def _started(self, packet: TcPacket, done: Done) -> None:
        self._succeed(packet, Stage.START)
        if isinstance(done, Pending):
            self._pending.append((packet, done))
        else:
            self._succeed(packet, Stage.COMPLETION)

    def _succeed(self, packet: TcPacket, stage: Stage) -> None:
        report = success(packet, stage)
        if report:
            self._answer(report)

    def _fail(self, packet: TcPacket, stage: Stage, error: RefusedError) -> None:
        self.failed += 1
        self._answer(failure(packet, stage, error.code, str(error)))
