"""States, directives, events and notices of FOP-1 (CCSDS 232.1-B-2 §4, §5.3)."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto

from link.cop1.farm import MODULUS
from link.frames.clcw import Clcw


class FopState(IntEnum):
    """State of FOP-1 (§5.1.2)."""

    ACTIVE = 1
    RETRANSMIT = 2
    RETRANSMIT_WAIT = 3
    INITIALISING = 4
    INITIALISING_BC = 5
    INITIAL = 6


class FopDirective(Enum):
    """Directives of management (§4.3.1.3), each with the value that it takes and its range."""

    INITIATE = auto()
    """Start AD service at once, without a check of the FARM's state."""
    INITIATE_CLCW_CHECK = auto()
    """Start AD service once a CLCW shows that the FARM's V(R) is our V(S)."""
    INITIATE_UNLOCK = auto()
    """Start AD service after a BC frame "unlock" has ended the FARM's lockout."""
    INITIATE_SET_VR = auto()
    """Start AD service after a BC frame has set V(R) to the value, 0..255; V(S) is set to it too."""
    TERMINATE = auto()
    RESUME = auto()
    """Resume AD service after a suspension."""
    SET_VS = auto()
    """Set V(S) to the value, 0..255."""
    SET_WINDOW = auto()
    """Set K, the maximum number of frames in flight, to 1..half of the FARM's window."""
    SET_T1_MS = auto()
    """Set T1, 1 ms or more: longer than a frame and the CLCW about it take together."""
    SET_TRANSMISSION_LIMIT = auto()
    """Set the transmission limit, how often a frame is sent at most, 1..255."""
    SET_TIMEOUT_TYPE = auto()
    """Set the timeout type, the action after the last transmission: 0 alert, 1 suspend."""


class AlertCode(Enum):
    """Why the AD service has ended (§4.3.3.2)."""

    LIMIT = "a frame was sent as often as allowed"
    T1 = "no answer, though sent as often as allowed"
    LOCKOUT = "the FARM is in lockout"
    SYNCH = "the FARM reports what cannot follow from what was sent"
    NNR = "the FARM acknowledges what was not sent"
    CLCW = "a report contradicts itself"
    LLIF = "the layer below refused a frame"
    TERM = "asked to"


class Response(Enum):
    """Response to a request to transfer data, or to a directive (§4.3.2)."""

    ACCEPTED = auto()
    REJECTED = auto()
    CONFIRMED = auto()
    """Positive confirm: acknowledged by the FARM; carried out."""
    FAILED = auto()
    """Negative confirm: given up; the FARM may still have accepted it."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Response about a data unit; `tag` is the one that it was sent with."""

    tag: Hashable
    response: Response


@dataclass(frozen=True, slots=True)
class FopAnswer:
    """Response about a directive."""

    directive: FopDirective
    response: Response


@dataclass(frozen=True, slots=True)
class FopAlert:
    """The AD service has ended; only a directive starts it again."""

    code: AlertCode


@dataclass(frozen=True, slots=True)
class FopSuspended:
    """The AD service is suspended, its queues kept, until FopDirective.RESUME."""


FopNotice = Transfer | FopAnswer | FopAlert | FopSuspended


class FopEvent(IntEnum):
    """Events of FOP-1, the rows of table 5-1; `clcw_event` finds the one of a CLCW."""

    E1 = 1
    E2 = 2
    E3 = 3
    E4 = 4
    E5 = 5
    E6 = 6
    E7 = 7
    E8 = 8
    E9 = 9
    E10 = 10
    E11 = 11
    E12 = 12
    E13 = 13
    E14 = 14
    E15 = 15
    """CLCW that is invalid: of another COP."""
    E16 = 16
    """Timer expired, transmission limit not reached, timeout type 0 (alert)."""
    E17 = 17
    """Timer expired, transmission limit reached, timeout type 0 (alert)."""
    E18 = 18
    """Timer expired, transmission limit reached, timeout type 1 (suspend)."""
    E19 = 19
    """AD data, wait queue empty."""
    E20 = 20
    """AD data, wait queue full."""
    E21 = 21
    """BD data, the lower layer is ready."""
    E22 = 22
    """BD data, the lower layer is not ready."""
    E23 = 23
    """Initiate."""
    E24 = 24
    """Initiate with CLCW check."""
    E25 = 25
    """Initiate with unlock, the lower layer is ready."""
    E26 = 26
    """Initiate with unlock, the lower layer is not ready."""
    E27 = 27
    """Initiate with set V(R), the lower layer is ready."""
    E28 = 28
    """Initiate with set V(R), the lower layer is not ready."""
    E29 = 29
    """Terminate."""
    E30 = 30
    """Resume, not suspended."""
    E31 = 31
    """Resume, suspended in S1."""
    E32 = 32
    """Resume, suspended in S2."""
    E33 = 33
    """Resume, suspended in S3."""
    E34 = 34
    """Resume, suspended in S4."""
    E35 = 35
    """Set V(S)."""
    E36 = 36
    """Set K."""
    E37 = 37
    """Set T1."""
    E38 = 38
    """Set the transmission limit."""
    E39 = 39
    """Set the timeout type."""
    E40 = 40
    """Directive with a value out of its range."""
    E41 = 41
    """The lower layer accepted the AD frame."""
    E42 = 42
    """The lower layer rejected the AD frame."""
    E43 = 43
    """The lower layer accepted the BC frame."""
    E44 = 44
    """The lower layer rejected the BC frame."""
    E45 = 45
    """The lower layer accepted the BD frame."""
    E46 = 46
    """The lower layer rejected the BD frame."""
    E101 = 101
    E102 = 102
    E103 = 103
    E104 = 104
    """Timer expired, transmission limit not reached, timeout type 1 (suspend)."""


def clcw_event(clcw: Clcw, *, vs: int, nnr: int, count: int, limit: int) -> FopEvent:
    """The event that a CLCW is (table 5-1, E1..E15), given V(S), NN(R), transmission count and limit."""
    acknowledged, outstanding = (clcw.report - nnr) % MODULUS, (vs - nnr) % MODULUS
    if clcw.cop != 1:
        return FopEvent.E15
    if clcw.lockout:
        return FopEvent.E14
    if acknowledged > outstanding:
        return FopEvent.E13
    if acknowledged == outstanding:
        return _all_acknowledged(clcw, news=acknowledged > 0)
    if not clcw.retransmit:
        if clcw.wait:
            return FopEvent.E7
        return FopEvent.E6 if acknowledged else FopEvent.E5
    if limit == 1:
        return FopEvent.E101 if acknowledged else FopEvent.E102
    if acknowledged:
        return FopEvent.E9 if clcw.wait else FopEvent.E8
    if count < limit:
        return FopEvent.E11 if clcw.wait else FopEvent.E10
    return FopEvent.E103 if clcw.wait else FopEvent.E12


def _all_acknowledged(clcw: Clcw, *, news: bool) -> FopEvent:
    """The event of N(R) = V(S): no frame is missing, so the FARM has no reason for a retransmission or a wait."""
    if clcw.retransmit:
        return FopEvent.E4
    if clcw.wait:
        return FopEvent.E3
    return FopEvent.E2 if news else FopEvent.E1
