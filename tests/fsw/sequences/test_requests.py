"""Service 21: what can be asked about sequences, and what is refused in one sentence."""

import pytest

from fsw.sequences.library import SequenceLibrary
from fsw.sequences.requests import Sequencing
from fsw.sequences.runs import SequenceRuns
from link.pus.services.automation import sequencing as s
from link.pus.services.test import Ping
from link.pus.services.verification import RefusedError
from link.sequences.check import complaints
from link.sequences.form import StoredSequence
from tests.fsw.sequences.small import a_dictionary, at, crc_of, ping, sequence, step

FILE = sequence(step(), step(after_ms=5)).encode()


class Bench:
    def __init__(self):
        self.refusal = ""
        self.library = SequenceLibrary(lambda one: complaints(one, a_dictionary(), lambda packet: self.refusal))
        self.runs = SequenceRuns(lambda one: None)
        self.service = Sequencing(self.library, self.runs, self.read)

    def read(self, repository, file):
        if file == "bad":
            raise OSError(5, "Input/output error")
        return FILE

    def ask(self, request):
        return list(self.service.handle(request, at(0)))

    def load(self):
        self.ask(s.LoadPart(sequence=1, part=0, parts=1, content=FILE))


@pytest.fixture
def bench():
    return Bench()


def refused(bench, request, words):
    with pytest.raises(RefusedError, match=words):
        bench.ask(request)


@pytest.mark.requirement("FSW-SEQ-007")
def test_a_life_of_a_sequence(bench):
    bench.load()
    assert bench.ask(s.ChecksumSequence(sequence=1)) == [s.SequenceChecksum(sequence=1, checksum=crc_of(FILE))]
    assert bench.ask(s.ReportSequenceContent(sequence=1)) == [s.SequenceContent(sequence=1, content=FILE)]
    bench.ask(s.ActivateSequence(sequence=1))
    bench.ask(s.PauseSequence(sequence=1))
    paused = s.SequenceStatus(sequence=1, state=s.SequenceState.PAUSED, step=0, steps=2, ended=s.SequenceEnd.NONE)
    assert bench.ask(s.ReportSequences()) == [s.SequencesReport(statuses=[paused])]
    bench.ask(s.ResumeSequence(sequence=1))
    for request in (s.UnloadSequence(sequence=1), s.LoadPart(sequence=1, part=0, parts=1, content=FILE),
                    s.ActivateSequence(sequence=1), s.LoadByReference(sequence=1, repository="", file="")):  # fmt: skip
        refused(bench, request, "sequence 1 is under execution")
    bench.ask(s.AbortSequence(sequence=1))
    assert bench.ask(s.ReportSequences())[0].statuses[0].ended is s.SequenceEnd.ABORTED
    bench.ask(s.UnloadSequence(sequence=1))
    assert bench.ask(s.ReportSequences()) == [s.SequencesReport(statuses=[])]
    refused(bench, s.ActivateSequence(sequence=1), "sequence 1 is not loaded")


@pytest.mark.requirement("FSW-SEQ-007")
def test_from_a_file(bench):
    bench.ask(s.LoadByReference(sequence=1, repository="sequences", file="a"))
    assert bench.runs.active == []
    bench.ask(s.LoadAndActivate(sequence=1, repository="sequences", file="a"))
    assert bench.runs.active == [1]
    refused(bench, s.LoadByReference(sequence=2, repository="sequences", file="a"), "the file is of sequence 1")
    refused(
        bench, s.LoadByReference(sequence=2, repository="sequences", file="bad"), "sequences/bad: Input/output error"
    )


@pytest.mark.requirement("FSW-SEQ-007")
def test_all_are_aborted_and_told(bench):
    bench.load()
    assert bench.ask(s.AbortAllSequences()) == [s.AbortedSequences(sequences=[])]
    bench.ask(s.ActivateSequence(sequence=1))
    assert bench.ask(s.AbortAllSequences()) == [s.AbortedSequences(sequences=[1])]
    assert bench.runs.active == []


@pytest.mark.requirement("FSW-SEQ-004")
def test_what_was_in_order_when_it_was_loaded_is_checked_again_when_it_starts(bench):
    bench.load()
    bench.refusal = "not in safe mode"
    refused(bench, s.ActivateSequence(sequence=1), "sequence 1, step 0: not in safe mode")
    assert bench.runs.active == []


def test_parts_that_make_no_sequence_are_forgotten(bench):
    bench.ask(s.LoadPart(sequence=1, part=0, parts=2, content=FILE[:9]))
    assert bench.library.state.parts
    refused(bench, s.LoadPart(sequence=1, part=1, parts=2, content=b"?"), "checksum")
    assert not bench.library.state.parts
    bench.ask(s.LoadPart(sequence=1, part=1, parts=2, content=FILE[9:]))
    bench.ask(s.LoadPart(sequence=1, part=0, parts=2, content=FILE[:9]))
    assert bench.library.found(1).octets == FILE


def entries(*pairs):
    return b"".join(packet + delay.to_bytes(4) for packet, delay in pairs)


def test_the_form_of_the_standard(bench):
    """§8.21.2.1: each request comes with the delay between its release and that of the next one."""
    content = entries((ping(1), 700), (ping(2), 50), (ping(3), 0))
    bench.ask(s.LoadDirectly(sequence=7, count=3, entries=content))
    steps = StoredSequence.decode(bench.library.found(7).octets).steps
    assert [(one.packet, one.after_ms) for one in steps] == [(ping(1), 0), (ping(2), 700), (ping(3), 50)]


@pytest.mark.parametrize(
    ("count", "content", "words"),
    [
        (2, entries((ping(), 0)), "request 1: "),
        (1, entries((ping(), 0)) + b"a", "18 octets of requests and delays, expected 17"),
        (1, entries((ping(), 0))[:-1], "16 octets of requests and delays, expected 17"),
        (0, b"", "no sequence: "),
        (2, entries((ping(), 2**32 - 1), (ping(), 0)), "no sequence: "),
    ],
)
def test_requests_that_are_cut_off(bench, count, content, words):
    refused(bench, s.LoadDirectly(sequence=7, count=count, entries=content), words)


def test_requests_of_other_services(bench):
    refused(bench, Ping(), "Ping is not for this service")
