"""Pipelines that do not want to end, or report other than what they are: `run` does what `parameters` ask for.

`told`: the folder in which each process that should not survive leaves a file of its number.
"""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path


def run(samples, parameters):
    parameters = dict(parameters)
    return DEEDS[parameters.pop("deed")](**parameters)


def block():
    end, _ = os.pipe()
    while True:
        os.read(end, 1)


def tell(told):
    Path(told, str(os.getpid())).touch()


def wait_until_told(told, count):
    while len(list(Path(told).iterdir())) < count:
        time.sleep(0.001)


def start(told, do, *, session):
    """A child that does `do`, seen to run."""
    before = len(list(Path(told).iterdir()))
    if not os.fork():
        if session:
            os.setsid()
        tell(told)
        do()
        os._exit(0)
    wait_until_told(told, before + 1)


def answers(octets="done"):
    return octets.encode()


def lives_on(told):
    tell(told)
    block()


def clears_its_timer():
    signal.alarm(2)
    signal.alarm(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    block()


def burn(seconds):
    """Until this process has taken so much more of a processor."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def burns_and_dies(told, seconds):
    """It uses processor time, and so do its two children, which still run when it ends."""

    def child():
        burn(seconds)
        tell(told)
        block()

    burn(seconds)
    before = len(list(Path(told).iterdir()))
    for _ in range(2):
        if not os.fork():
            child()
    wait_until_told(told, before + 2)
    os._exit(7)


def tells_its_privileges():
    return Path("/proc/self/status").read_bytes()


def tells_its_niceness():
    return b"%d" % os.nice(0)


def is_deaf():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    block()


def lifts_its_limits(what):
    resource.setrlimit(getattr(resource, what), (resource.RLIM_INFINITY,) * 2)
    return b"lifted"


def exits(status):
    ctypes.CDLL(None).exit(status)


def raises_exit(status):
    sys.exit(status)


def signals(which):
    os.kill(os.getpid(), which)
    return b"went on"


def kills_its_group():
    os.kill(0, signal.SIGKILL)


def closes_everything():
    os.closerange(0, 256)
    return b"told all the same"


def scribbles(status):
    for descriptor in range(3, 256):
        with suppress(OSError):
            os.write(descriptor, b"garbage" * 99)
        with suppress(OSError):
            os.pwrite(descriptor, b"garbage" * 99, 0)
    os._exit(status)


def leaves_a_daemon(told):
    """By the book: two forks and a session."""
    if not os.fork():
        os.setsid()
        start(told, block, session=True)
        os._exit(0)
    wait_until_told(told, 1)
    return b"done"


def leaves_a_family(told):
    def parent():
        start(told, block, session=True)
        start(told, block, session=False)
        is_deaf()

    start(told, parent, session=True)
    wait_until_told(told, 3)
    block()


def leaves_a_comet(told):
    """A child that is always another process."""

    def fly():
        while not os.fork():
            os.setsid()

    start(told, fly, session=True)
    return b"done"


def comes_back_twice():
    return b"parent" if os.fork() else b"child"


def leaves_a_thread():
    threading.Thread(target=block).start()
    return b"done"


def prints(octets):
    print("the first line")
    os.write(1, b"." * octets)
    print("more", file=sys.stderr)
    return b"done"


def ends_its_zygote(told, which):
    start(told, block, session=True)
    tell(told)
    os.kill(os.getppid(), which)
    block()


def raises_no_utf8():
    raise ValueError("no scene " + os.fsdecode(b"/scenes/\xff.npz"))


def raises_without_words():
    class UnprintableError(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    raise UnprintableError


def raises_at_length():
    raise ValueError("x" * 10_000_000)


def gives(what):
    return {"none": None, "number": 5, "text": "text"}[what]


DEEDS = {name: deed for name, deed in globals().items() if callable(deed)}
