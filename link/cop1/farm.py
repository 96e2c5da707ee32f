"""FARM-1, the receiving end of COP-1 (CCSDS 232.1-B-2 §6): telecommand frames are accepted in order and exactly once.

`_TABLE` is table 6-1 of the standard, cell by cell; `accept` only finds out which event a frame is.
"""

from collections.abc import Callable
from enum import Enum, IntEnum, auto

from link.frames.clcw import Clcw
from link.frames.tc import UNLOCK, FrameType, TcFrame, set_vr

MODULUS = 256
FARM_WINDOW_MIN, FARM_WINDOW_MAX = 2, 254


class FarmState(IntEnum):
    """State of FARM-1 (§6.1.2)."""

    OPEN = 1
    WAIT = 2
    LOCKOUT = 3


class Verdict(Enum):
    """Outcome for a frame. An accepted control command has been executed; its data are not for the user."""

    ACCEPT = auto()
    DISCARD = auto()


class FarmEvent(IntEnum):
    """Events of FARM-1 (table 6-1). Invalid frames are refused before; those that pass but are not legal are E9."""

    E1 = 1
    """AD frame with N(S) = V(R), and there is a buffer for it."""
    E2 = 2
    """AD frame with N(S) = V(R), and there is no buffer."""
    E3 = 3
    """AD frame ahead of V(R), inside the positive part of the window: frames before it are missing."""
    E4 = 4
    """AD frame behind V(R), inside the negative part of the window: it was accepted before."""
    E5 = 5
    """AD frame outside the window."""
    E6 = 6
    """BD frame."""
    E7 = 7
    """BC frame "unlock"."""
    E8 = 8
    """BC frame "set V(R)"."""
    E9 = 9
    """BC frame with another command."""
    E10 = 10
    """A buffer is free again."""


class Farm:
    """One virtual channel's receiver. `window`: width W of the sliding window, even, 2..254.

    It begins open at `vr`, its V(R) before a restart, or in lockout where that is not known (None). The user calls
    `hold` when it cannot take another AD frame, and `release` when it can.
    """

    def __init__(self, window: int, vr: int | None = None) -> None:
        if not FARM_WINDOW_MIN <= window <= FARM_WINDOW_MAX or window % 2:
            raise ValueError(
                f"FARM window {window}, expected an even number {FARM_WINDOW_MIN}..{FARM_WINDOW_MAX} (232.1 §6.1.8)"
            )
        self.wait = self.retransmit = False
        self.farm_b = 0
        self._half = window // 2
        self._has_buffer = True
        self.begin(vr or 0, is_locked=vr is None)

    def begin(self, vr: int, *, is_locked: bool) -> None:
        """Begin at V(R), open, or in lockout, which only the sender's "unlock" ends.

        The standard leaves the first state to the user. With its V(R) of before a restart the receiver discards the
        frames that it accepted then (E4); where V(R) is not known, lockout makes the sender give up the frames in
        flight (E14 of table 5-1) instead of repeating them.
        """
        self.vr = vr
        self.state = FarmState.LOCKOUT if is_locked else FarmState.OPEN
        self.lockout = is_locked

    def accept(self, frame: TcFrame) -> Verdict:
        """Accept or discard a frame whose checksum, spacecraft and channel are right."""
        return self._apply(self._event(frame), frame.data)

    def hold(self) -> None:
        """Note that there is no buffer for AD frames."""
        self._has_buffer = False

    def release(self) -> None:
        """Note that there is a buffer for AD frames again (E10); one that there was all along is no event."""
        if self._has_buffer:
            return
        self._has_buffer = True
        self._apply(FarmEvent.E10, b"")

    def clcw(self, channel: int, *, no_rf: bool = False, no_bit_lock: bool = False) -> Clcw:
        """The CLCW to report now (E11); `channel` is the virtual channel that this FARM serves."""
        return Clcw(
            channel=channel,
            report=self.vr,
            lockout=self.lockout,
            wait=self.wait,
            retransmit=self.retransmit,
            farm_b=self.farm_b,
            no_rf=no_rf,
            no_bit_lock=no_bit_lock,
        )

    def _apply(self, event: FarmEvent, data: bytes) -> Verdict:
        verdict = Verdict.DISCARD
        self.state, actions = _TABLE[event][self.state - 1]
        for action in actions:
            verdict = action(self, data) or verdict
        return verdict

    def _event(self, frame: TcFrame) -> FarmEvent:
        match frame.type:
            case FrameType.AD:
                return self._ad_event(frame.sequence)
            case FrameType.BD:
                return FarmEvent.E6
        if frame.data == UNLOCK:
            return FarmEvent.E7
        return FarmEvent.E8 if _is_set_vr(frame.data) else FarmEvent.E9

    def _ad_event(self, sequence: int) -> FarmEvent:
        ahead = (sequence - self.vr) % MODULUS
        if ahead == 0:
            return FarmEvent.E1 if self._has_buffer else FarmEvent.E2
        if ahead < self._half:
            return FarmEvent.E3
        return FarmEvent.E4 if ahead >= MODULUS - self._half else FarmEvent.E5


_Action = Callable[[Farm, bytes], Verdict | None]
_Cell = tuple[FarmState, tuple[_Action, ...]]


def _is_set_vr(data: bytes) -> bool:
    return len(data) == len(set_vr(0)) and data[:-1] == set_vr(0)[:-1]


def _accept(_farm: Farm, _data: bytes) -> Verdict:
    return Verdict.ACCEPT


def _next_vr(farm: Farm, _data: bytes) -> None:
    farm.vr = (farm.vr + 1) % MODULUS


def _set_vr(farm: Farm, data: bytes) -> None:
    farm.vr = data[-1]


def _count_b(farm: Farm, _data: bytes) -> None:
    farm.farm_b = (farm.farm_b + 1) % 4


def _retransmit_on(farm: Farm, _data: bytes) -> None:
    farm.retransmit = True


def _retransmit_off(farm: Farm, _data: bytes) -> None:
    farm.retransmit = False


def _wait_on(farm: Farm, _data: bytes) -> None:
    farm.wait = True


def _wait_off(farm: Farm, _data: bytes) -> None:
    farm.wait = False


def _lockout_on(farm: Farm, _data: bytes) -> None:
    farm.lockout = True


def _lockout_off(farm: Farm, _data: bytes) -> None:
    farm.lockout = False


def _open(*actions: _Action) -> _Cell:
    return FarmState.OPEN, actions


def _waiting(*actions: _Action) -> _Cell:
    return FarmState.WAIT, actions


def _locked(*actions: _Action) -> _Cell:
    return FarmState.LOCKOUT, actions


_OBEY = (_accept, _count_b)
_CLEAR = (*_OBEY, _retransmit_off, _wait_off)
_TABLE: dict[FarmEvent, tuple[_Cell, _Cell, _Cell]] = {
    # S1 open                                       S2 wait                         S3 lockout
    # E1 is not applicable in S2, which is left when there is a buffer; no action: discard.
    FarmEvent.E1: (_open(_accept, _next_vr, _retransmit_off), _waiting(), _locked()),
    FarmEvent.E2: (_waiting(_retransmit_on, _wait_on), _waiting(), _locked()),
    FarmEvent.E3: (_open(_retransmit_on), _waiting(), _locked()),
    FarmEvent.E4: (_open(), _waiting(), _locked()),
    FarmEvent.E5: (_locked(_lockout_on), _locked(_lockout_on), _locked()),
    FarmEvent.E6: (_open(*_OBEY), _waiting(*_OBEY), _locked(*_OBEY)),
    FarmEvent.E7: (_open(*_CLEAR), _open(*_CLEAR), _open(*_CLEAR, _lockout_off)),
    FarmEvent.E8: (_open(*_CLEAR, _set_vr), _open(*_CLEAR, _set_vr), _locked(*_OBEY)),
    FarmEvent.E9: (_open(), _waiting(), _locked()),
    FarmEvent.E10: (_open(_wait_off), _open(_wait_off), _locked(_wait_off)),
}
