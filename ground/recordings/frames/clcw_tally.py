"""CLCWs in the operational control fields of many frames: their number and the latest one, by telecommand channel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from link.frames.clcw import Clcw


class Commanded(NamedTuple):
    """A telecommand virtual channel of a spacecraft."""

    spacecraft_id: int
    channel: int


@dataclass(slots=True)
class Reported:
    """CLCWs of a channel: their number, and the latest as a 32-bit word."""

    reports: int = 0
    word: int = 0


@dataclass(slots=True)
class ClcwTally:
    """CLCWs by the channel that they are about; `others` counts operational control fields that are not CLCWs."""

    channels: dict[Commanded, Reported] = field(default_factory=dict)
    others: int = 0

    def note(self, contents: NDArray[Any]) -> None:
        """Count the operational control fields of frames (CONTENT of ground.recordings.frames.framing), in order."""
        there = contents[contents["ocf"] >= 0]
        words = there["ocf"]
        is_clcw = words >> 29 == 0  # type and version
        self.others += int((~is_clcw).sum())
        words, spacecraft = words[is_clcw], there["spacecraft_id"][is_clcw].astype(np.int64)
        keys = spacecraft << 6 | words >> 18 & 63
        for key in np.unique(keys).tolist():
            own = words[keys == key]
            reported = self.channels.setdefault(Commanded(key >> 6, key & 63), Reported())
            reported.reports += len(own)
            reported.word = int(own[-1])

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each channel, as plain data with stable keys."""
        for commanded, reported in sorted(self.channels.items(), key=lambda item: item[0]):
            clcw = Clcw.from_word(reported.word)
            yield {
                "spacecraft_id": commanded.spacecraft_id,
                "tc_channel": commanded.channel,
                "reports": reported.reports,
                "expected": clcw.report,
                "farm_b": clcw.farm_b,
                "lockout": clcw.lockout,
                "wait": clcw.wait,
                "retransmit": clcw.retransmit,
                "no_rf": clcw.no_rf,
                "no_bit_lock": clcw.no_bit_lock,
            }
