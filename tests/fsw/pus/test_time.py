"""Service 9: the time is reported with every so many frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.time import TimeReporter
from link.pus.services.time import SetTimeReportRate, TimeReport
from link.pus.services.verification import RefusedError


def done(service, request):
    return list(service.handle(type(request).decode(request.encode())))


@given(st.integers(0, 8), st.integers(0, 255))
def test_every_so_many_frames(rate, first):
    reporter = TimeReporter()
    assert done(reporter, SetTimeReportRate(rate=rate)) == []
    reported = [number for number in range(first, first + 512) if reporter.report_of(number, 10**18)]
    assert reported == [number for number in range(first, first + 512) if number % 2**rate == 0]


def test_a_report_reads_back():
    report = TimeReporter(0).report_of(5, 10**18)
    assert TimeReport.decode(report.encode()) == TimeReport(rate=0, time=10**18)


def test_a_rate_that_is_too_low_is_refused():
    with pytest.raises(RefusedError, match=r"rate 9, expected 0\.\.8"):
        done(TimeReporter(), SetTimeReportRate(rate=9))
