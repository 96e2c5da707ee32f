"""How often this node was started, and why: a record that survives, noted by each executive before it flies."""

from pathlib import Path

import msgspec

from fsw.store.durable import Durable
from fsw.supervisor.causes import POWER_ON, SUPERVISOR
from fsw.supervisor.messages import Start
from hal.medium import HOST, Medium

CALM_S = 60.0
"""A flight of this length was none of a boot loop."""
BOARD_RESETS_MAX = 3
"""So often the board's reset is asked for without a calm flight in between; more would not help."""
_OCTETS_MAX = 4096
_COUNT_MAX = (1 << 32) - 1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Resets(msgspec.Struct, frozen=True):
    """`counts` of starts by the cause of the end before; `boot`: the board's own start that the last one was in.

    Since the last calm flight: `unstable` starts, and resets of the board that were asked for (`board_resets`).
    """

    counts: dict[str, int] = {}
    boot: str = ""
    unstable: int = 0
    board_resets: int = 0


def open_resets(state: Path, medium: Medium = HOST) -> Durable[Resets]:
    """The record in the state folder of a node."""
    return Durable(state / "memory", "resets", Resets(), _OCTETS_MAX, medium)


def noted(resets: Resets, start: Start, boot: str) -> Resets:
    """With one more start, in the board's start `boot`."""
    counts = dict(start.counts)
    if start.is_first:
        cause = SUPERVISOR if boot == resets.boot else start.cause or POWER_ON
        counts[cause] = counts.get(cause, 0) + 1
    everything = {**resets.counts, **counts}
    summed = {cause: min(resets.counts.get(cause, 0) + counts.get(cause, 0), _COUNT_MAX) for cause in everything}
    unstable = min(resets.unstable + 1, _COUNT_MAX)
    return msgspec.structs.replace(resets, counts=summed, boot=boot, unstable=unstable)


def calmed(resets: Resets) -> Resets:
    """After a calm flight."""
    return msgspec.structs.replace(resets, unstable=0, board_resets=0)


def board_reset_forbidden(state: Path, medium: Medium = HOST) -> str:
    """Count one more reset of the board that is asked for; returns why none may be, or nothing."""
    record = open_resets(state, medium)
    asked = record.value.board_resets
    if asked >= BOARD_RESETS_MAX:
        return f"{asked} resets did not help"
    try:
        record.store(msgspec.structs.replace(record.value, board_resets=asked + 1))
    except OSError as error:
        return f"it could not be counted ({error.strerror})"
    return ""


def boot_id() -> str:
    """A name of the board's present start, which differs from that of any other; empty where the kernel has none."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:64]
    except OSError:
        return ""
