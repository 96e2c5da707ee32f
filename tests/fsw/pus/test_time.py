"""Service 9: the time is reported with every so many frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.time import TimeReporter, TimeReportRate
from link.pus.services.time import SetTimeReportRate, TimeReport
from link.pus.services.verification import RefusedError


def done(service, request):
    return list(service.handle(type(request).decode(request.encode())))


@given(st.integers(0, 8), st.integers(0, 255))
@pytest.mark.requirement("FSW-PUS-008")
def test_every_so_many_frames(rate, first):
    reporter = TimeReporter()
    assert reporter.report_of(0, 10**18) is None  # until a rate is set
    assert done(reporter, SetTimeReportRate(rate=rate)) == []
    reported = [number for number in range(first, first + 512) if reporter.report_of(number, 10**18)]
    assert reported == [number for number in range(first, first + 512) if number % 2**rate == 0]


def test_a_report_reads_back():
    report = TimeReporter(0).report_of(5, 10**18)
    assert TimeReport.decode(report.encode()) == TimeReport(rate=0, time=10**18)


def test_a_rate_that_is_too_low_is_refused():
    with pytest.raises(RefusedError, match=r"rate 9, expected 0\.\.8"):
        done(TimeReporter(), SetTimeReportRate(rate=9))


@pytest.mark.parametrize(("rate", "misfits"), [(None, 0), (0, 0), (8, 0), (9, 1), (-1, 1)])
def test_the_rate_is_kept_where_it_is_one(rate, misfits):
    reporter = TimeReporter(3)
    assert reporter.restore(TimeReportRate(rate)) == misfits
    assert reporter.state == TimeReportRate(None if misfits else rate)
