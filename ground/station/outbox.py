"""Frames on their way to the port, as CLTUs (CCSDS 231.0-B-4); what the port has not taken can be withdrawn.

A unit is the octets of one CLTU. Positions count octets since the start. The port takes a unit in pieces of any size
and buffers them for a while.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from link.coding.cltu import BREAK, can_be_broken_off
from link.frames.tc import FrameType, TcFrame


@dataclass(slots=True, eq=False)
class _Unit:
    """`frame` is None for octets that are not a frame; `written` counts the octets that the port has taken."""

    octets: bytes
    frame: TcFrame | None = None
    written: int = 0


class Outbox:
    """A queue of units. `octets` counts what the port has taken; `held`, what its buffers held at the last check."""

    def __init__(self) -> None:
        self.octets = self.held = 0
        self._waiting: deque[_Unit] = deque()
        self._taken: deque[tuple[int, TcFrame]] = deque()  # position of its end, and the frame

    @property
    def output(self) -> bytes:
        """The octets to write to the port next: the rest of one unit."""
        return self._waiting[0].octets[self._waiting[0].written :] if self._waiting else b""

    @property
    def busy(self) -> bool:
        """Whether any octets wait, or are still in the port's buffers."""
        return bool(self._waiting or self._taken)

    @property
    def delays_answers(self) -> bool:
        """Whether a frame that changes the node's CLCW is still on its way through the port."""
        waiting = (unit.frame for unit in self._waiting)
        taken = (frame for _, frame in self._taken)
        return any(frame and frame.type is not FrameType.BD for frame in (*waiting, *taken))

    def holds(self, frame: TcFrame) -> bool:
        """Whether this frame, the same object, waits for the port."""
        return any(unit.frame is frame for unit in self._waiting)

    def accept(self, frame: TcFrame, octets: bytes) -> None:
        """Queue a frame as `octets`, its CLTU."""
        self._waiting.append(_Unit(octets, frame))

    def emptied(self) -> None:
        """The port's buffers were cleared: send what makes the receiver drop a unit that this may have cut short."""
        self._taken.clear()
        self._waiting.appendleft(_Unit(BREAK))

    def wrote(self, count: int) -> list[TcFrame]:
        """Note that the port has taken `count` octets of `output`; return the frame that this completes, if any."""
        if not count:
            return []
        unit = self._waiting[0]
        unit.written += count
        self.octets += count
        if unit.written < len(unit.octets):
            return []
        self._waiting.popleft()
        if unit.frame is None:
            return []
        self._taken.append((self.octets, unit.frame))
        return [unit.frame]

    def left(self, held: int) -> list[TcFrame]:
        """Note that the port's buffers hold `held` octets; return the frames that have left since the last call."""
        self.held, gone = held, []
        while self._taken and self._taken[0][0] <= self.octets - held:
            gone.append(self._taken.popleft()[1])
        return gone

    def withdraw(self, asked: Callable[[TcFrame], bool]) -> list[TcFrame]:
        """Drop the waiting frames that are not `asked` for; return those of them that can no longer be stopped.

        The rest of a unit that was partly written is replaced by octets that make the receiver drop it.
        """
        unwanted = [unit for unit in self._waiting if unit.frame and not asked(unit.frame)]
        late = [unit for unit in unwanted if unit.written and not can_be_broken_off(unit.octets, unit.written)]
        for unit in unwanted:
            if unit not in late:
                self._waiting.remove(unit)
                if unit.written:
                    self._waiting.appendleft(_Unit(BREAK))
        return [unit.frame for unit in late if unit.frame]
