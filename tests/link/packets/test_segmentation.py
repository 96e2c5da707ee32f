import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.packets.segmentation import Reassembler, segmented
from link.packets.space_packet import Flags, SpacePacket

datas = st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=60)), max_size=8)


def packets_of(items, size):
    counts = dict.fromkeys(range(4), 16380)
    for apid, data in items:
        packets = list(segmented(apid, counts[apid], data, size))
        counts[apid] += len(packets)
        yield packets


@given(datas, st.integers(1, 20))
def test_reassembly_inverts_segmentation(items, size):
    reassembler = Reassembler(octets_max=60)
    whole = [data for packets in packets_of(items, size) for data in map(reassembler.feed, packets) if data is not None]
    assert whole == [data for _, data in items]
    assert reassembler.dropped == 0


@given(datas, st.integers(1, 20), st.randoms(use_true_random=False))
def test_data_with_a_segment_lost_never_appear(items, size, dice):
    reassembler, whole, complete = Reassembler(octets_max=60), [], []
    for (_, data), packets in zip(items, packets_of(items, size), strict=True):
        kept = [packet for packet in packets if dice.random() < 0.8]
        complete += [data] if len(kept) == len(packets) else []
        whole += [data for data in map(reassembler.feed, kept) if data is not None]
    assert whole == complete


def test_vector():
    """By hand from §4.1.3.4.2: first 01, continuation 00, last 10, alone 11; the count runs on over its end."""
    packets = list(segmented(5, 16383, b"abcde", 2))
    assert [(p.flags, p.count, p.data) for p in packets] == [(1, 16383, b"ab"), (0, 0, b"cd"), (2, 1, b"e")]
    assert [packet.flags for packet in segmented(5, 0, b"ab", 2)] == [Flags.UNSEGMENTED]


def test_a_segment_lost_in_the_middle():
    first, _, last = segmented(5, 0, b"abcdef", 2)
    reassembler = Reassembler(octets_max=9)
    assert [reassembler.feed(first), reassembler.feed(last)] == [None, None]
    assert reassembler.dropped == 1


def test_data_are_bounded():
    reassembler = Reassembler(octets_max=3)
    assert [reassembler.feed(packet) for packet in segmented(1, 0, b"abcd", 2)] == [None, None]
    assert reassembler.dropped == 1


@pytest.mark.parametrize("flags", [Flags.FIRST, Flags.UNSEGMENTED])
def test_a_new_beginning_drops_what_was_begun(flags):
    reassembler = Reassembler(octets_max=9)
    reassembler.feed(SpacePacket(1, 0, b"ab", flags=Flags.FIRST))
    reassembler.feed(SpacePacket(1, 1, b"cd", flags=flags))
    assert reassembler.dropped == 1


def test_apids_do_not_mix():
    reassembler = Reassembler(octets_max=4)
    queues = [list(segmented(apid, 0, data, 2)) for apid, data in ((1, b"abcd"), (2, b"efgh"))]
    mixed = [packet for pair in zip(*queues, strict=True) for packet in pair]
    assert [(packet.apid, reassembler.feed(packet)) for packet in mixed] == [
        (1, None), (2, None), (1, b"abcd"), (2, b"efgh"),
    ]  # fmt: skip


@pytest.mark.parametrize("is_command", [False, True])
def test_type(is_command):
    assert [p.is_command for p in segmented(1, 0, b"abc", 2, is_command=is_command)] == [is_command] * 2
    assert not next(segmented(1, 0, b"abc", 2)).is_command


def test_drops_add_up():
    reassembler = Reassembler(octets_max=9)
    for count in range(3):
        reassembler.feed(SpacePacket(1, count, b"ab", flags=Flags.FIRST))
    assert reassembler.dropped == 2


def test_a_segment_that_comes_twice_counts_once():
    first, middle, last = segmented(5, 0, b"abcdef", 2)
    reassembler = Reassembler(octets_max=9)
    assert [reassembler.feed(packet) for packet in (first, first, middle, middle, last)] == [None] * 4 + [b"abcdef"]
    assert reassembler.dropped == 0
