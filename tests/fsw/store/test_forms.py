"""What is kept as octets is left out by a software in which the same octets mean something else."""

import msgspec
import pytest

from fsw.pus.event_actions import EventActions
from fsw.pus.scheduling import Schedule
from fsw.sequences.library import SequenceLibrary
from fsw.store.forms import RequestForms
from link.dictionary import Float32b
from link.pus.packets import TcPacket
from link.pus.services.event_actions import AddAction
from link.pus.services.scheduling import insert_of
from link.sequences.form import SequenceStep
from tests.fsw.sequences.small import UTC_NS, a_dictionary, function, ping, sequence

DUE_NS = UTC_NS + 10 * 10**9


def changed(**changes):
    """The dictionary, where the argument of its function is described in another way."""
    before = a_dictionary()
    (run,) = before.commands
    (seconds,) = run.fields
    run = msgspec.structs.replace(run, fields=(msgspec.structs.replace(seconds, **changes),))
    return msgspec.structs.replace(before, commands=(run,))


def a_schedule(forms):
    return Schedule(form=forms.of)


def scheduled(forms):
    schedule = a_schedule(forms)
    list(schedule.handle(insert_of(1, [(DUE_NS, function()), (DUE_NS, ping())]), UTC_NS))
    return schedule


def some_actions(forms):
    return EventActions(form=forms.of)


def acting(forms):
    actions = some_actions(forms)
    for event, packet in ((1, function()), (2, ping())):
        list(actions.handle(AddAction(apid=5, event=event, request=packet)))
    return actions


def a_library(forms):
    return SequenceLibrary(lambda _: iter(()), lambda one: forms.of_all(step.packet for step in one.steps))


def loaded(forms):
    library = a_library(forms)
    for number, packet in ((1, function()), (2, ping())):
        library.load(number, sequence(SequenceStep(packet=packet), number=number).encode())
    return library


SERVICES = [(scheduled, a_schedule), (acting, some_actions), (loaded, a_library)]


@pytest.mark.parametrize(("made", "empty"), SERVICES)
@pytest.mark.requirement("FSW-PUS-021")
def test_a_request_whose_arguments_would_be_other_ones_is_left_out(made, empty):
    """As many octets, but of another kind or unit; a request of another service means the same."""
    before = made(RequestForms(a_dictionary())).state
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(before), type=type(before))
    for changes in ({"kind": Float32b}, {"unit": "ms"}):
        after = empty(RequestForms(changed(**changes)))
        assert after.restore(kept) == 1
        assert function() not in msgspec.msgpack.encode(after.state)
        assert ping() in msgspec.msgpack.encode(after.state)


@pytest.mark.parametrize(("made", "empty"), SERVICES)
def test_what_nobody_reads_in_another_way_stays(made, empty):
    kept = made(RequestForms(a_dictionary())).state
    after = empty(RequestForms(changed(name="time", text="how long", range=(0, 9))))
    assert (after.restore(kept), after.state) == (0, kept)


@pytest.mark.parametrize(("made", "empty"), SERVICES)
def test_what_an_earlier_software_kept_without_a_form_stays(made, empty):
    class Nothing:
        def of(self, _):
            return 0

        def of_all(self, _):
            return 0

    after = empty(RequestForms(a_dictionary()))
    assert after.restore(made(Nothing()).state) == 0
    assert function() in msgspec.msgpack.encode(after.state)


def test_a_function_that_there_is_not_has_no_form():
    forms = RequestForms(a_dictionary())
    assert forms.of(TcPacket.decode(function(number=0x77))) == forms.of(TcPacket.decode(ping())) == 0
    assert forms.of(TcPacket.decode(function())) != 0
    assert forms.of_all([ping(), ping()]) == 0
