"""Services 6, 9, 13 and 14: memories, time, large data, what is forwarded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.pus.services.forwarding import (
    AddReportTypes,
    DeleteReportTypes,
    ForwardControl,
    ProcessTypes,
    ReportForwarding,
    ServiceTypes,
)
from link.pus.services.large_packets import (
    AbortReason,
    LastUplinkPart,
    Reassembly,
    UplinkAborted,
    UplinkPart,
    downlink_parts,
    uplink_parts,
)
from link.pus.services.memory import Area, CheckMemory, DumpMemory, FilledArea, LoadMemory, Memories
from link.pus.services.time import SetTimeReportRate, TimeReport, TimeReporter
from link.pus.services.verification import RefusedError


def done(service, request, *more):
    return list(service.handle(type(request).decode(request.encode()), *more))


class Ram:
    def __init__(self, size, writable=True):
        self.octets, self.writable, self.size = bytearray(size), writable, size

    def read(self, address, size):
        return bytes(self.octets[address : address + size])

    def write(self, address, octets):
        if not self.writable:
            raise PermissionError("a read-only memory")
        self.octets[address : address + len(octets)] = octets


def filled(address, data, checksum=None):
    return FilledArea(address=address, data=data, checksum=crc16(data) if checksum is None else checksum)


class TestMemory:
    @given(st.integers(0, 90), st.binary(max_size=10))
    def test_what_is_loaded_is_dumped_and_checked(self, address, data):
        memories = Memories({1: Ram(100)})
        done(memories, LoadMemory(memory=1, areas=[filled(address, data)]))
        area = Area(address=address, size=len(data))
        (dumped,) = done(memories, DumpMemory(memory=1, areas=[area]))
        assert dumped.areas == [filled(address, data)]
        (checked,) = done(memories, CheckMemory(memory=1, areas=[area]))
        assert [one.checksum for one in checked.areas] == [crc16(data)]

    def test_a_damaged_area_does_not_keep_the_others_back(self):
        ram = Ram(10)
        with pytest.raises(RefusedError, match="instruction 1: the data for 0x0 is damaged"):
            done(Memories({1: ram}), LoadMemory(memory=1, areas=[filled(0, b"ab", 0), filled(4, b"cd")]))
        assert bytes(ram.octets) == b"\0\0\0\0cd\0\0\0\0"

    @pytest.mark.parametrize(
        ("request_", "sentence"),
        [
            (LoadMemory(memory=9, areas=[]), "no memory 9"),
            (LoadMemory(memory=1, areas=[filled(9, b"ab")]), r"0x9 \+ 2 octets, the memory has 10"),
            (DumpMemory(memory=1, areas=[Area(address=0, size=11)]), r"0x0 \+ 11 octets, the memory has 10"),
            (DumpMemory(memory=1, areas=[Area(address=0, size=901)]), "a report holds 900 octets at most"),
            (LoadMemory(memory=2, areas=[filled(0, b"a")]), "a read-only memory"),
        ],
    )
    def test_what_cannot_be_is_refused(self, request_, sentence):
        with pytest.raises(RefusedError, match=sentence):
            done(Memories({1: Ram(10), 2: Ram(10, writable=False)}), request_)


class TestTime:
    @given(st.integers(0, 8), st.integers(0, 255))
    def test_every_so_many_frames(self, rate, first):
        reporter = TimeReporter()
        assert done(reporter, SetTimeReportRate(rate=rate)) == []
        reported = [number for number in range(first, first + 512) if reporter.on_frame(number, 10**18)]
        assert reported == [number for number in range(first, first + 512) if number % 2**rate == 0]

    def test_a_report_reads_back(self):
        report = TimeReporter(0).on_frame(5, 10**18)
        assert TimeReport.decode(report.encode()) == TimeReport(rate=0, time=10**18)

    def test_a_rate_that_is_too_low_is_refused(self):
        with pytest.raises(RefusedError, match=r"rate 9, expected 0\.\.8"):
            done(TimeReporter(), SetTimeReportRate(rate=9))


class TestLargePackets:
    @given(st.binary(max_size=60), st.integers(1, 30), st.sampled_from((downlink_parts, uplink_parts)))
    def test_parts_become_the_whole(self, data, part_octets, parts):
        reassembly = Reassembly()
        answers = [reassembly.on_part(type(part).decode(part.encode()), 0) for part in parts(7, data, part_octets)]
        assert answers[:-1] == [None] * (len(answers) - 1)
        assert answers[-1] == data

    @given(st.integers(1, 4))
    def test_a_part_that_is_missing_ends_it(self, lost):
        parts = list(uplink_parts(7, b"abcdef", 1))
        reassembly = Reassembly()
        answers = [reassembly.on_part(part, 0) for at, part in enumerate(parts) if at != lost]
        assert answers.count(UplinkAborted(transaction=7, reason=AbortReason.OUT_OF_SEQUENCE)) == 1
        assert b"abcdef" not in answers

    def test_what_waits_too_long_or_grows_too_large_is_given_up(self):
        first, *rest = uplink_parts(7, b"abcdef", 2)
        reassembly = Reassembly(timeout_ns=100, octets_max=5)
        reassembly.on_part(first, 0)
        assert reassembly.step(99) == []
        assert reassembly.step(100) == [UplinkAborted(transaction=7, reason=AbortReason.TIMEOUT)]
        assert reassembly.on_part(rest[0], 100) is None
        reassembly.on_part(first, 0)
        assert [reassembly.on_part(part, 0) for part in rest] == [
            None, UplinkAborted(transaction=7, reason=AbortReason.TOO_LARGE)]  # fmt: skip

    def test_parts_are_first_between_and_last(self):
        forms = [type(part) for part in uplink_parts(1, b"abcdef", 2)]
        assert forms[1:] == [UplinkPart, LastUplinkPart]


def types(apid, **services):
    chosen = [ServiceTypes(service=int(name[1:]), subtypes=subtypes) for name, subtypes in services.items()]
    return ProcessTypes(apid=apid, services=chosen)


class TestForwarding:
    def test_types_services_and_processes(self):
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

    def test_what_is_unknown_is_refused(self):
        control = ForwardControl({1})
        with pytest.raises(RefusedError, match="no application process 2"):
            done(control, AddReportTypes(processes=[types(2)]))
        with pytest.raises(RefusedError, match="1 does not forward all of these"):
            done(control, DeleteReportTypes(processes=[types(1, s3=[])]))


def test_more_parts_than_can_be_numbered_are_refused_before_the_first():
    with pytest.raises(ValueError, match="65536 parts, a transfer has 65535"):
        next(downlink_parts(1, bytes(65_536), 1))


def test_transfers_that_are_too_many_or_begin_too_large_are_told_and_stray_parts_counted():
    reassembly = Reassembly(octets_max=10, transactions_max=2)
    first, second = uplink_parts(1, b"ab", 1)
    for transaction in (1, 2):
        first.transaction = transaction
        assert reassembly.on_part(first, 0) is None
    first.transaction = 3
    assert reassembly.on_part(first, 0) == UplinkAborted(transaction=3, reason=AbortReason.TOO_MANY)
    second.transaction = 3
    assert reassembly.on_part(second, 0) is None
    assert reassembly.ignored == 1
    second.transaction = 2
    assert reassembly.on_part(second, 0) == b"ab"
    large, _ = uplink_parts(4, bytes(12), 11)
    assert reassembly.on_part(large, 0) == UplinkAborted(transaction=4, reason=AbortReason.TOO_LARGE)
