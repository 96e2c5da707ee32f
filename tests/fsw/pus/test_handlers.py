"""What every service does alike: it says so when a request is another's, and does the valid part of a request."""

import pytest

from fsw.pus.event_actions import EventActions
from fsw.pus.events import EventControl
from fsw.pus.forwarding import ForwardControl
from fsw.pus.housekeeping import HousekeepingStructures
from fsw.pus.large_packets import LargePackets
from fsw.pus.memory import Memories
from fsw.pus.monitoring import Monitor
from fsw.pus.scheduling import Schedule
from fsw.pus.storage import StorageControl
from fsw.pus.test import answer
from fsw.pus.time import TimeReporter
from link.pus.message import Request
from link.pus.parts import Reassembly
from link.pus.services import event_actions, housekeeping, monitoring, parameters, scheduling
from link.pus.services import test as test_service
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.pus.test_parameters import service
from tests.fsw.recorded import recorder


class Stranger(Request, service=99, subtype=1):
    """Of no service here."""


HANDLERS = {
    3: lambda request: HousekeepingStructures(service()[0]).handle(request, 0),
    5: EventControl([1]).handle,
    6: Memories({}).handle,
    9: TimeReporter().handle,
    11: lambda request: Schedule().handle(request, 0),
    12: lambda request: Monitor(float, {1}).handle(request, 0),
    13: lambda request: LargePackets(100, Reassembly()).handle(request, 0),
    14: ForwardControl(set()).handle,
    15: lambda request: StorageControl(recorder(), {65}, {1}).handle(request, 0),
    17: lambda request: answer(request, {65}),
    19: EventActions().handle,
    20: service()[0].handle,
}


@pytest.mark.parametrize("handle", HANDLERS.values(), ids=map(str, HANDLERS))
def test_a_request_of_another_service_is_refused(handle):
    with pytest.raises(RefusedError, match="Stranger is not for this service") as caught:
        list(handle(Stranger()))
    assert caught.value.code is FailureCode.UNKNOWN_TYPE


@pytest.mark.requirement("FSW-PUS-016")
def test_are_you_alive():
    assert list(answer(test_service.Ping(), {65})) == [test_service.Pong()]
    here = test_service.TestConnection(apid=65)
    assert list(answer(here, {65})) == [test_service.ConnectionTested(apid=65)]
    with pytest.raises(RefusedError, match="no application process 65"):
        list(answer(here, {66}))


def answers(reports):
    """What came before a refusal, and the refusal."""
    found = []
    with pytest.raises(RefusedError) as caught:  # noqa: PT012  # what was yielded counts too
        for report in reports:
            found.append(report)  # until it raises
    return found, str(caught.value)


@pytest.mark.requirement("FSW-PUS-002")
def test_the_valid_part_of_a_request_is_answered():
    values, _ = service()
    keeper = HousekeepingStructures(values)
    list(keeper.handle(housekeeping.CreateStructure(structure=7, interval=1, parameters=[1], groups=[]), 0))
    found, said = answers(keeper.handle(housekeeping.ReportStructures(structures=[8, 7]), 0))
    assert ([one.structure for one in found], said) == ([7], "instruction 1: no structure 8")
    found, said = answers(keeper.handle(housekeeping.ReportProperties(structures=[7, 8]), 0))
    assert ([one.structure for one in found[0].properties], said) == ([7], "instruction 2: no structure 8")
    found, said = answers(values.handle(parameters.ReportValues(parameters=[4, 77])))
    assert (found[0].count, said) == (1, "instruction 2: no parameter 77")
    found, said = answers(
        EventActions().handle(event_actions.ReportActions(events=[event_actions.EventReference(apid=1, event=2)]))
    )
    assert (found, said) == ([], "instruction 1: no action for event 2 of 1")
    found, said = answers(Monitor(float, ()).handle(monitoring.ReportDefinitions(definitions=[3]), 0))
    assert (found[0].definitions, said) == ([], "instruction 1: no definition 3")
    reference = scheduling.RequestReference(source=0, apid=1, count=2)
    for form in (scheduling.ReportActivities, scheduling.SummariseActivities):
        found, said = answers(Schedule().handle(form(requests=[reference]), 0))
        assert (len(found), said) == (1, "instruction 1: request 1/2 of source 0 is not scheduled")
