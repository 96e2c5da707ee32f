"""Every queue accounts for every message; a publisher always knows who got what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.executive.bus import Bus, Queue, QueueFullError

policies = st.sampled_from(["drop_new", "drop_old", "latest", "refuse"])


class Report:
    pass


class Status(Report):
    pass


@given(policy=policies, capacity=st.integers(1, 4), steps=st.lists(st.sampled_from(["publish", "take", "drain"])))
@pytest.mark.requirement("FSW-BUS-001")
def test_sent_is_delivered_and_dropped_and_waiting(policy, capacity, steps):
    bus, taken, refused = Bus(), [], 0
    queue = bus.subscribe(int, "q", capacity=capacity, policy=policy)
    for number, step in enumerate(steps):
        if step == "publish":
            try:
                bus.publish(number)
            except QueueFullError:
                refused += 1
        elif step == "take":
            taken += [message for message in [queue.pop()] if message is not None]
        else:
            taken += queue.drain()
        assert queue.sent == queue.delivered + queue.dropped + len(queue)
        assert len(queue) <= capacity
    assert queue.sent + refused == steps.count("publish")
    assert taken == sorted(taken)
    assert len(taken) == queue.delivered


@pytest.mark.parametrize(
    ("policy", "left", "counts"),
    [("drop_new", [0, 1], [1, 1, 0, 0]), ("drop_old", [2, 3], [1, 1, 1, 1]), ("latest", [3], [1, 1, 1, 1])],
)
@pytest.mark.requirement("FSW-BUS-002")
def test_what_a_full_queue_keeps(policy, left, counts):
    bus = Bus()
    queue = bus.subscribe(int, "q", capacity=2, policy=policy)
    assert [bus.publish(number) for number in range(4)] == counts
    assert list(queue.drain()) == left
    assert bus.dropped == queue.dropped == 4 - len(left)


@pytest.mark.requirement("FSW-BUS-003")
def test_a_refusal_reaches_the_publisher_before_anybody_got_the_message():
    bus = Bus()
    other = bus.subscribe(int, "other", capacity=9, policy="drop_new")
    full = bus.subscribe(int, "full", capacity=1, policy="refuse")
    assert bus.publish(1) == 2
    with pytest.raises(QueueFullError, match="full: 1 messages wait"):
        bus.publish(2)
    assert (len(other), len(full), full.sent) == (1, 1, 1)


@pytest.mark.requirement("FSW-BUS-004")
def test_topics_are_classes_and_their_children():
    bus = Bus()
    reports = bus.subscribe(Report, "reports", capacity=9, policy="drop_new")
    assert bus.publish(Status()) == 1
    statuses = bus.subscribe(Status, "statuses", capacity=9, policy="drop_new")
    assert [bus.publish(Status()), bus.publish(Report()), bus.publish("text")] == [2, 1, 0]
    assert (len(reports), len(statuses)) == (3, 1)


def test_what_comes_while_draining_waits():
    queue = Queue("q", 5, "drop_new")
    queue.offer(1)
    for message in queue.drain():
        queue.offer(message + 1)
    assert list(queue.drain()) == [2]
    assert queue.pop() is None


@given(policy=policies.filter(lambda one: one != "refuse"), capacity=st.integers(1, 4), count=st.integers(0, 9))
def test_a_publication_is_an_offer_to_each_queue(policy, capacity, count):
    bus, alone = Bus(), Queue("q", capacity, policy)
    queues = [bus.subscribe(topic, "q", capacity=capacity, policy=policy) for topic in (int, int, object)]
    for number in range(count):
        assert bus.publish(number) == 3 * alone.offer(number)
    assert bus.queues == queues == [alone] * 3
    assert bus.dropped == 3 * alone.dropped
