"""Request verification, service 1 (ECSS-E-ST-70-41C §8.1): what became of a request, stage by stage.

A success is reported if the request asked for it, a failure always: with a code and, for people, a sentence.
"""

from enum import IntEnum

from link.dictionary.kinds import Counted, Int16ub, Int32ub, Text
from link.dictionary.wires import wire
from link.errors import LinkError
from link.pus.message import Report
from link.pus.packets import AckFlags, TcPacket

SERVICE = 1
_REASON_OCTETS_MAX = 200


class ExecutionStage(IntEnum):
    """A stage in the life of a request. Its number is the subtype of its success; that of its failure is one more."""

    ACCEPTANCE = 1
    START = 3
    PROGRESS = 5
    COMPLETION = 7


class FailureCode(IntEnum):
    """Why a request was refused or its execution failed."""

    ILLEGAL_APID = 1
    BAD_PACKET = 2
    UNKNOWN_TYPE = 3
    UNKNOWN_FUNCTION = 4
    BAD_ARGUMENTS = 5
    NOT_NOW = 6
    EXECUTION_FAILED = 7
    INTERRUPTED = 8


class RefusedError(LinkError):
    """A request, or an instruction in it, was understood and cannot be executed; `code` says why."""

    def __init__(self, code: FailureCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Success(Report):
    """The fields of a report that a stage succeeded: `request` is the first 32 bits of the packet of its request."""

    request: int = wire(Int32ub)


class Failure(Report):
    """The fields of a report that a stage failed: the first 32 bits of the packet of its request, and why it failed."""

    request: int = wire(Int32ub)
    code: FailureCode = wire(Int16ub)
    reason: str = wire(Text(Counted(8, _REASON_OCTETS_MAX)))


class AcceptanceSuccess(Success, service=1, subtype=1):
    """The request was understood and is allowed."""


class AcceptanceFailure(Failure, service=1, subtype=2):
    """The request was not understood or is not allowed; nothing of it is executed."""


class StartSuccess(Success, service=1, subtype=3):
    """The execution of the request has begun."""


class StartFailure(Failure, service=1, subtype=4):
    """The execution of the request could not begin."""


class ProgressSuccess(Success, service=1, subtype=5):
    """Step `step` of the execution of the request was done."""

    step: int = wire(Int16ub)


class ProgressFailure(Report, service=1, subtype=6):
    """Step `step` of the execution of the request failed."""

    request: int = wire(Int32ub)
    step: int = wire(Int16ub)
    code: FailureCode = wire(Int16ub)
    reason: str = wire(Text(Counted(8, _REASON_OCTETS_MAX)))


class CompletionSuccess(Success, service=1, subtype=7):
    """The execution of the request ended well."""


class CompletionFailure(Failure, service=1, subtype=8):
    """The execution of the request ended badly; its valid instructions may have been executed."""


class RoutingFailure(Failure, service=1, subtype=10):
    """No application process has the APID of the request."""


_SUCCESS = {
    ExecutionStage.ACCEPTANCE: (AckFlags.ACCEPTANCE, AcceptanceSuccess),
    ExecutionStage.START: (AckFlags.START, StartSuccess),
    ExecutionStage.COMPLETION: (AckFlags.COMPLETION, CompletionSuccess),
}
_FAILURE = {
    ExecutionStage.ACCEPTANCE: AcceptanceFailure,
    ExecutionStage.START: StartFailure,
    ExecutionStage.COMPLETION: CompletionFailure,
}


def success(packet: TcPacket, stage: ExecutionStage, step: int = 0) -> Report | None:
    """The report that `stage` succeeded, at `step` if it is ExecutionStage.PROGRESS; None if nobody asked for it."""
    if stage is ExecutionStage.PROGRESS:
        wanted: Report | None = ProgressSuccess(request=packet.request_word, step=step)
        return wanted if AckFlags.PROGRESS in packet.acknowledge else None
    flag, form = _SUCCESS[stage]
    return form(request=packet.request_word) if flag in packet.acknowledge else None


def reported_reason(reason: str) -> str:
    """`reason` as a failure report holds it: at most 200 octets of UTF-8, with escapes for what UTF-8 cannot encode."""
    octets = reason.encode(errors="backslashreplace")
    return octets[:_REASON_OCTETS_MAX].decode(errors="ignore")


def failure(packet: TcPacket, stage: ExecutionStage, code: FailureCode, reason: str, step: int = 0) -> Report:
    """The report that `stage` failed (`step` is for ExecutionStage.PROGRESS); a reason that is too long is cut."""
    text = reported_reason(reason)
    if stage is ExecutionStage.PROGRESS:
        return ProgressFailure(request=packet.request_word, step=step, code=code, reason=text)
    return _FAILURE[stage](request=packet.request_word, code=code, reason=text)
