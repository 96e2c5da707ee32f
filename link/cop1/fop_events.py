"""What happens to a FOP-1 and what it answers (CCSDS 232.1-B-2 §4, §5.3): the words of its state table."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto

from link.frames.clcw import Clcw

MODULUS = 256


class State(IntEnum):
    """Of the sender (§5.1.2)."""

    ACTIVE = 1
    RETRANSMIT = 2
    RETRANSMIT_WAIT = 3
    INITIALISING = 4
    INITIALISING_BC = 5
    INITIAL = 6


class Directive(Enum):
    """What management asks for (§4.3.1.3); the value that goes with it, and its range, stand beside it."""

    INITIATE = auto()
    """AD service at once, without a look at the FARM."""
    INITIATE_CLCW_CHECK = auto()
    """AD service as soon as a CLCW says that the FARM is where we are."""
    INITIATE_UNLOCK = auto()
    """AD service after a BC frame has ended the FARM's lockout."""
    INITIATE_SET_VR = auto()
    """AD service after a BC frame has set V(R) to the value, 0..255; V(S) too."""
    TERMINATE = auto()
    RESUME = auto()
    """Go on after a suspension."""
    SET_VS = auto()
    """V(S) to the value, 0..255."""
    SET_WINDOW = auto()
    """K, 1..half of the FARM's window: frames on their way at a time."""
    SET_T1_MS = auto()
    """Timer, 1 ms or more: longer than a frame and the CLCW about it take."""
    SET_TRANSMISSION_LIMIT = auto()
    """How often a frame is sent at most, 1..255."""
    SET_TIMEOUT_TYPE = auto()
    """After the last try: 0 alert, 1 suspend."""


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
    """To a request to transfer data, or to a directive (§4.3.2)."""

    ACCEPTED = auto()
    REJECTED = auto()
    CONFIRMED = auto()
    """Positive confirm: acknowledged by the FARM; carried out."""
    FAILED = auto()
    """Negative confirm: given up; the FARM may still have accepted it."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How a data unit fares; `tag` is what it was sent with."""

    tag: Hashable
    response: Response


@dataclass(frozen=True, slots=True)
class Answer:
    """How a directive fares."""

    directive: Directive
    response: Response


@dataclass(frozen=True, slots=True)
class Alert:
    """The AD service has ended; it takes a directive to begin again."""

    code: AlertCode


@dataclass(frozen=True, slots=True)
class Suspended:
    """The AD service stands still with all it holds, until Directive.RESUME."""


Notice = Transfer | Answer | Alert | Suspended


class Event(IntEnum):
    """The rows of table 5-1; those that CLCWs cause are told apart in `clcw_event`."""

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
    """CLCW that is not valid: of another COP."""
    E16 = 16
    """Timer, may be sent again, alert in the end."""
    E17 = 17
    """Timer, was sent as often as allowed, alert."""
    E18 = 18
    """Timer, was sent as often as allowed, suspend."""
    E19 = 19
    """AD data, wait queue empty."""
    E20 = 20
    """AD data, wait queue full."""
    E21 = 21
    """BD data, the layer below is ready."""
    E22 = 22
    """BD data, the layer below is not ready."""
    E23 = 23
    """Initiate."""
    E24 = 24
    """Initiate with CLCW check."""
    E25 = 25
    """Initiate with unlock, the layer below is ready."""
    E26 = 26
    """Initiate with unlock, the layer below is not ready."""
    E27 = 27
    """Initiate with set V(R), the layer below is ready."""
    E28 = 28
    """Initiate with set V(R), the layer below is not ready."""
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
    """The layer below took the AD frame."""
    E42 = 42
    """It refused the AD frame."""
    E43 = 43
    """It took the BC frame."""
    E44 = 44
    """It refused the BC frame."""
    E45 = 45
    """It took the BD frame."""
    E46 = 46
    """It refused the BD frame."""
    E101 = 101
    E102 = 102
    E103 = 103
    E104 = 104
    """Timer, may be sent again, suspend in the end."""


def clcw_event(clcw: Clcw, *, vs: int, nnr: int, count: int, limit: int) -> Event:
    """Which event a CLCW is (table 5-1, E1..E15), given V(S), NN(R), transmission count and limit."""
    acknowledged, outstanding = (clcw.report - nnr) % MODULUS, (vs - nnr) % MODULUS
    if clcw.cop != 1:
        return Event.E15
    if clcw.lockout:
        return Event.E14
    if acknowledged > outstanding:
        return Event.E13
    if acknowledged == outstanding:
        return _all_acknowledged(clcw, news=acknowledged > 0)
    if not clcw.retransmit:
        if clcw.wait:
            return Event.E7
        return Event.E6 if acknowledged else Event.E5
    if limit == 1:
        return Event.E101 if acknowledged else Event.E102
    if acknowledged:
        return Event.E9 if clcw.wait else Event.E8
    if count < limit:
        return Event.E11 if clcw.wait else Event.E10
    return Event.E103 if clcw.wait else Event.E12


def _all_acknowledged(clcw: Clcw, *, news: bool) -> Event:
    """N(R) = V(S): the FARM misses nothing, so it has no reason to ask for a repetition or to wait."""
    if clcw.retransmit:
        return Event.E4
    if clcw.wait:
        return Event.E3
    return Event.E2 if news else Event.E1
