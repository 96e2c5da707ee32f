"""The tape gives what the journal took, in the same order, and ends where the recording or the likeness does."""

from contextlib import suppress
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.flightlog import journal as journals
from fsw.flightlog.chunks import ChunkFile, ChunkKind
from fsw.flightlog.entries import INLINE_OCTETS_MAX, Ask, DeviceCall, DeviceFailure, FlightHeader
from fsw.flightlog.journal import Journal
from kernels.usage import UsageError
from rig.replay.tape import Divergence, Replayed, Tape, TapeEnds

HEADER = FlightHeader(software="1", dictionary="2", mission={}, apps=[], bits_per_second=9600, state="/")
ANSWERS = st.none() | st.integers(-(1 << 40), 1 << 40) | st.binary(max_size=3) | st.lists(st.integers(0, 3), max_size=2)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 1 << 31)),
        st.tuples(st.just("ask"), st.sampled_from([Ask.READ, Ask.UNFINISHED]), ANSWERS),
        st.tuples(st.just("call"), st.sampled_from([DeviceCall.STEP, DeviceCall.WRITE]), ANSWERS, ANSWERS),
        st.tuples(st.just("put"), st.binary(max_size=3), st.sampled_from([1, 40, INLINE_OCTETS_MAX])),
        st.tuples(st.just("flush")),
    ),
    max_size=40,
)


def recording(folder, deeds=(), header=HEADER):
    """A recording of these deeds, and what each of them is to give again."""
    file, given_back, now_ns = ChunkFile(folder / "flight.rec"), [], 0
    file.append(ChunkKind.HEADER, msgspec.msgpack.encode(header))
    journal = Journal(file, pytest.fail)
    for deed in deeds:
        match deed:
            case "read", later_ns:
                now_ns += later_ns
                journal.readings.append(now_ns)
                given_back.append(now_ns)
            case "ask", ask, answer:
                journal.answered(ask, answer)
                given_back.append(answer)
            case "call", call, words, answer:
                journal.called(call, words, answer)
                given_back.append(answer)
            case "put", octets, times:
                journal.answered(Ask.OUTCOME, journal.put(octets * times))
                given_back.append(octets * times)
            case _:
                journal.flush()
                given_back.append(None)
    journal.flush()
    file.close()
    return folder / "flight.rec", given_back


def again(tape, deed):
    """The deed once more, on the tape."""
    match deed:
        case "read", _:
            return tape.read_clock()
        case "ask", ask, _:
            return tape.answer(ask)
        case "call", call, words, _:
            return tape.call(call, words)
        case "put", *_:
            return tape.content(tape.answer(Ask.OUTCOME))
    return None


@given(DEEDS)
def test_the_tape_gives_all_that_was_recorded(tmp_path_factory, deeds):
    path, wanted = recording(tmp_path_factory.mktemp("tape"), deeds)
    tape = Tape(path)
    assert [again(tape, deed) for deed in deeds] == wanted
    assert tape.peek() is None
    assert tape.next_seconds == tape.seconds
    with pytest.raises(Replayed):
        tape.read_clock()


@given(DEEDS, st.data())
def test_a_recording_that_was_cut_off_gives_a_beginning(tmp_path_factory, deeds, data):
    path, wanted = recording(tmp_path_factory.mktemp("tape"), deeds)
    whole = path.read_bytes()
    start = len(recording(tmp_path_factory.mktemp("tape"))[0].read_bytes())
    path.write_bytes(whole[: data.draw(st.integers(start, len(whole)))])
    tape, found = Tape(path), []
    with suppress(TapeEnds):
        for deed in deeds:
            found.append(again(tape, deed))
    assert found == wanted[: len(found)]


@given(DEEDS, st.data())
def test_another_call_is_a_difference_and_nothing_is_given_from_then_on(tmp_path_factory, deeds, data):
    deeds = [*deeds, ("call", DeviceCall.POWER, 1, 2)]
    calls = [number for number, deed in enumerate(deeds) if deed[0] == "call"]
    path, _ = recording(tmp_path_factory.mktemp("tape"), deeds)
    number = data.draw(st.sampled_from(calls))
    tape = Tape(path)
    for deed in deeds[:number]:
        again(tape, deed)
    with pytest.raises(Divergence) as found:
        tape.call(DeviceCall.CAPTURE, "coast")
    assert found.value.call == calls.index(number) + 1
    for ask in (tape.read_clock, lambda: tape.answer(Ask.READ), lambda: tape.call(*deeds[number][1:3])):
        with pytest.raises(Divergence) as still:
            ask()
        assert still.value is found.value


@pytest.mark.parametrize(
    ("deeds", "sentence"),
    [
        (["read", "call 1"], "recorded is write(01) after 2 readings, replayed write(01) after 1"),
        (["read", "read", "read"], "recorded is write(01), replayed a reading of the clock"),
        (["read", "read", "call 2"], "recorded is write(01), replayed write(02)"),
        (["read", "read", "long"], "recorded is write(01), replayed write(77 octets 9d6f..)"),
    ],
)
def test_the_first_difference_is_told_with_its_place(tmp_path, deeds, sentence):
    path, _ = recording(
        tmp_path,
        [("call", DeviceCall.STEP, None, None), ("read", 5), ("read", 7), ("call", DeviceCall.WRITE, b"\1", 1)],
    )
    tape = Tape(path)
    tape.call(DeviceCall.STEP)
    words = {"call 1": b"\1", "call 2": b"\2", "long": (77).to_bytes(8) + b"\x9d\x6f" * 16}
    *earlier, last = [
        tape.read_clock if deed == "read" else partial(tape.call, DeviceCall.WRITE, words[deed]) for deed in deeds
    ]
    for deed in earlier:
        deed()
    with pytest.raises(Divergence) as found:
        last()
    assert sentence.replace("9d6f..", "9d6f9d6f9d6f9d6f..") in found.value.sentence
    assert found.value.sentence.startswith("step 1, 0.000000 s, call 2: ")


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (FileNotFoundError(2, "No such file", "/x"), "[Errno 2] No such file: '/x'"),
        (FileNotFoundError(2, "No such file", "/x", None, "/y"), "[Errno 2] No such file: '/x' -> '/y'"),
        (OSError(5, "Input/output error"), "[Errno 5] Input/output error"),
        (KeyError("a"), "'a'"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), "'utf-8' codec can't decode byte 0xff in position 0: why"),
        (ExceptionGroup("two", [ValueError("a")]), "two (1 sub-exception)"),
        (type("TheirOwn", (Exception,), {})("said"), "said"),
        (SystemExit(3), "3"),
        (type("No name", (Exception,), {})("said"), "said"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else "",
)
def test_a_failure_is_raised_again(tmp_path, failure, text):
    path, _ = recording(
        tmp_path,
        [("ask", Ask.READ, DeviceFailure.of(failure)), ("call", DeviceCall.STEP, None, DeviceFailure.of(failure))],
    )
    tape = Tape(path)
    for again_it in (lambda: tape.answer(Ask.READ), lambda: tape.call(DeviceCall.STEP)):
        with pytest.raises(BaseException) as found:  # noqa: PT011 - each case names its own
            again_it()
        name = type(failure).__name__
        assert type(found.value).__name__ == (name if name.isidentifier() else "DeviceFailure")
        assert str(found.value) == text
        assert isinstance(found.value, Exception) == isinstance(failure, Exception)


def test_a_question_that_was_never_asked_ends_the_tape(tmp_path):
    path, _ = recording(tmp_path, [("ask", Ask.READ, 1)])
    with pytest.raises(TapeEnds):
        Tape(path).answer(Ask.DICE)
    with pytest.raises(TapeEnds):
        Tape(path).content(2)


def test_a_step_is_whole_once_its_end_is_on_the_tape(tmp_path):
    step, wake = ("call", DeviceCall.STEP, None, None), ("call", DeviceCall.WAKE, 1, None)
    path, _ = recording(tmp_path, [step, ("flush",), ("call", DeviceCall.WRITE, b"", 0), ("flush",), wake, step])
    tape = Tape(path)
    assert tape.has_whole_step()
    tape.call(DeviceCall.STEP)
    tape.call(DeviceCall.WRITE, b"")
    assert tape.has_whole_step()
    tape.call(DeviceCall.WAKE, 1)
    assert not tape.has_whole_step()


@pytest.mark.parametrize(
    ("chunks", "sentence"),
    [
        ([], "has no header"),
        ([(ChunkKind.PIECE, b"")], "has no header"),
        ([(ChunkKind.HEADER, b"\x01")], "cannot be read"),
        ([(ChunkKind.HEADER, b"\x91" * 100_000)], "cannot be read"),
        (
            [(ChunkKind.HEADER, msgspec.msgpack.encode(msgspec.structs.replace(HEADER, bits_per_second=0)))],
            "cannot be read",
        ),
        ([(ChunkKind.HEADER, msgspec.msgpack.encode(HEADER)), (ChunkKind.ENTRIES, b"\x01")], "cannot be read"),
        (
            [
                (ChunkKind.HEADER, msgspec.msgpack.encode(HEADER)),
                (ChunkKind.ENTRIES, b"\x94\0\x90\x80" + b"\x91" * 9999),
            ],
            "cannot",
        ),
    ],
)
def test_what_nobody_recorded_is_refused_in_one_sentence(tmp_path, chunks, sentence):
    file = ChunkFile(tmp_path / "flight.rec")
    for chunk in chunks:
        file.append(*chunk)
    file.close()
    with pytest.raises(UsageError, match=sentence):
        Tape(tmp_path / "flight.rec").read_clock()


def test_much_that_waits_is_written_before_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "_HELD_MAX", 4)
    file = ChunkFile(tmp_path / "flight.rec")
    journal = Journal(file, pytest.fail)
    for number in range(10):
        journal.answered(Ask.READ, number)
        journal.called(DeviceCall.WRITE, number)
    file.close()
    size = (tmp_path / "flight.rec").stat().st_size
    assert size > 100


def test_a_sink_that_fails_is_told_once_and_nothing_piles_up():
    class Full:
        def append(self, kind, body):
            raise OSError(28, "No space left on device")

    said = []
    journal = Journal(Full(), said.append)
    for number in range(5):
        journal.readings.append(number)
        journal.called(DeviceCall.WRITE, b"x", 1)
        journal.flush()
        journal.put(bytes(INLINE_OCTETS_MAX + 1))
    assert said == ["No space left on device"]
    assert journal.readings == []
    assert not journal.is_on
