from hypothesis import given
from hypothesis import strategies as st

from ground.api import Dropped, News
from ground.feed import Feed
from ground.records import EventRecord, SampleRecord


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
