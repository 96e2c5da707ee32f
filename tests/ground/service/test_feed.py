import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ground.records import (
    ArchiveRecord,
    CommandRecord,
    CommandStage,
    EventRecord,
    FileRecord,
    LinkRecord,
    SampleRecord,
    Status,
    TransferRecord,
)
from ground.service.api import NEWS, TOPICS, Dropped, News
from ground.service.feed import Feed, topic_and_key


def sample(report: str, n: int) -> SampleRecord:
    return SampleRecord(report=report, time_ns=n, received_ns=n, values={})


def event(n: int) -> EventRecord:
    return EventRecord(origin="node", severity="low", name="e", message="", time_ns=n, received_ns=n, count=0)


records = st.lists(st.builds(sample, st.sampled_from("abc"), st.integers(0, 99)) | st.builds(event, st.integers(0, 99)))


@given(records, st.integers(1, 8))
def test_it_is_bounded_and_counts_what_it_drops(offered, capacity):
    feed = Feed(frozenset(["sample", "event"]), capacity)
    for record in offered:
        feed.offer(record)
    distinct = {(r.report if isinstance(r, SampleRecord) else r.time_ns) for r in offered}
    got = [news.record for news in feed.drain() if isinstance(news, News)]
    assert len(got) <= capacity
    assert not feed.dropped or len(distinct) > 0
    if len(distinct) <= capacity:
        assert feed.dropped == 0
        for report in "abc":
            last = [r for r in offered if isinstance(r, SampleRecord) and r.report == report][-1:]
            assert [r for r in got if isinstance(r, SampleRecord) and r.report == report] == last


def test_the_oldest_goes_and_the_loss_is_told_once():
    feed = Feed(frozenset(["event"]), capacity=2)
    for n in range(5):
        feed.offer(event(n))
    assert list(feed.drain()) == [Dropped(count=3), *(News(topic="event", record=event(n)) for n in (3, 4))]
    assert list(feed.drain()) == []


def test_other_topics_are_not_queued():
    feed = Feed(frozenset(["event"]))
    feed.offer(sample("a", 1))
    assert feed.waiting == 0


def test_whether_an_older_one_had_to_go_is_said():
    feed = Feed(frozenset(["event", "sample"]), capacity=2)
    assert [feed.offer(one) for one in (event(1), sample("a", 1), sample("a", 2), event(2))] == [False] * 3 + [True]
    assert (feed.waiting, feed.dropped) == (2, 1)


def test_every_loss_is_reported():
    feed = Feed(frozenset(["event"]), capacity=1)
    told = []
    for n in range(4):
        feed.offer(event(n))
        told += [news.count for news in (feed.drain() if n % 2 else ()) if isinstance(news, Dropped)]
    assert told == [1, 2]


def test_a_thousand_news_wait_unless_it_is_said_otherwise():
    feed = Feed(frozenset(["event"]))
    for n in range(1001):
        feed.offer(event(n))
    assert (feed.waiting, feed.dropped) == (1000, 1)
    assert Feed().offer(event(1)) is False


COMMAND = CommandRecord(number=1, name="a.b", arguments={}, request="1/1", sent_ns=1, state="queued")
TRANSFER = TransferRecord(transaction="1-1", name="", received_octets=1, size_octets=9, begun_ns=0, updated_ns=0)
FILE = FileRecord(name="a", size_octets=1, transaction="1-1", begun_ns=0, received_ns=5)
STATUS = Status(
    node="n", dictionary="d", node_dictionary=None, port="", now_ns=1, begun_ns=0, linked=False, link=LinkRecord(),
    archive=ArchiveRecord(), commands={}, transfers=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "is_one_thing"),
    [
        (sample("a", 1), sample("a", 2), True),
        (sample("a", 1), sample("b", 1), False),
        (COMMAND, replace(COMMAND, state="completed"), True),
        (COMMAND, replace(COMMAND, number=2), False),
        (TRANSFER, replace(TRANSFER, received_octets=2), True),
        (TRANSFER, replace(TRANSFER, transaction="1-2"), False),
        (STATUS, replace(STATUS, now_ns=2), True),
        (event(1), replace(event(1), time_ns=2), False),
        (event(1), replace(event(1), origin="ground"), False),
        (event(1), replace(event(1), count=1), False),
        (event(1), replace(event(1), name="f"), False),
        (FILE, replace(FILE, name="b"), False),
        (FILE, replace(FILE, received_ns=6), False),
    ],
)
def test_only_the_last_state_of_one_thing_waits(first, second, is_one_thing):
    feed = Feed(frozenset(TOPICS))
    feed.offer(first)
    feed.offer(second)
    assert [news.record for news in feed.drain()] == ([second] if is_one_thing else [first, second])


@pytest.mark.parametrize("record", [sample("a", 1), COMMAND, TRANSFER, STATUS, event(1), FILE])
def test_each_record_is_of_the_topic_that_clients_read_it_by(record):
    topic, _ = topic_and_key(record)
    assert NEWS[topic] is type(record)


def test_what_is_no_news_is_a_bug_that_says_what_it_was():
    with pytest.raises(AssertionError, match="a stage"):
        topic_and_key(CommandStage(name="a stage", received_ns=1))
