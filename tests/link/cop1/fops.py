"""FOP-1 in any state of table 5-1, and the events that tests let happen to it."""

from link.cop1 import Fop, FopDirective, FopState
from link.frames.clcw import Clcw
from link.managed import Managed, TmChannel

MS = 1_000_000
T1_MS = 100
MANAGED = Managed(
    spacecraft_id=42,
    tm_channels=(TmChannel(name="live", vc=0),),
    tc_channel=5,
    tc_frame_octets_max=64,
    farm_window=8,
)
VS, NNR = 3, 1


def clcw(report, **flags):
    return Clcw(channel=5, report=report, **flags)


def new(**parameters):
    return Fop(MANAGED, t1_ms=T1_MS, **{"window": 4, "transmission_limit": 3, **parameters})


def fop_in(state, *, outstanding=True, count=1, **parameters):
    """A FOP in `state`: in S1..S3 with frames 1 and 2 on the way, or none; V(S) 3; `count` transmissions of frame 1."""
    fop = new(**parameters)
    fop.directive(FopDirective.INITIATE, 0)
    for number in range(VS):
        fop.send(b"%d" % number, 0, tag=number)
        fop.drain_frames(0)
    fop.accept(clcw(NNR if outstanding else VS), 0)
    fop.drain_frames(0)
    while count > 1:
        count -= 1
        fop.step(fop.deadline_ns)
        fop.drain_frames(0)
    if state > FopState.RETRANSMIT_WAIT:
        fop.directive(FopDirective.TERMINATE, 0)
    if state is FopState.INITIALISING:
        fop.directive(FopDirective.INITIATE_CLCW_CHECK, 0)
    if state is FopState.INITIALISING_BC:
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        fop.drain_frames(0)
    fop.state = state  # S2 and S3 differ from S1 in nothing else
    fop.drain_notices()
    return fop


def expire(fop):
    fop.deadline_ns = 0
    fop.step(0)


def report(number, **flags):
    return lambda fop: fop.accept(clcw(number, **flags), 0)


def ask(directive, value=0):
    return lambda fop: fop.directive(directive, 0, value)


def send(fop):
    fop.send(b"new", 0, tag="new")


def send_expedited(fop):
    fop.send_expedited(b"fast", 0, tag="fast")


def refused(first):
    def act(fop):
        first(fop)
        fop.refuse_frames(0)

    return act


def opened(**options):
    fop = Fop(MANAGED, t1_ms=100, **options)
    fop.directive(FopDirective.INITIATE, 0)
    return fop
