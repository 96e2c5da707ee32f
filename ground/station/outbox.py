"""Frames on their way to the port, as CLTUs: what the port has not taken yet can still be withdrawn.

Positions count octets since the start. The port takes a unit in pieces of any size, and holds some of them for a while.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from link.coding.cltu import BREAK, can_be_broken_off
from link.frames.tc import FrameType, TcFrame


@dataclass(slots=True, eq=False)
class _Unit:
    """`frame` is None for octets that are no frame, `written` how many octets the port has taken."""

    octets: bytes
    frame: TcFrame | None = None
    written: int = 0


class Outbox:
    """A queue of units. `octets` counts what the port has taken, `held` what of it had not left at the last look."""

    def __init__(self) -> None:
        self.octets = self.held = 0
        self._waiting: deque[_Unit] = deque()
        self._taken: deque[tuple[int, TcFrame]] = deque()  # and the position at which it ends

    @property
    def output(self) -> bytes:
        """What the port shall take next: the rest of one unit."""
        return self._waiting[0].octets[self._waiting[0].written :] if self._waiting else b""

    @property
    def busy(self) -> bool:
        """Whether something has not left yet."""
        return bool(self._waiting or self._taken)

    @property
    def delays_answers(self) -> bool:
        """Whether a frame that the node will answer in its CLCW has not left yet."""
        waiting = (unit.frame for unit in self._waiting)
        taken = (frame for _, frame in self._taken)
        return any(frame and frame.type is not FrameType.BD for frame in (*waiting, *taken))

    def holds(self, frame: TcFrame) -> bool:
        """Whether this very frame waits for the port."""
        return any(unit.frame is frame for unit in self._waiting)

    def offer(self, frame: TcFrame, octets: bytes) -> None:
        """Queue a frame as `octets`, its CLTU."""
        self._waiting.append(_Unit(octets, frame))

    def emptied(self) -> None:
        """What the port held is gone: end for its receiver whatever unit that may have cut short."""
        self._taken.clear()
        self._waiting.appendleft(_Unit(BREAK))

    def wrote(self, count: int) -> list[TcFrame]:
        """The port has taken `count` octets of `output`; the frames that it has wholly by now."""
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
        """The port holds `held` octets that it has not sent: the frames that have left since."""
        self.held, gone = held, []
        while self._taken and self._taken[0][0] <= self.octets - held:
            gone.append(self._taken.popleft()[1])
        return gone

    def withdraw(self, asked: Callable[[TcFrame], bool]) -> list[TcFrame]:
        """Drop the frames that are not `asked` for; those among them that are too far gone, and will still be sent.

        The rest of a unit that was begun gives way to what ends it for its receiver.
        """
        unwanted = [unit for unit in self._waiting if unit.frame and not asked(unit.frame)]
        late = [unit for unit in unwanted if unit.written and not can_be_broken_off(unit.octets, unit.written)]
        for unit in unwanted:
            if unit not in late:
                self._waiting.remove(unit)
                if unit.written:
                    self._waiting.appendleft(_Unit(BREAK))
        return [unit.frame for unit in late if unit.frame]
