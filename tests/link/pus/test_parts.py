"""Service 13: data longer than a packet is cut into numbered parts and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError
from link.pus.parts import Reassembly, downlink_parts, large_report_data, read_large_report, uplink_parts
from link.pus.services.large_packets import AbortReason, LastUplinkPart, UplinkAborted, UplinkPart
from link.pus.services.storage import StoredPackets


@given(st.binary(max_size=60), st.integers(1, 30), st.sampled_from((downlink_parts, uplink_parts)))
def test_parts_become_the_whole(data, part_octets, parts):
    reassembly = Reassembly()
    answers = [reassembly.accept(type(part).decode(part.encode()), 0) for part in parts(7, data, part_octets)]
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert answers[-1] == data


@given(st.integers(1, 4))
def test_a_part_that_is_missing_ends_it(lost):
    parts = list(uplink_parts(7, b"abcdef", 1))
    reassembly = Reassembly()
    answers = [reassembly.accept(part, 0) for at, part in enumerate(parts) if at != lost]
    assert answers.count(UplinkAborted(transaction=7, reason=AbortReason.OUT_OF_SEQUENCE)) == 1
    assert b"abcdef" not in answers


def test_what_waits_too_long_or_grows_too_large_is_given_up():
    first, *rest = uplink_parts(7, b"abcdef", 2)
    reassembly = Reassembly(timeout_ns=100, octets_max=5)
    reassembly.accept(first, 0)
    assert reassembly.step(99) == []
    assert reassembly.step(100) == [UplinkAborted(transaction=7, reason=AbortReason.TIMEOUT)]
    assert reassembly.accept(rest[0], 100) is None
    reassembly.accept(first, 0)
    assert [reassembly.accept(part, 0) for part in rest] == [
        None, UplinkAborted(transaction=7, reason=AbortReason.TOO_LARGE)]  # fmt: skip


def test_parts_are_first_between_and_last():
    forms = [type(part) for part in uplink_parts(1, b"abcdef", 2)]
    assert forms[1:] == [UplinkPart, LastUplinkPart]


def test_more_parts_than_can_be_numbered_are_refused_before_the_first():
    with pytest.raises(ValueError, match="65536 parts, a transfer has 65535"):
        next(downlink_parts(1, bytes(65_536), 1))


def test_transfers_that_are_too_many_or_begin_too_large_are_told_and_stray_parts_counted():
    reassembly = Reassembly(octets_max=10, transactions_max=2)
    first, second = uplink_parts(1, b"ab", 1)
    for transaction in (1, 2):
        first.transaction = transaction
        assert reassembly.accept(first, 0) is None
    first.transaction = 3
    assert reassembly.accept(first, 0) == UplinkAborted(transaction=3, reason=AbortReason.TOO_MANY)
    second.transaction = 3
    assert reassembly.accept(second, 0) is None
    assert reassembly.ignored == 1
    second.transaction = 2
    assert reassembly.accept(second, 0) == b"ab"
    large, _ = uplink_parts(4, bytes(12), 11)
    assert reassembly.accept(large, 0) == UplinkAborted(transaction=4, reason=AbortReason.TOO_LARGE)


def test_a_report_as_data_of_a_transfer():
    report = StoredPackets(store=1, first=2, dictionary=bytes(8), packets=b"any")
    assert large_report_data(report) == b"\x0f\x80" + report.encode()
    assert read_large_report(large_report_data(report)) == report


@pytest.mark.parametrize(("data", "said"), [(b"", "of no octets"), (b"\x11", "17"), (b"\x63\x01", "99,1")])
def test_data_of_no_report(data, said):
    with pytest.raises(DecodeError, match=f"no report is of the type {said}"):
        read_large_report(data)


def test_when_a_transfer_will_be_given_up():
    reassembly = Reassembly(timeout_ns=100)
    assert reassembly.deadline_ns is None
    for transaction, now_ns in ((1, 5), (2, 3)):
        reassembly.accept(next(uplink_parts(transaction, b"ab", 1)), now_ns)
    assert reassembly.deadline_ns == 103
