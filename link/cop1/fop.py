"""FOP-1, the sending end of COP-1 (CCSDS 232.1-B-2 §5): sends telecommand frames and repeats them until acknowledged.

`_TABLE` is table 5-1 of the standard, cell by cell; the actions below it are those of §5.2. The lower layer reads
`asked`: `taken` is its "accept", `refuse_frames` its "reject". A frame that is no longer in `asked` is to be withdrawn
as far as that is still possible, which is the standard's "abort request".
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from link.cop1.farm import MODULUS
from link.cop1.fop_events import (
    AlertCode,
    FopAlert,
    FopAnswer,
    FopDirective,
    FopEvent,
    FopNotice,
    FopState,
    FopSuspended,
    Response,
    Transfer,
    clcw_event,
)
from link.frames.clcw import Clcw
from link.frames.tc import TC_HEADER_SIZE, UNLOCK, FrameType, TcFrame, set_vr
from link.managed import FECF_OCTETS, Managed

MS_NS = 1_000_000
NOTICES_MAX = 4096


@dataclass(slots=True)
class _Unit:
    """Data of a frame, and the frame once it has its sequence number N(S)."""

    data: bytes
    tag: Hashable = None
    frame: TcFrame | None = None
    to_be_retransmitted: bool = False


@dataclass(frozen=True, slots=True)
class _Occasion:
    """The data that came with an event."""

    now_ns: int
    clcw: Clcw | None = None
    unit: _Unit | None = None
    directive: FopDirective | None = None
    value: int = 0


class Fop:
    """One virtual channel's sender; AD service begins with `directive(FopDirective.INITIATE...)`.

    `window` is K, frames on their way at a time, 1..half of the FARM's window (that half if None); `t1_ms` the timer;
    `transmission_limit` how often a frame is sent; `timeout_type` 0 alert or 1 suspend after that. Raises ValueError.
    """

    def __init__(
        self,
        managed: Managed,
        *,
        window: int | None = None,
        t1_ms: int = 3_000,
        transmission_limit: int = 10,
        timeout_type: int = 0,
    ) -> None:
        self.state = FopState.INITIAL
        self.vs = self.nnr = 0
        self.deadline_ns: int | None = None
        self.notices_dropped = 0
        self._managed = managed
        self._data_octets_max = managed.tc_frame_octets_max - TC_HEADER_SIZE - FECF_OCTETS * managed.tc_fecf
        self._window = managed.farm_window // 2 if window is None else window
        self._t1_ms, self._limit, self._timeout_type = t1_ms, transmission_limit, timeout_type
        self._count = 1
        self._suspended_in: FopState | None = None
        self._wait: _Unit | None = None
        self._sent: deque[_Unit] = deque()
        self._out: dict[FrameType, TcFrame] = {}  # frames for the lower layer; for a type in here it is "not ready"
        self._initiating: FopDirective | None = None
        self._notices: list[FopNotice] = []
        self._check()

    @property
    def ready(self) -> bool:
        """Whether `send` would be accepted or queued: AD service is on and the wait queue, of one, is empty."""
        return self.state <= FopState.RETRANSMIT_WAIT and self._wait is None

    @property
    def unacknowledged(self) -> int:
        """Data units that are neither confirmed nor failed yet."""
        return len(self._sent) + (self._wait is not None)

    def holds(self, tag: Hashable) -> bool:
        """Whether the data unit `tag` is neither confirmed nor failed yet."""
        return any(unit.tag == tag for unit in self._sent) or (self._wait is not None and self._wait.tag == tag)

    def send(self, data: bytes, now_ns: int, tag: Hashable = None) -> bool:
        """Send data in an AD frame; False if rejected. Raises ValueError for data that no frame can hold."""
        event = FopEvent.E20 if self._wait else FopEvent.E19
        return self._run(event, _Occasion(now_ns, unit=self._unit(data, tag)))

    def send_expedited(self, data: bytes, now_ns: int, tag: Hashable = None) -> bool:
        """Send data once in a BD frame, outside the sequence; False if the one before has not been taken yet."""
        event = FopEvent.E22 if FrameType.BD in self._out else FopEvent.E21
        return self._run(event, _Occasion(now_ns, unit=self._unit(data, tag)))

    def directive(self, directive: FopDirective, now_ns: int, value: int = 0) -> bool:
        """Execute a directive of management; False if rejected, also for a value out of its range."""
        return self._run(self._directive_event(directive, value), _Occasion(now_ns, directive=directive, value=value))

    def accept(self, clcw: Clcw, now_ns: int) -> None:
        """Process a CLCW; one about another virtual channel is ignored."""
        if clcw.channel == self._managed.tc_channel:
            event = clcw_event(clcw, vs=self.vs, nnr=self.nnr, count=self._count, limit=self._limit)
            self._run(event, _Occasion(now_ns, clcw=clcw))

    def step(self, now_ns: int) -> None:
        """Act on the timer, if it has expired."""
        if self.deadline_ns is None or now_ns < self.deadline_ns:
            return
        self.deadline_ns = None
        if self._count < self._limit:
            self._run(FopEvent.E104 if self._timeout_type else FopEvent.E16, _Occasion(now_ns))
        else:
            self._run(FopEvent.E18 if self._timeout_type else FopEvent.E17, _Occasion(now_ns))

    @property
    def asked(self) -> tuple[TcFrame, ...]:
        """The frames that the lower layer is asked to send, at most one of each type; read it after each call."""
        return tuple(self._out.values())

    def accepted(self, frame: TcFrame, now_ns: int) -> None:
        """The lower layer has accepted `frame`; ignored for a frame that is no longer in `asked`."""
        if self._out.get(frame.type) is frame:
            del self._out[frame.type]
            self._run(_TAKEN[frame.type], _Occasion(now_ns))

    def left(self, now_ns: int) -> None:
        """An AD or BC frame that was taken earlier has been sent only now: T1 is started again."""
        if self.deadline_ns is not None:
            self._start_timer(now_ns)

    def drain_frames(self, now_ns: int) -> list[TcFrame]:
        """All frames to be sent now, in order, for a lower layer that is always ready."""
        taken = []
        while self._out:
            frame = next(iter(self._out.values()))
            taken.append(frame)
            self.accepted(frame, now_ns)
        return taken

    def refuse_frames(self, now_ns: int) -> None:
        """The lower layer cannot send: the frames in `asked` are dropped, and the AD service ends."""
        for kind in tuple(self._out):
            self._out.pop(kind, None)
            self._run(_REFUSED[kind], _Occasion(now_ns))

    def drain_notices(self) -> list[FopNotice]:
        """The notices since the last call. At most 4096 are kept; `notices_dropped` counts the others."""
        taken, self._notices = self._notices, []
        return taken

    def _run(self, event: FopEvent, occasion: _Occasion) -> bool:
        """Execute the table's actions for an event; False if they reject it."""
        cell = _TABLE[event][self.state - 1]
        assert cell is not None, f"{event.name} in {self.state.name}: impossible by table 5-1"
        state, actions = cell
        for action in actions:
            action(self, occasion)
        self.state = state
        return _reject not in actions

    def _directive_event(self, directive: FopDirective, value: int) -> FopEvent:
        low, high = self._range(directive)
        if not low <= value <= high or (directive is FopDirective.SET_VS and self._suspended_in):
            return FopEvent.E40
        if directive is FopDirective.RESUME:
            return FopEvent(FopEvent.E30 + (self._suspended_in or 0))
        ready, not_ready = _DIRECTIVES[directive]
        return not_ready if FrameType.BC in self._out else ready

    def _range(self, directive: FopDirective) -> tuple[int, int]:
        match directive:
            case FopDirective.SET_WINDOW:
                return 1, self._managed.farm_window // 2
            case FopDirective.INITIATE_SET_VR | FopDirective.SET_VS:
                return 0, MODULUS - 1
            case FopDirective.SET_TRANSMISSION_LIMIT:
                return 1, 255
            case FopDirective.SET_T1_MS:
                return 1, 1 << 32
            case FopDirective.SET_TIMEOUT_TYPE:
                return 0, 1
        return 0, 0

    def _check(self) -> None:
        for directive, value in (
            (FopDirective.SET_WINDOW, self._window),
            (FopDirective.SET_T1_MS, self._t1_ms),
            (FopDirective.SET_TRANSMISSION_LIMIT, self._limit),
            (FopDirective.SET_TIMEOUT_TYPE, self._timeout_type),
        ):
            low, high = self._range(directive)
            if not low <= value <= high:
                raise ValueError(f"{directive.name.lower()} = {value}, expected {low}..{high}")

    def _unit(self, data: bytes, tag: Hashable) -> _Unit:
        if not 1 <= len(data) <= self._data_octets_max:
            raise ValueError(f"data of {len(data)} octets, frames hold 1..{self._data_octets_max}")
        return _Unit(data, tag)

    def _frame(self, data: bytes, *, sequence: int = 0, bypass: bool = False, control: bool = False) -> TcFrame:
        return TcFrame(
            spacecraft_id=self._managed.spacecraft_id,
            channel=self._managed.tc_channel,
            sequence=sequence,
            data=data,
            bypass=bypass,
            control=control,
        )

    def _report(self, notice: FopNotice) -> None:
        if len(self._notices) < NOTICES_MAX:
            self._notices.append(notice)
        else:
            self.notices_dropped += 1

    def _start_timer(self, now_ns: int) -> None:
        self.deadline_ns = now_ns + self._t1_ms * MS_NS

    def _purge(self) -> None:
        """Purge the sent queue and the wait queue (§5.2.2, §5.2.3).

        NN(R) is the number of the oldest frame in flight, so without any it is V(S): the empty cells of the table
        cannot be reached then.
        """
        for unit in self._sent:
            if unit.frame and not unit.frame.control:
                self._report(Transfer(unit.tag, Response.FAILED))
        if self._wait:
            self._report(Transfer(self._wait.tag, Response.REJECTED))
        self._sent.clear()
        self._wait = None
        self._out.pop(FrameType.AD, None)
        self._out.pop(FrameType.BC, None)
        self.nnr = self.vs
        if self._initiating:
            self._report(FopAnswer(self._initiating, Response.FAILED))
            self._initiating = None

    def _retransmit(self, now_ns: int, kind: FrameType) -> None:
        """Mark all frames of the sent queue for retransmission (§5.2.7); frames of this type leave `asked`."""
        self._out.pop(kind, None)
        self._count += 1
        self._start_timer(now_ns)
        for unit in self._sent:
            unit.to_be_retransmitted = True

    def _send_again(self, kind: FrameType) -> bool:
        """Put the first frame marked for retransmission into `asked`; returns whether there is one."""
        unit = next((unit for unit in self._sent if unit.to_be_retransmitted), None)
        if unit is None or unit.frame is None:
            return False
        unit.to_be_retransmitted = False
        self._out[kind] = unit.frame
        return True

    def _transmit_bc(self, data: bytes, now_ns: int) -> None:
        """Transmit a Type-BC frame (§5.2.5)."""
        frame = self._frame(data, bypass=True, control=True)
        self._sent.append(_Unit(data, frame=frame))
        self._count = 1
        self._start_timer(now_ns)
        self._out[FrameType.BC] = frame

    def _transmit_ad(self, unit: _Unit, now_ns: int) -> None:
        """Transmit a Type-AD frame (§5.2.4)."""
        unit.frame = self._frame(unit.data, sequence=self.vs)
        self.vs = (self.vs + 1) % MODULUS
        if not self._sent:
            self._count = 1
        self._sent.append(unit)
        self._start_timer(now_ns)
        self._out[FrameType.AD] = unit.frame


_Action = Callable[[Fop, _Occasion], None]
_Cell = tuple[FopState, tuple[_Action, ...]] | None
_Row = tuple[_Cell, _Cell, _Cell, _Cell, _Cell, _Cell]


def _accept(fop: Fop, on: _Occasion) -> None:
    _respond(fop, on, Response.ACCEPTED)


def _reject(fop: Fop, on: _Occasion) -> None:
    _respond(fop, on, Response.REJECTED)


def _confirm(fop: Fop, on: _Occasion) -> None:
    _respond(fop, on, Response.CONFIRMED)


def _respond(fop: Fop, on: _Occasion, response: Response) -> None:
    if on.unit:
        fop._report(Transfer(on.unit.tag, response))
    if on.directive:
        fop._report(FopAnswer(on.directive, response))


def _await_farm(fop: Fop, on: _Occasion) -> None:
    """Keep the directive: it is confirmed, or fails, when the FARM's CLCW comes."""
    fop._initiating = on.directive


def _confirm_initiate(fop: Fop, _on: _Occasion) -> None:
    assert fop._initiating
    fop._report(FopAnswer(fop._initiating, Response.CONFIRMED))
    fop._initiating = None


def _alert(code: AlertCode) -> _Action:
    def act(fop: Fop, _on: _Occasion) -> None:
        fop.deadline_ns = None
        fop._purge()
        fop._report(FopAlert(code))

    return act


def _suspend(fop: Fop, _on: _Occasion) -> None:
    fop._suspended_in = fop.state
    fop._report(FopSuspended())


def _resume(fop: Fop, on: _Occasion) -> None:
    fop._suspended_in = None
    fop._start_timer(on.now_ns)


def _initialise(fop: Fop, _on: _Occasion) -> None:
    fop._purge()
    fop._count = 1
    fop._suspended_in = None


def _start_timer(fop: Fop, on: _Occasion) -> None:
    fop._start_timer(on.now_ns)


def _cancel_timer(fop: Fop, _on: _Occasion) -> None:
    fop.deadline_ns = None


def _remove_acknowledged(fop: Fop, on: _Occasion) -> None:
    """Remove acknowledged frames from the sent queue (§5.2.8)."""
    assert on.clcw
    while fop.nnr != on.clcw.report:
        fop._report(Transfer(fop._sent.popleft().tag, Response.CONFIRMED))
        fop.nnr = (fop.nnr + 1) % MODULUS
    fop._count = 1


def _retransmit_ad(fop: Fop, on: _Occasion) -> None:
    fop._retransmit(on.now_ns, FrameType.AD)


def _retransmit_bc(fop: Fop, on: _Occasion) -> None:
    fop._retransmit(on.now_ns, FrameType.BC)


def _look_for_data(fop: Fop, on: _Occasion) -> None:
    """Look for FDU (§5.2.10): first a frame to retransmit, then a waiting one, if the window allows it."""
    if FrameType.AD in fop._out or fop._send_again(FrameType.AD):
        return
    if fop._wait and (fop.vs - fop.nnr) % MODULUS < fop._window:
        unit, fop._wait = fop._wait, None
        fop._report(Transfer(unit.tag, Response.ACCEPTED))
        fop._transmit_ad(unit, on.now_ns)


def _look_for_directive(fop: Fop, _on: _Occasion) -> None:
    """Look for directive (§5.2.9); the lower layer is ready: it took the frame (E43), or it was withdrawn (E16)."""
    fop._send_again(FrameType.BC)


def _to_wait_queue(fop: Fop, on: _Occasion) -> None:
    fop._wait = on.unit


def _transmit_bd(fop: Fop, on: _Occasion) -> None:
    assert on.unit
    fop._out[FrameType.BD] = fop._frame(on.unit.data, bypass=True)


def _transmit_unlock(fop: Fop, on: _Occasion) -> None:
    fop._transmit_bc(UNLOCK, on.now_ns)


def _transmit_set_vr(fop: Fop, on: _Occasion) -> None:
    fop._transmit_bc(set_vr(on.value), on.now_ns)


def _release_bc(fop: Fop, _on: _Occasion) -> None:
    fop._sent.clear()
    fop._out.pop(FrameType.BC, None)


def _set_vs(fop: Fop, on: _Occasion) -> None:
    fop.vs = fop.nnr = on.value


def _set_window(fop: Fop, on: _Occasion) -> None:
    fop._window = on.value


def _set_t1(fop: Fop, on: _Occasion) -> None:
    fop._t1_ms = on.value


def _set_limit(fop: Fop, on: _Occasion) -> None:
    fop._limit = on.value


def _set_timeout_type(fop: Fop, on: _Occasion) -> None:
    fop._timeout_type = on.value


def _cells(state: FopState) -> Callable[..., _Cell]:
    def cell(*actions: _Action) -> _Cell:
        return state, actions

    return cell


def _stay(*actions: _Action) -> _Row:
    """A row with the same actions in every state, none of which changes."""
    s1, s2, s3, s4, s5, s6 = ((state, actions) for state in FopState)
    return s1, s2, s3, s4, s5, s6


def _service(s1: _Cell, s2: _Cell, s3: _Cell) -> _Row:
    """A row of events that need frames in flight: impossible while initialising, ignored in S6."""
    return s1, s2, s3, None, None, _S6()


def _only_initial(cell: _Cell) -> _Row:
    """A row that is rejected in every state but S6."""
    return (*_REJECT[:5], cell)


def _resumed(cell: _Cell) -> _Row:
    """A row for a resumption: possible in S6 only, the state of a suspended FOP."""
    return None, None, None, None, None, cell


_S1, _S2, _S3, _S4, _S5, _S6 = map(_cells, FopState)
_REJECT = _stay(_reject)
_LIMIT = _S6(_alert(AlertCode.LIMIT))
_T1 = _S6(_alert(AlertCode.T1))
_LOCKOUT = _S6(_alert(AlertCode.LOCKOUT))
_SYNCH = _S6(_alert(AlertCode.SYNCH))
_NNR = _S6(_alert(AlertCode.NNR))
_CLCW = _S6(_alert(AlertCode.CLCW))
_LLIF = _S6(_alert(AlertCode.LLIF))
_TERM = _S6(_accept, _alert(AlertCode.TERM), _confirm)
_LOST = _S6(_remove_acknowledged, _alert(AlertCode.LIMIT))
_ALL_DONE = _S1(_remove_acknowledged, _cancel_timer, _look_for_data)
_SOME_DONE = _S1(_remove_acknowledged, _look_for_data)
_REPEAT_REST = _S2(_remove_acknowledged, _retransmit_ad, _look_for_data)
_REPEAT_ALL = _S2(_retransmit_ad, _look_for_data)
_AGAIN_S1, _AGAIN_S2 = _S1(_retransmit_ad, _look_for_data), _S2(_retransmit_ad, _look_for_data)
_AGAIN_BC = _S5(_retransmit_bc, _look_for_directive)
_SUSPEND = _S6(_suspend)
_READY = _S1(_confirm_initiate, _cancel_timer)
_READY_BC = _S1(_confirm_initiate, _release_bc, _cancel_timer)

_TABLE: dict[FopEvent, _Row] = {
    #           S1 active   S2 retransmit  S3 ... with wait  S4 initialising  S5 ... with BC  S6 initial
    FopEvent.E1: (_S1(), _SYNCH, _SYNCH, _READY, _READY_BC, _S6()),
    FopEvent.E2: _service(_ALL_DONE, _ALL_DONE, _ALL_DONE),
    FopEvent.E3: (_CLCW, _CLCW, _CLCW, _CLCW, _CLCW, _S6()),
    FopEvent.E4: (_SYNCH, _SYNCH, _SYNCH, _SYNCH, _S5(), _S6()),
    FopEvent.E5: _service(_S1(), _SYNCH, _SYNCH),
    FopEvent.E6: _service(_SOME_DONE, _SOME_DONE, _SOME_DONE),
    FopEvent.E7: _service(_CLCW, _CLCW, _CLCW),
    FopEvent.E101: _service(_LOST, _LOST, _LOST),
    FopEvent.E102: _service(_LIMIT, _LIMIT, _LIMIT),
    FopEvent.E8: _service(_REPEAT_REST, _REPEAT_REST, _REPEAT_REST),
    FopEvent.E9: _service(_S3(_remove_acknowledged), _S3(_remove_acknowledged), _S3(_remove_acknowledged)),
    FopEvent.E10: _service(_REPEAT_ALL, _S2(), _REPEAT_ALL),
    FopEvent.E11: _service(_S3(), _S3(), _S3()),
    FopEvent.E12: _service(_S2(), _S2(), _S2()),
    FopEvent.E103: _service(_S3(), _S3(), _S3()),
    FopEvent.E13: (_NNR, _NNR, _NNR, _NNR, _S5(), _S6()),
    FopEvent.E14: (_LOCKOUT, _LOCKOUT, _LOCKOUT, _LOCKOUT, _S5(), _S6()),
    FopEvent.E15: (_CLCW, _CLCW, _CLCW, _CLCW, _CLCW, _S6()),
    FopEvent.E16: (_AGAIN_S1, _AGAIN_S2, _S3(), _T1, _AGAIN_BC, None),
    FopEvent.E104: (_AGAIN_S1, _AGAIN_S2, _S3(), _SUSPEND, _AGAIN_BC, None),
    FopEvent.E17: (_T1, _T1, _T1, _T1, _T1, None),
    FopEvent.E18: (_SUSPEND, _SUSPEND, _SUSPEND, _SUSPEND, _T1, None),
    FopEvent.E19: (
        _S1(_to_wait_queue, _look_for_data),
        _S2(_to_wait_queue, _look_for_data),
        _S3(_to_wait_queue),
        _S4(_reject),
        _S5(_reject),
        _S6(_reject),
    ),
    FopEvent.E20: _REJECT,
    FopEvent.E21: _stay(_accept, _transmit_bd),
    FopEvent.E22: _REJECT,
    FopEvent.E23: _only_initial(_S1(_accept, _initialise, _confirm)),
    FopEvent.E24: _only_initial(_S4(_accept, _initialise, _await_farm, _start_timer)),
    FopEvent.E25: _only_initial(_S5(_accept, _initialise, _await_farm, _transmit_unlock)),
    FopEvent.E26: _REJECT,
    FopEvent.E27: _only_initial(_S5(_accept, _initialise, _await_farm, _set_vs, _transmit_set_vr)),
    FopEvent.E28: _REJECT,
    FopEvent.E29: (_TERM, _TERM, _TERM, _TERM, _TERM, _S6(_accept, _confirm)),
    FopEvent.E30: _REJECT,
    FopEvent.E31: _resumed(_S1(_accept, _resume, _confirm)),
    FopEvent.E32: _resumed(_S2(_accept, _resume, _confirm)),
    FopEvent.E33: _resumed(_S3(_accept, _resume, _confirm)),
    FopEvent.E34: _resumed(_S4(_accept, _resume, _confirm)),
    FopEvent.E35: _only_initial(_S6(_accept, _set_vs, _confirm)),
    FopEvent.E36: _stay(_accept, _set_window, _confirm),
    FopEvent.E37: _stay(_accept, _set_t1, _confirm),
    FopEvent.E38: _stay(_accept, _set_limit, _confirm),
    FopEvent.E39: _stay(_accept, _set_timeout_type, _confirm),
    FopEvent.E40: _REJECT,
    # No action is needed when the lower layer is ready again: a frame that was taken is no longer in `asked`.
    FopEvent.E41: (_S1(_look_for_data), _S2(_look_for_data), _S3(), _S4(), _S5(), _S6()),
    FopEvent.E42: (_LLIF, _LLIF, _LLIF, _LLIF, _LLIF, _LLIF),
    FopEvent.E43: (_S1(), _S2(), _S3(), _S4(), _S5(_look_for_directive), _S6()),
    FopEvent.E44: (_LLIF, _LLIF, _LLIF, _LLIF, _LLIF, _LLIF),
    FopEvent.E45: _stay(),  # the standard accepts BD data here as well as in E21: once is enough
    FopEvent.E46: (_LLIF, _LLIF, _LLIF, _LLIF, _LLIF, _LLIF),
}
_TAKEN = {FrameType.AD: FopEvent.E41, FrameType.BC: FopEvent.E43, FrameType.BD: FopEvent.E45}
_REFUSED = {FrameType.AD: FopEvent.E42, FrameType.BC: FopEvent.E44, FrameType.BD: FopEvent.E46}
_DIRECTIVES = {  # event if the lower layer is ready for a BC frame, and if not
    FopDirective.INITIATE: (FopEvent.E23, FopEvent.E23),
    FopDirective.INITIATE_CLCW_CHECK: (FopEvent.E24, FopEvent.E24),
    FopDirective.INITIATE_UNLOCK: (FopEvent.E25, FopEvent.E26),
    FopDirective.INITIATE_SET_VR: (FopEvent.E27, FopEvent.E28),
    FopDirective.TERMINATE: (FopEvent.E29, FopEvent.E29),
    FopDirective.SET_VS: (FopEvent.E35, FopEvent.E35),
    FopDirective.SET_WINDOW: (FopEvent.E36, FopEvent.E36),
    FopDirective.SET_T1_MS: (FopEvent.E37, FopEvent.E37),
    FopDirective.SET_TRANSMISSION_LIMIT: (FopEvent.E38, FopEvent.E38),
    FopDirective.SET_TIMEOUT_TYPE: (FopEvent.E39, FopEvent.E39),
}
