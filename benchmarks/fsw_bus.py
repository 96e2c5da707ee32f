"""The bus in one process: messages of 64 octets from publication to reception, each counted, each queue bounded.

The rates wanted are some six and nine times those of cFE's software bus, which does 0.53 M/s to one pipe and 0.136 M/s
to five, copying each message.
"""

from collections.abc import Iterator

from benchmarks.harness import Row, alone
from fsw.executive.bus import Bus, Queue

MESSAGES, AT_ONCE = 10_000, 100
WANTED = {1: 3.0, 5: 1.2}
"""Millions a second, by the number of subscribers."""
MESSAGE = bytes(range(64))


def carried(bus: Bus, queues: list[Queue[bytes]]) -> int:
    """Publish all messages, some at a time, and receive each of them at each queue; returns how many were received."""
    received = 0
    for _ in range(MESSAGES // AT_ONCE):
        for _ in range(AT_ONCE):
            bus.publish(MESSAGE)
        for queue in queues:
            received += [*queue.drain()].count(MESSAGE)
    return received


def rows() -> Iterator[Row]:
    for subscribers, wanted in WANTED.items():
        bus = Bus()
        queues = [
            bus.subscribe(bytes, f"{number}", capacity=AT_ONCE, policy="drop_new") for number in range(subscribers)
        ]
        assert carried(bus, queues) == MESSAGES * subscribers
        assert [(queue.sent, queue.delivered, queue.dropped) for queue in queues] == [
            (MESSAGES, MESSAGES, 0)
        ] * subscribers

        def ours(bus: Bus = bus, queues: list[Queue[bytes]] = queues) -> int:
            return carried(bus, queues)

        name = f"publish to receive, 64 octets, {subscribers} subscriber{'s' * (subscribers > 1)}"
        yield alone(name, ours, amount=MESSAGES / 1e6, unit="M/s", promise=wanted)
