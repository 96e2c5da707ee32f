"""The supervisor's decisions, without a process or a clock of its own: what to start, end, ask for, and when.

    supervisor S ── warm process W (the mission loaded) ┄┄ forks ┄┄► executive E, a child of S, ends with S
                 └─ guardian of the jobs (stages loaded)

W also forks a standby, which takes E's place. Without one E is forked anew from W. W that ended is started anew
while E flies on. What fails too often begins in safe mode, then the board's reset is asked for, and where that does not
come, S tries on with growing patience and has a beacon sent in between. Which software W and G load is chosen before
each start that may need another one.
"""

from enum import Enum
from typing import NamedTuple, Protocol

from fsw.supervisor.budget import Budget, GrowingDelay, Level
from fsw.supervisor.causes import COMMANDED, HANG, REFUSED, RESET_ASKED
from fsw.supervisor.messages import BoardError, Chosen, Start

_NS = 1_000_000_000
_BEACON_NS = 60 * _NS
_CALM_NS = 60 * _NS  # software that flew for so long may be started again without being counted
_INSTALLED = Chosen()
_STANDBY_S = 1.0  # an executive that flew for so long gets a standby
_STANDBY_NS = round(_STANDBY_S * _NS)


class Who(Enum):
    """The processes that a supervisor has."""

    WARM = "warm process"
    JOBS = "guardian of the jobs"
    EXECUTIVE = "executive"
    STANDBY = "standby"


class SupervisionLimits(NamedTuple):
    """How long an executive may be silent, and take to begin to fly; how long it may take to end, and a reset to come.

    Seconds. The warm process and the guardian may take `loading_s` to load what they need.
    """

    silence_s: float = 10.0
    starting_s: float = 30.0
    ending_s: float = 10.0
    reset_s: float = 60.0
    loading_s: float = 120.0


class ProcessTable(Protocol):
    """What a supervisor can do."""

    def choose(self, uncounted: int) -> Chosen:
        """Have it chosen which software is started next, and the start counted, after `uncounted` that were not."""
        ...

    def start(self, who: Who, folder: str) -> None:
        """Start the warm process or the guardian, of the software in `folder`, or of what is installed.

        Raises OSError, as for want of memory. Its end comes as news.
        """
        ...

    def order(self, start: Start) -> None:
        """Have the warm process fork an executive; raises OSError where there is none, or no memory."""
        ...

    @property
    def has_standby(self) -> bool:
        """Whether a standby waits for its start: it needs no warm process."""
        ...

    def stand_by(self) -> None:
        """Have the warm process, if it can, fork a standby; raises OSError where there is none, or no memory."""
        ...

    def dismiss(self) -> None:
        """End the standby, if there is one."""
        ...

    def kill(self, who: Who) -> None:
        """End a process, if there is one; its end comes as news."""
        ...

    def ask_to_end(self) -> None:
        """Ask the executive to end in order."""
        ...

    def send_beacon(self, cause: str, failures: int) -> None:
        """Have the warm process, if there is one, fork one that sends a beacon."""
        ...

    def reset_board(self, cause: str) -> str:
        """Ask for a reset of the board; returns why none can be had, or nothing where it is under way."""
        ...

    def report(self, sentence: str) -> None:
        """Tell a person."""
        ...


class _Helper:
    """The warm process or the guardian: alive or not, ready or not, and when to start it again.

    `is_replaced`: it is ended by us, as another software is to be started.
    """

    def __init__(self) -> None:
        self.is_alive = self.is_ready = self.was_ready = self.is_replaced = False
        self.start_ns: int | None = 0
        self.since_ns = 0
        self.patience = GrowingDelay(1.0, 60.0)


class Supervisor:
    """Decides on news and with time; times are monotonic, in ns. `cause`: why the board was started, if known.

    `refusal`: the error for which the first executive could not begin, so that the node ends with it.
    """

    def __init__(self, processes: ProcessTable, budget: Budget, limits: SupervisionLimits, cause: str = "") -> None:
        self._do, self._budget, self._limits = processes, budget, limits
        self._helpers = {Who.WARM: _Helper(), Who.JOBS: _Helper()}
        self._patience = GrowingDelay(10.0, 600.0, is_eager=False)
        self._cause, self._counts = cause, dict[str, int]()
        self._next_ns: int | None = 0  # when the next executive may start; None: there is one
        self._flying_ns: int | None = None  # since when it flies
        self._silent_ns: int | None = None  # when its silence, or its start, has lasted too long
        self._ending_ns: int | None = None  # when one that was asked to end is killed
        self._beacon_ns: int | None = None
        self._standby_ns: int | None = None  # when a standby is to be forked; its start and its life are no hurry
        self._standby_since_ns, self._standby_patience = 0, GrowingDelay(_STANDBY_S, 600.0, is_eager=False)
        self._is_hung = False
        self._software, self._uncounted = _INSTALLED, 0
        self._is_chosen = False  # whether this software is that of the next start, which is counted
        self._needs_all = True  # whether the next executive waits for the guardian as well
        self._step_ns = self._good_until_ns = -1
        self._silence_ns, self._reset_ns = round(limits.silence_s * _NS), round(limits.reset_s * _NS)
        self.incarnation = 0
        self.is_ending = self.is_over = False
        self.refusal: Exception | None = None

    @property
    def next_due_ns(self) -> int | None:
        """When `step` has something to do, if no news come before."""
        times = [self._ending_ns, self._beacon_ns, self._standby_ns]
        times += [self._next_ns if self._can_start or not self._is_chosen else None]
        if self._silent_ns is not None:
            times += [self._silent_ns, self._step_ns + self._silence_ns // 4]
        for helper in self._helpers.values():
            times += [self._late_ns(helper)] if helper.is_alive and not helper.is_ready else [helper.start_ns]
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def is_flying(self) -> bool:
        """Whether there is an executive that has begun to fly."""
        return self._flying_ns is not None

    def is_healthy(self, now_ns: int) -> bool:
        """Whether what watches this process may be told that all is well: so long as a restart may still help.

        And again once even a reset of the board is known not to: a node that sends beacons is better than one that does
        nothing but restart.
        """
        return now_ns < self._good_until_ns or self._budget.level is Level.LAST_RESORT

    def step(self, now_ns: int) -> None:
        """Do what is due, once all news that came until `now_ns` were given."""
        self._allow_for_a_pause(now_ns)
        if _is_due(self._next_ns, now_ns) and not (self._is_chosen or self.is_ending):
            self._choose()
        for who, helper in self._helpers.items():
            self._step_helper(who, helper, now_ns)
        if _is_due(self._ending_ns, now_ns):
            self._do.kill(Who.EXECUTIVE)
            self._ending_ns = now_ns + round(self._limits.ending_s * _NS)
        if _is_due(self._silent_ns, now_ns):
            self._is_hung = True
            self._silent_ns = now_ns + self._silence_ns
            self._do.kill(Who.EXECUTIVE)
        if _is_due(self._beacon_ns, now_ns):
            self._beacon_ns = now_ns + _BEACON_NS
            self._do.send_beacon(self._cause, self._budget.failures)
        if _is_due(self._standby_ns, now_ns):
            self._stand_by(now_ns)
        if self._can_start and _is_due(self._next_ns, now_ns):
            self._start(now_ns)

    def end(self, now_ns: int) -> None:
        """Begin to end in order, as a person or the service manager asks."""
        if self.is_ending:
            return
        self.is_ending = True
        if self._next_ns is not None:
            self.is_over = True
            return
        self._silent_ns = self._standby_ns = None
        self._ending_ns = now_ns + round(self._limits.ending_s * _NS)
        self._do.ask_to_end()

    def ready(self, who: Who) -> None:
        """The warm process or the guardian has loaded what it needs."""
        helper = self._helpers[who]
        helper.is_ready = helper.was_ready = True

    def flies(self, now_ns: int) -> None:
        """The executive begins to fly; it has noted the causes that it was given."""
        self._flying_ns, self._counts, self._beacon_ns = now_ns, {}, None
        self._budget.flies(now_ns)
        self._standby_ns = now_ns + _STANDBY_NS
        self.beats(now_ns, now_ns)

    def beats(self, now_ns: int, next_due_ns: int) -> None:
        """The executive's loop has come around, and has nothing to do before `next_due_ns`."""
        if self.is_flying and not self.is_ending:
            self._silent_ns = min(max(now_ns, next_due_ns), now_ns + self._silence_ns) + self._silence_ns
            self._good_until_ns = self._silent_ns + self._silence_ns

    def refused(self, who: Who, error: Exception) -> None:
        """A process could not begin, for a reason that is told: while nothing flew yet, the node ends with it."""
        if self._is_at_the_beginning(who):
            self.refusal, self.is_over = error, True
        else:
            self._do.report(f"the {who.value} cannot begin: {error}")

    def complains(self, who: Who) -> None:
        """The executive cannot work with `who`, which does not answer."""
        self._do.report(f"the {who.value} does not answer; it is started again")
        self._do.kill(who)

    def ended(self, who: Who, cause: str, now_ns: int) -> None:
        """A process has ended for `cause`."""
        if self.is_over:
            return
        if who is Who.EXECUTIVE:
            self._executive_ended(cause, now_ns)
        elif who is Who.STANDBY:
            if self.is_flying and not self.is_ending:
                self._do.report(f"the standby ended ({cause}); it is started again")
                self._standby_again(now_ns)
        elif self._is_at_the_beginning(who):
            self.refusal, self.is_over = BoardError(f"the {who.value} ended before it was ready ({cause})"), True
        elif not self.is_ending:
            self._helper_ended(who, self._helpers[who], cause, now_ns)

    def _stand_by(self, now_ns: int) -> None:
        """Have a standby forked; where that is not possible now, look again later."""
        self._standby_ns, self._standby_since_ns = None, now_ns
        try:
            if self._helpers[Who.WARM].is_ready:
                self._do.stand_by()
                return
        except OSError:
            pass
        self._standby_again(now_ns)

    def _standby_again(self, now_ns: int) -> None:
        self._standby_ns = now_ns + self._standby_patience.ended(now_ns - self._standby_since_ns)

    def _helper_ended(self, who: Who, helper: _Helper, cause: str, now_ns: int) -> None:
        was_ready, was_replaced = helper.is_ready, helper.is_replaced
        helper.is_alive = helper.is_ready = helper.is_replaced = False
        if was_replaced:
            helper.start_ns = now_ns
            return
        helper.start_ns = now_ns + helper.patience.ended(now_ns - helper.since_ns)
        self._do.report(f"the {who.value} ended ({cause}); it is started again")
        if self._software.folder and not was_ready and self._next_ns is not None:
            self._is_chosen = False  # perhaps for its software: that was a start of it

    def _is_at_the_beginning(self, who: Who) -> bool:
        """Whether nothing has flown yet, and `who` is not known to work."""
        is_known = who in self._helpers and self._helpers[who].was_ready
        return self.incarnation <= 1 and not self.is_flying and not is_known and not self._software.folder

    @property
    def _can_start(self) -> bool:
        """Whether an executive can be had: the first one of a software only if all that it needs was found good."""
        everybody = self._helpers.values() if self._needs_all else [self._helpers[Who.WARM]]
        are_ready = all(helper.is_ready for helper in everybody) or (self._do.has_standby and not self._needs_all)
        return self._is_chosen and not self.is_ending and are_ready

    def _choose(self) -> None:
        """Have the software of the next start chosen; the helpers that have another one are replaced."""
        before, self._software = self._software, self._do.choose(self._uncounted)
        self._is_chosen = True
        self._uncounted = 0 if self._software.is_counted else self._uncounted + 1
        if self._software.complaint:
            self._do.report(self._software.complaint)
        if self._software.folder == before.folder:
            return
        self._do.report(_choice(self._software))
        self._needs_all = True
        self._do.dismiss()
        for who, helper in self._helpers.items():
            if helper.is_alive:
                helper.is_ready, helper.is_replaced = False, True
                self._do.kill(who)

    def _allow_for_a_pause(self, now_ns: int) -> None:
        """Where this process did not run either, as on a machine that was paused, the executive's silence is none."""
        paused_ns = now_ns - self._step_ns
        if self._silent_ns is not None and paused_ns > self._silence_ns // 2:
            self._silent_ns += paused_ns
        if self._step_ns < 0:
            self._good_until_ns = now_ns + round((self._limits.loading_s + self._limits.starting_s) * _NS)
        self._step_ns = now_ns

    def _step_helper(self, who: Who, helper: _Helper, now_ns: int) -> None:
        if not helper.is_alive and _is_due(helper.start_ns, now_ns) and not self.is_ending:
            helper.is_alive, helper.since_ns, helper.start_ns = True, now_ns, None
            try:
                self._do.start(who, self._software.folder)
            except OSError:
                self.ended(who, REFUSED, now_ns)
        elif helper.is_alive and not helper.is_ready and now_ns >= self._late_ns(helper):
            helper.since_ns = now_ns
            self._do.kill(who)

    def _late_ns(self, helper: _Helper) -> int:
        return helper.since_ns + round(self._limits.loading_s * _NS)

    def _start(self, now_ns: int) -> None:
        self.incarnation += 1
        self._next_ns, self._silent_ns = None, now_ns + self._may_take_ns
        self._is_chosen = self._needs_all = False
        is_safe = self._budget.level > Level.NOMINAL
        try:
            self._do.order(Start(self.incarnation, self._cause, self._counts, is_safe, self._software.slot))
        except OSError:
            self._helpers[Who.WARM].is_ready = False  # nothing more is ordered of it until its successor is ready
            self._helpers[Who.WARM].since_ns = now_ns
            self._do.kill(Who.WARM)
            self._executive_ended(REFUSED, now_ns)

    @property
    def _may_take_ns(self) -> int:
        """How long the executive that is ordered now may take to begin: a standby has all behind it but its start."""
        starting_ns = round(self._limits.starting_s * _NS)
        return min(starting_ns, self._silence_ns) if self._do.has_standby else starting_ns

    def _executive_ended(self, cause: str, now_ns: int) -> None:
        flown_ns = now_ns - self._flying_ns if self._flying_ns is not None else 0
        cause, self._is_hung = HANG if self._is_hung else cause, False
        self._flying_ns = self._silent_ns = self._standby_ns = None
        if self.is_ending:
            self.is_over = True
            return
        self._cause = cause
        self._counts = {**self._counts, cause: self._counts.get(cause, 0) + 1}
        if cause in (COMMANDED, RESET_ASKED):
            self._is_chosen = False
            level = self._level_of_request(cause)
        else:
            self._is_chosen = self._may_be_repeated(flown_ns)
            level = self._budget.failed(now_ns)
            if level is Level.RESET and self._why_no_reset():
                self._budget.reset_in_vain()
                level = Level.LAST_RESORT
        self._next_ns = now_ns + self._delay_ns(level, flown_ns, now_ns)
        self._do.report(f"the executive ended ({cause}); {_outlook(level, self._next_ns - now_ns)}")

    def _may_be_repeated(self, flown_ns: int) -> bool:
        """Whether the same software may be started again after a failure without being asked for, which takes time."""
        software = self._software
        return not software.is_trial and (not software.folder or flown_ns >= _CALM_NS)

    def _level_of_request(self, cause: str) -> Level:
        """How the next executive is started where the one before asked for it: that is no failure of it."""
        if cause == RESET_ASKED and not self._why_no_reset():
            return Level.RESET
        return Level.SAFE if self._budget.level is Level.RESET else self._budget.level

    def _delay_ns(self, level: Level, flown_ns: int, now_ns: int) -> int:
        """For how long the next executive has to wait."""
        if level is not Level.LAST_RESORT:
            return self._reset_ns if level is Level.RESET else 0
        self._beacon_ns = now_ns
        return self._patience.ended(flown_ns)

    def _why_no_reset(self) -> str:
        """Ask for a reset of the board; returns why none comes, or nothing where it is under way."""
        why_not = self._do.reset_board(self._cause)
        if why_not:
            self._do.report(f"the board is not reset: {why_not}")
        return why_not


def _is_due(when_ns: int | None, now_ns: int) -> bool:
    return when_ns is not None and now_ns >= when_ns


def _choice(software: Chosen) -> str:
    if not software.folder:
        return "what is installed is started from now on"
    trial = ", on trial" if software.is_trial else ""
    return f"slot {software.slot}, version {software.version}, is started from now on{trial}"


def _outlook(level: Level, delay_ns: int) -> str:
    match level:
        case Level.NOMINAL:
            return "it is started again"
        case Level.SAFE:
            return "it is started again, in safe mode"
        case Level.RESET:
            return "a reset of the board is asked for"
    return f"it is started again in {delay_ns // _NS} s, and a beacon is sent"
