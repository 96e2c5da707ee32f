"""Service 13: reports and requests longer than a packet come whole at the other end, or it is told that they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.large_packets import LargePackets
from link.pus.packets import TM_OVERHEAD
from link.pus.parts import Reassembly, large_report_data, read_large_report, uplink_parts
from link.pus.services.large_packets import AbortReason, DownlinkedPart, LastDownlinkPart
from link.pus.services.storage import StoredPackets
from link.pus.services.test import Pong


def report(octets):
    return StoredPackets(store=1, first=2, dictionary=bytes(8), packets=bytes(at % 256 for at in range(octets)))


def large(packet_octets_max=100, **uplinks):
    return LargePackets(packet_octets_max, Reassembly(**uplinks))


@given(st.integers(0, 3000), st.integers(64, 300))
@pytest.mark.requirement("FSW-PUS-014")
def test_a_report_of_any_length_comes_whole(octets, packet_octets_max):
    splitting, ground, found = large(packet_octets_max), Reassembly(), []
    for _ in range(2):
        for part in splitting.split(report(octets)):
            assert TM_OVERHEAD + len(part.encode()) <= packet_octets_max
            whole = ground.accept(part, 0) if isinstance(part, DownlinkedPart) else large_report_data(part)
            found += [read_large_report(whole)] if whole else []
    assert found == [report(octets)] * 2


def test_transfers_are_told_apart():
    splitting = large()
    numbers = [{part.transaction for part in splitting.split(report(500))} for _ in range(3)]
    assert numbers == [{0}, {1}, {2}]
    assert isinstance(list(splitting.split(report(500)))[-1], LastDownlinkPart)
    assert list(splitting.split(Pong())) == [Pong()]
    with pytest.raises(ValueError, match="packet_octets_max = 63"):
        large(63)


def test_a_request_that_comes_up_in_parts_is_handed_over_whole():
    taking, packet = large(), bytes(range(200))
    parts = list(uplink_parts(7, packet, 60))
    for part in parts:
        assert taking.drain() == []
        assert list(taking.handle(part, 0)) == []
    assert (taking.drain(), taking.drain(), taking.next_due_ns) == ([packet], [], None)


@pytest.mark.requirement("FSW-PUS-014")
def test_a_transfer_that_cannot_be_completed_is_given_up_and_told():
    taking = large(timeout_ns=10)
    first, second, third, _ = uplink_parts(7, bytes(200), 60)
    list(taking.handle(first, 0))
    (aborted,) = taking.handle(third, 5)
    assert (aborted.transaction, aborted.reason) == (7, AbortReason.OUT_OF_SEQUENCE)
    list(taking.handle(first, 5))
    list(taking.handle(second, 6))
    assert taking.next_due_ns == 16
    assert list(taking.step(15)) == []
    (aborted,) = taking.step(16)
    assert (aborted.reason, taking.next_due_ns, taking.drain()) == (AbortReason.TIMEOUT, None, [])
