"""A supervisor at work: news from processes go in, time goes in, and what watches it is told while all is well."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from fsw.supervisor.budget import Budget
from fsw.supervisor.messages import as_error
from fsw.supervisor.processes import HostProcesses, ProcessNews, Supervised
from fsw.supervisor.supervisor import SupervisionLimits, Supervisor, Who
from hal.clock import Clock


class StopRequest(Protocol):
    """^C or the service manager's signal."""

    requested: bool

    def fileno(self) -> int:
        """Readable once it came."""
        ...


class Watcher(Protocol):
    """Something that resets the board or restarts this process unless it is fed: a hardware watchdog, systemd."""

    interval_ns: int
    """How often it wants to be fed; 0: never."""

    def feed(self) -> None:
        """Tell that all is well."""
        ...

    def report(self, status: str, *, is_ready: bool) -> None:
        """Show a person who asks there how it is."""
        ...


class Supervision:
    """One supervised node. `loaded` is called with name and state folder of the flight, before anything flies.

    `cause`: why the board was started, where a watchdog knows it.
    """

    def __init__(
        self,
        plan: Supervised,
        clock: Clock,
        *,
        report: Callable[[str], None],
        loaded: Callable[[str, str], None],
        watchers: Sequence[Watcher] = (),
        budget: Budget | None = None,
        limits: SupervisionLimits = SupervisionLimits(),  # noqa: B008 - it cannot change
        cause: str = "",
    ) -> None:
        self._clock, self._loaded, self._watchers, self._voice = clock, loaded, watchers, report
        self._processes = HostProcesses(plan, self._report, self._board_reset_forbidden)
        self._supervisor = Supervisor(self._processes, budget or Budget(), limits, cause)
        self._known: tuple[str, str] | None = None
        self._fed_ns = {id(one): 0 for one in watchers}

    def run(self, stop: StopRequest) -> None:
        """Supervise until `stop` is requested; raises the error for which nothing could fly."""
        with closing(self._processes):
            supervisor = self._supervisor
            while not supervisor.is_over:
                if stop.requested:
                    supervisor.end(self._clock.monotonic_ns())
                supervisor.step(self._clock.monotonic_ns())
                if supervisor.is_over:
                    break
                for news in self._processes.wait(self._patience_ns(), [] if supervisor.is_ending else [stop.fileno()]):
                    self._accept(news, self._clock.monotonic_ns())
                self._feed(self._clock.monotonic_ns())
        if supervisor.refusal:
            raise supervisor.refusal

    def _accept(self, news: ProcessNews, now_ns: int) -> None:
        supervisor = self._supervisor
        match news.message:
            case {"loaded": str(name), "state": str(state)}:
                self._accept_load(name, state)
            case {"checked": True}:
                supervisor.ready(news.who)
            case {"refused": dict(error)}:
                supervisor.refused(news.who, as_error(error))
            case {"flying": True}:
                supervisor.flies(now_ns)
                for one in self._watchers:
                    one.report(f"flies, incarnation {supervisor.incarnation}", is_ready=True)
            case {"beat": int(next_due_ns)}:
                supervisor.beats(now_ns, next_due_ns)
            case {"complaint": True}:
                supervisor.complains(Who.JOBS)
        if news.cause:
            supervisor.ended(news.who, news.cause, now_ns)

    def _accept_load(self, name: str, state: str) -> None:
        """Accept what the warm process has loaded: for the first time, or the same again."""
        if self._known is None:
            self._loaded(name, state)
            self._known = name, state
        if self._known == (name, state):
            self._supervisor.ready(Who.WARM)
        else:
            self._processes.report(f"the mission now is {name} in {state}, which nobody claimed: it is not flown")
            self._processes.kill(Who.WARM)

    def _patience_ns(self) -> int | None:
        now_ns = self._clock.monotonic_ns()
        times = [self._fed_ns[id(one)] + one.interval_ns for one in self._watchers if one.interval_ns]
        if self._supervisor.next_due_ns is not None:
            times.append(self._supervisor.next_due_ns)
        return min(times) - now_ns if times else None

    def _feed(self, now_ns: int) -> None:
        for one in self._watchers:
            if one.interval_ns and now_ns >= self._fed_ns[id(one)] + one.interval_ns:
                self._fed_ns[id(one)] = now_ns
                if self._supervisor.is_healthy(now_ns):
                    one.feed()

    def _board_reset_forbidden(self) -> str:
        """Why the board must not be reset; the record of resets is imported only now, as all of it is heavy."""
        from fsw.supervisor.resets import board_reset_forbidden

        assert self._known is not None
        try:
            return board_reset_forbidden(Path(self._known[1]))
        except Exception as error:  # whatever it is, this process is the last that lives
            return f"{type(error).__name__}: {error}"

    def _report(self, sentence: str) -> None:
        self._voice(sentence)
        for one in self._watchers:
            one.report(sentence, is_ready=False)
