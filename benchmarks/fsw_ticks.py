"""How late ticks of 100 Hz are while C kernels keep two workers busy: our executive beside a thread of C.

Both wait for the same times in the same run and class of scheduling: with the real-time priority that a node takes
where it may, and then wakes a little early. The executive waits on the host's clock, in one `select` a tick; the thread
in clock_nanosleep(2) with absolute times. Rates are the inverse of the median lateness, so that more is better; a tick
that is lost, shifted or not accounted for fails the comparison.

    python -m benchmarks fsw_ticks                10,000 ticks, with its promise
    python -m benchmarks.fsw_ticks --ticks 100000    as long as is wanted (`make soak-ticks`): 100,000 take 17 minutes
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from cffi import FFI

from benchmarks.harness import Row, settle_heap
from benchmarks.native import built
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from hal.linux.clock import HostClock
from hal.linux.priority import drop_priority, raise_priority
from kernels import library
from skyrack.flight import LEAD_NS

TICKS, PERIOD_MS, WORKERS = 10_000, 10, 2
PRIORITY = 50
HOLD = 0.5  # at most twice as late as C
CDEF = "long begin(int ticks, long long period_ns, long long first_ns, long long *late_ns); void finish(long thread);"
SOURCE = r"""
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
struct Work { int ticks; long long period_ns, first_ns, *late_ns; pthread_t thread; };
static void *wait_for_all(void *given)
{
    struct Work *work = given;
    for (int tick = 0; tick < work->ticks; tick++) {
        long long due = work->first_ns + tick * work->period_ns;
        struct timespec until = { due / 1000000000, due % 1000000000 }, now;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        work->late_ns[tick] = now.tv_sec * 1000000000LL + now.tv_nsec - due;
    }
    return NULL;
}
long begin(int ticks, long long period_ns, long long first_ns, long long *late_ns)
{
    struct Work *work = malloc(sizeof *work);
    *work = (struct Work){ ticks, period_ns, first_ns, late_ns, 0 };
    return pthread_create(&work->thread, NULL, wait_for_all, work) ? 0 : (long)work;
}
void finish(long thread)
{
    pthread_join(((struct Work *)thread)->thread, NULL);
    free((void *)thread);
}
"""
BUSY = "import os; os.nice(10)\nfrom kernels.coding.crc import crc32c\nwhile True: crc32c(bytes(1 << 24))"


@dataclass
class Late(App, period_ms=PERIOD_MS, budget_ms=5):
    """Notes how late each of its ticks is, those among them that it missed and is called for now."""

    epoch_ns: int
    late_ns: list[int] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        tick = (now_ns - self.epoch_ns) // (PERIOD_MS * 1_000_000)
        before = self.ticks[-1] if self.ticks else -1
        self.ticks.append(tick)
        self.late_ns += (now_ns - self.epoch_ns - one * PERIOD_MS * 1_000_000 for one in range(before + 1, tick + 1))
        return iter(())


class Starting(HostClock):
    """The host's clock, whose first reading is asked for: the executive's epoch."""

    def __init__(self, lead_ns: int) -> None:
        super().__init__(lead_ns)
        self.first_ns = HostClock.monotonic_ns(self)
        self.is_first = True

    def monotonic_ns(self) -> int:
        now_ns = self.first_ns if self.is_first else HostClock.monotonic_ns(self)
        self.is_first = False
        return now_ns


def fly(clock: Starting, ticks: int) -> tuple[Late, int]:
    """Run the executive for so many ticks; the app, and how many ticks were counted as missed."""
    executive = Executive(clock, Bus())
    app = Late(clock.first_ns)
    executive.add(app)
    while executive.ticks + executive.missed < ticks:
        clock.wait(executive.next_due_ns)
        executive.run_due()
    assert app.ticks == sorted(set(app.ticks)), "no tick comes twice or out of order"
    assert len(app.ticks) + executive.missed == len(app.late_ns) >= ticks, "no tick is lost"
    return app, executive.missed


def rows(ticks: int = TICKS) -> Iterator[Row]:
    made = built(CDEF, SOURCE, "-O2", "-pthread")
    with ExitStack() as busy:
        for _ in range(WORKERS):
            worker = busy.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            busy.callback(worker.kill)
        settle_heap()
        lacks = raise_priority(PRIORITY, is_inherited=True)  # by the thread, too
        busy.callback(drop_priority)
        yield compared(made, lacks or "real-time priority", 0 if lacks else LEAD_NS, ticks)


def compared(made: tuple[FFI, Any] | None, scheduled: str, lead_ns: int, ticks: int) -> Row:
    """The executive and the thread side by side, in the same class of scheduling."""
    clock, theirs = Starting(lead_ns), None
    if made:
        ffi, native = made
        late_ns = ffi.new("long long[]", ticks)
        thread = native.begin(ticks, PERIOD_MS * 1_000_000, clock.first_ns, late_ns)
        assert thread, "a thread"
    app, missed = fly(clock, ticks)
    if made:
        native.finish(thread)
        theirs = 1e6 / median(late_ns)
    return Row(
        name=f"{ticks} ticks of 100 Hz, {missed} missed, {scheduled}",
        peer="C, clock_nanosleep" if made else "C, clock_nanosleep (missing: a C compiler: gcc)",
        level=library.level(),
        ours=1e6 / median(app.late_ns),
        theirs=theirs,
        unit="1/ms",
        hold=HOLD,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Fly so many ticks, and print how late they were; exit code 1 where the promise is not met."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fsw_ticks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--ticks", type=int, default=TICKS)
    kept = True
    for row in rows(parser.parse_args(words).ticks):
        theirs = f", {row.peer}: {1e3 / row.theirs:.1f} us" if row.theirs else ""
        print(f"{row.name}: median lateness {1e3 / row.ours:.1f} us{theirs}")
        kept = kept and (row.theirs is None or row.ours >= HOLD * row.theirs)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
