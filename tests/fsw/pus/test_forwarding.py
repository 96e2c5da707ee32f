"""Service 14: only the report types that were chosen go down as they are made."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.forwarding import ForwardControl, Forwarded
from link.pus.services.storage import (
    AddReportTypes,
    DeleteReportTypes,
    ProcessTypes,
    ReportForwarding,
    ServiceTypes,
)
from link.pus.services.verification import RefusedError


def done(service, request):
    return list(service.handle(type(request).decode(request.encode())))


def types(apid, **services):
    chosen = [ServiceTypes(service=int(name[1:]), subtypes=subtypes) for name, subtypes in services.items()]
    return ProcessTypes(apid=apid, services=chosen)


def test_types_services_and_processes():
    control = ForwardControl({1, 2})
    assert not control.allows(1, 3, 25)
    done(control, AddReportTypes(processes=[types(1, s3=[25], s5=[]), types(2)]))
    assert [control.allows(*kind) for kind in [(1, 3, 25), (1, 3, 10), (1, 5, 4), (1, 17, 2), (2, 9, 9)]] == [
        True, False, True, False, True]  # fmt: skip
    (report,) = done(control, ReportForwarding())
    assert report.processes == [types(1, s3=[25], s5=[]), types(2)]
    done(control, DeleteReportTypes(processes=[types(1, s5=[])]))
    assert not control.allows(1, 5, 4)
    done(control, DeleteReportTypes(processes=[]))
    assert not control.allows(2, 9, 9)


def test_what_is_unknown_is_refused():
    control = ForwardControl({1})
    with pytest.raises(RefusedError, match="no application process 2"):
        done(control, AddReportTypes(processes=[types(2)]))
    with pytest.raises(RefusedError, match="not all of these types of 1 are chosen"):
        done(control, DeleteReportTypes(processes=[types(1, s3=[])]))


selectors = st.tuples(st.sampled_from([1, 2]), *[st.none() | st.integers(1, 255)] * 2)


@given(st.lists(selectors, max_size=20, unique=True))
@pytest.mark.requirement("FSW-PUS-015")
def test_what_was_chosen_survives(chosen):
    control, again = ForwardControl({1, 2}), ForwardControl({1, 2})
    assert control.restore(Forwarded(tuple(chosen))) == 0
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(control.state), type=Forwarded)
    assert again.restore(kept) == 0
    assert again.state == control.state
    assert {again.allows(*one) for one in chosen if None not in one} <= {True}


def test_types_of_a_process_that_is_gone_are_left_out():
    control = ForwardControl({1})
    assert control.restore(Forwarded(((2, None, None), (1, 3, 25), (2, 3, None)))) == 2
    assert control.state == Forwarded(((1, 3, 25),))
