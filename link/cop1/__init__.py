"""COP-1 (CCSDS 232.1-B-2): telecommand frames arrive in order and exactly once, over a link that loses them.

fop, farm = Fop(managed), Farm(managed.farm_window)
fop.directive(FopDirective.INITIATE_UNLOCK, now_ns)
fop.send(packet, now_ns, tag=7)
for frame in fop.drain_frames(now_ns):       # to the link
    ...
verdict = farm.accept(frame)                # on board
fop.accept(farm.clcw(channel), now_ns)      # back in the telemetry
fop.step(now_ns)                            # at fop.deadline_ns
fop.drain_notices()                          # Transfer(tag=7, response=CONFIRMED)
"""

from link.cop1.farm import Farm, Verdict
from link.cop1.fop import Fop
from link.cop1.fop_events import (
    AlertCode,
    FopAlert,
    FopAnswer,
    FopDirective,
    FopNotice,
    FopState,
    FopSuspended,
    Response,
    Transfer,
)

__all__ = [
    "AlertCode",
    "Farm",
    "Fop",
    "FopAlert",
    "FopAnswer",
    "FopDirective",
    "FopNotice",
    "FopState",
    "FopSuspended",
    "Response",
    "Transfer",
    "Verdict",
]
