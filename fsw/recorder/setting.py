"""How packet stores and the recorder as a whole are set."""

from collections.abc import Iterable

import msgspec

from fsw.recorder.selection import Selector, is_chosen

STORE_OCTETS_MIN = 1 << 16
STORE_OCTETS_MAX = (1 << 32) - 1  # service 15 says sizes in 32 bits
_SEGMENT_OCTETS_MAX = 1 << 20
_SEGMENTS_MIN = 8  # so that making room costs an eighth of a store at most
_HAPPENINGS = (1, 5)  # verification and events, which nothing says again
CHOSEN_MAX = 64
"""How many report types a store is told to keep."""


class StoreSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A packet store: its `name`, the most it holds, how important that is (0..255, the greater the more important).

    A circular store drops its oldest packets when it is full, another one takes no more. What is retrieved from it goes
    down on virtual channel `channel`. While it `is_storing` it keeps reports of the `chosen` types.
    """

    number: int
    name: str = ""
    octets: int = 1 << 24
    priority: int = 0
    is_circular: bool = True
    channel: int = 0
    is_storing: bool = False
    chosen: tuple[Selector, ...] = ()

    @property
    def segment_octets(self) -> int:
        """After so many octets a segment ends."""
        return min(_SEGMENT_OCTETS_MAX, self.octets // _SEGMENTS_MIN)

    def chooses(self, apid: int, service: int, subtype: int) -> bool:
        """Whether packets of this kind are to be kept."""
        return is_chosen(self.chosen, apid, service, subtype)


class SyncPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When what was written is made safe from a power cut: after so many octets, or so long after the first of them.

    `held_octets_max`: how much waits in memory while the medium fails. It is tried again after `retry_ms`, and after
    each further failure in twice the time, up to `retry_ms_max`.
    """

    octets: int = 1 << 20
    ms: int = 1000
    held_octets_max: int = 1 << 22
    retry_ms: int = 1000
    retry_ms_max: int = 60_000


USUAL_SYNC = SyncPolicy()


def first_stores(apid: int, services: Iterable[int], channel: int, octets_max: int) -> tuple[StoreSetting, ...]:
    """The stores of a new node, whose reports are of these services: of what happened, and of how everything was.

    Three eighths of `octets_max` are left for stores that are created by command.
    """
    usual = StoreSetting(number=0, channel=channel, is_storing=True)
    octets = min(octets_max, STORE_OCTETS_MAX) // 8
    events = tuple((apid, service, None) for service in sorted(services) if service in _HAPPENINGS)
    others = tuple((apid, service, None) for service in sorted(services) if service not in _HAPPENINGS)
    return (
        msgspec.structs.replace(usual, number=1, name="events", priority=2, octets=octets, chosen=events),
        msgspec.structs.replace(usual, number=2, name="telemetry", priority=1, octets=4 * octets, chosen=others),
    )
