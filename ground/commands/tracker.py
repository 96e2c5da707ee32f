"""The life of each request as the ground sees it: sent, accepted, started, steps, completed or failed."""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum

from link.pus.message import Report
from link.pus.packets import RequestId
from link.pus.services.verification import (
    ExecutionStage,
    Failure,
    ProgressFailure,
    ProgressSuccess,
    RoutingFailure,
    Success,
)


class RequestProgress(Enum):
    """How far a request has come."""

    SENT = "sent"
    ACCEPTED = "accepted"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"


_REACHED = {
    ExecutionStage.ACCEPTANCE: RequestProgress.ACCEPTED,
    ExecutionStage.START: RequestProgress.STARTED,
    ExecutionStage.PROGRESS: RequestProgress.STARTED,
    ExecutionStage.COMPLETION: RequestProgress.COMPLETED,
}
_ORDER = list(RequestProgress)


@dataclass(slots=True)
class Tracked:
    """One request. `stages`: reported stages with times (UTC ns), in order of arrival; `reason`: why it failed."""

    request: RequestId
    name: str
    sent_ns: int
    progress: RequestProgress = RequestProgress.SENT
    step: int = 0
    reason: str = ""
    stages: list[tuple[str, int]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether no further report is expected."""
        return self.progress in (RequestProgress.COMPLETED, RequestProgress.FAILED)


class CommandTracker:
    """Matches verification reports to requests by request id. The oldest of more than `capacity` is `forgotten`.

    Reports may come late, twice or out of order: a request never goes back. Counts how many were
    forgotten, and `unmatched` reports, those about others.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self.capacity, self.unmatched, self.forgotten = capacity, 0, 0
        self._requests: OrderedDict[RequestId, Tracked] = OrderedDict()

    @property
    def requests(self) -> tuple[Tracked, ...]:
        """The remembered requests, oldest first."""
        return tuple(self._requests.values())

    def sent(self, request: RequestId, name: str, utc_ns: int) -> Tracked:
        """Note that `request` was sent; an older one with the same request id is forgotten."""
        self._requests.pop(request, None)
        tracked = self._requests[request] = Tracked(request, name, utc_ns)
        if len(self._requests) > self.capacity:
            self._requests.popitem(last=False)
            self.forgotten += 1
        return tracked

    def accept(self, report: Report, utc_ns: int) -> Tracked | None:
        """Apply a report of service 1; return its request, updated, or None for an unknown one."""
        if not isinstance(report, Success | Failure | ProgressFailure):
            return None
        tracked = self._requests.get(RequestId.of(report.request))
        if tracked is None:
            self.unmatched += 1
            return None
        _advance(tracked, report, utc_ns)
        return tracked


def _advance(tracked: Tracked, report: Success | Failure | ProgressFailure, utc_ns: int) -> None:
    reached = _reached(report)
    label = type(report).__name__
    if isinstance(report, ProgressSuccess | ProgressFailure):
        tracked.step = max(tracked.step, report.step)
        label = f"{label} {report.step}"
    if label not in (known for known, _ in tracked.stages):
        tracked.stages.append((label, utc_ns))
    if _ORDER.index(reached) > _ORDER.index(tracked.progress) and not tracked.is_over:
        tracked.progress = reached
        tracked.reason = "" if isinstance(report, Success) else f"{report.code.name.lower()}: {report.reason}"


def _reached(report: Success | Failure | ProgressFailure) -> RequestProgress:
    if isinstance(report, RoutingFailure | Failure | ProgressFailure):
        return RequestProgress.FAILED
    return _REACHED[ExecutionStage(report.__subtype__)]
