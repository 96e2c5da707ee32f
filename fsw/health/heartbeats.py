"""Heartbeats: which apps have not stepped for too long, as they fail, rest after failures, or are never reached."""

from collections.abc import Iterable
from typing import NamedTuple

from fsw.executive.executive import Heartbeat


class HeartbeatNews(NamedTuple):
    """What has changed: apps that fell `silent`, and the names of those `heard` again."""

    silent: list[Heartbeat]
    heard: list[str]


class Heartbeats:
    """Apps are silent after `periods` of theirs without a step. `silent` has the names of those that are."""

    def __init__(self) -> None:
        self.silent: frozenset[str] = frozenset()

    def accept(self, beats: Iterable[Heartbeat], now_ns: int, periods: int) -> HeartbeatNews:
        """Judge the heartbeats of all apps that are stepped; one that is not stepped any more is not silent."""
        found = {beat.app: beat for beat in beats}
        late = {beat.app for beat in found.values() if now_ns - beat.beat_ns > periods * beat.period_ns}
        news = HeartbeatNews(
            silent=[found[app] for app in found if app in late - self.silent],
            heard=[app for app in found if app in self.silent - late],
        )
        self.silent = frozenset(late)
        return news
