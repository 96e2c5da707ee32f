"""What a process ran into is raised again in the supervisor, as the same kind of error with the same words."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.supervisor.causes import COMMANDED, EXCEPTION, EXIT_COMMANDED, EXIT_EXCEPTION, UNASKED, cause_of
from fsw.supervisor.messages import (
    BoardError,
    Start,
    as_error,
    in_words,
    message_in,
    start_of,
    to_octets,
    wants_tracebacks,
)
from kernels.usage import UsageError


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (UsageError("port 'x': expected one of"), UsageError, "port 'x': expected one of"),
        (OSError("/dev/none: no such serial port"), OSError, "/dev/none: no such serial port"),
        (FileNotFoundError(2, "No such file", "/x"), FileNotFoundError, "[Errno 2] No such file: '/x'"),
        (OSError(None, "odd", b"/x"), OSError, "[Errno 5] odd"),
        (MemoryError("much"), MemoryError, "much"),
        (ModuleNotFoundError("No module named 'x'", name="x"), ModuleNotFoundError, "No module named 'x'"),
        (KeyError("a"), BoardError, "KeyError: 'a'"),
        (SystemExit(3), BoardError, "SystemExit: 3"),
    ],
)
def test_errors_come_through(error, kind, text):
    told = as_error(message_in(to_octets(in_words(error))))
    assert (type(told), str(told)) == (kind, text)
    assert getattr(told, "name", None) == getattr(error, "name", None)


@given(st.binary(max_size=50))
def test_what_is_no_message_is_an_empty_one(octets):
    assert isinstance(message_in(octets), dict)


def test_a_start_comes_through():
    start = Start(3, "hang", {"hang": 2, "SIGSEGV": 1}, is_safe=True)
    assert start_of(message_in(to_octets({"start": start._asdict()}))["start"]) == start
    assert (start.is_first, start._replace(incarnation=1).is_first) == (False, True)


def test_every_end_has_a_cause():
    assert cause_of(EXIT_EXCEPTION << 8) == EXCEPTION
    assert cause_of(EXIT_COMMANDED << 8) == COMMANDED
    assert {cause_of(status << 8) for status in (0, 1, 2, 255)} == {UNASKED}
    assert cause_of(signal.SIGSEGV) == "SIGSEGV"
    assert cause_of(signal.SIGABRT | 0x80) == "SIGABRT"
    assert cause_of(signal.SIGRTMIN + 3) == f"signal {signal.SIGRTMIN + 3}"


@pytest.mark.parametrize(("said", "wants"), [("1", True), ("0", False), ("", False), (None, False)])
def test_who_wants_tracebacks_says_so(monkeypatch, said, wants):
    monkeypatch.delenv("SKYRACK_DEBUG", raising=False)
    if said is not None:
        monkeypatch.setitem(os.environ, "SKYRACK_DEBUG", said)
    assert wants_tracebacks() is wants
