"""Service 14: only the report types that were chosen go down as they are made."""

import pytest

from fsw.pus.forwarding import ForwardControl
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
