"""A table of processes that do what a test wants, and the virtual time in which a supervisor has it."""

from fsw.supervisor.budget import Budget
from fsw.supervisor.messages import Chosen
from fsw.supervisor.supervisor import SupervisionLimits, Supervisor, Who

S = 1_000_000_000
EXECUTIVE, STANDBY, WARM, JOBS = Who.EXECUTIVE, Who.STANDBY, Who.WARM, Who.JOBS


class Table:
    """Lists what was done with it. `chosen`: the software of the next choices, then what is installed."""

    def __init__(self, why_no_reset="", **limits):
        self.done, self.said, self.starts, self.beacons = [], [], [], []
        self.standbys = []  # when one was to be forked; None: it was to end
        self.has_standby = False
        self.why_no_reset, self.refusing = why_no_reset, set()
        self.chosen, self.uncounted, self.folders = [], [], {}
        self.now_ns = 5 * S
        self.supervisor = Supervisor(self, Budget(2, 1, 100), SupervisionLimits(**limits))

    def choose(self, uncounted):
        self.uncounted.append(uncounted)
        return self.chosen.pop(0) if self.chosen else Chosen()

    def start(self, who, folder):
        self.done.append(("start", who))
        self.folders[who] = folder
        if who in self.refusing:
            raise OSError

    def order(self, start):
        self.starts.append(start)
        if EXECUTIVE in self.refusing:
            raise BrokenPipeError

    def stand_by(self):
        self.standbys.append(self.now_ns / S)
        if STANDBY in self.refusing:
            raise OSError

    def dismiss(self):
        self.standbys.append(None)

    def kill(self, who):
        self.done.append(("kill", who))

    def ask_to_end(self):
        self.done.append(("ask", EXECUTIVE))

    def send_beacon(self, cause, failures):
        self.beacons.append((self.now_ns // S, cause, failures))

    def reset_board(self, cause):
        self.done.append(("reset", cause))
        return self.why_no_reset

    def report(self, sentence):
        self.said.append(sentence)

    def loaded(self):
        """Step, and have both helpers ready."""
        self.supervisor.step(self.now_ns)
        for who in (WARM, JOBS):
            self.supervisor.ready(who)
        return self.step()

    def step(self, seconds=0.0):
        """Let time pass from one due time to the next, as a loop does; returns this table."""
        end_ns = self.now_ns + round(seconds * S)
        self.supervisor.step(self.now_ns)
        while (due_ns := self.supervisor.next_due_ns) is not None and due_ns <= end_ns:
            self.now_ns = max(self.now_ns + 1, due_ns)
            self.supervisor.step(self.now_ns)
        self.now_ns = max(self.now_ns, end_ns)
        self.supervisor.step(self.now_ns)
        return self

    def flying(self, seconds=0.0):
        """Fly and beat once a second."""
        self.supervisor.flies(self.now_ns)
        for _ in range(int(seconds)):
            self.step(1)
            self.supervisor.beats(self.now_ns, self.now_ns + S)
        return self

    def fails(self, cause="SIGSEGV"):
        self.supervisor.ended(EXECUTIVE, cause, self.now_ns)
        return self.step()
