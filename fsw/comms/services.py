"""The PUS services of a node (ECSS-E-ST-70-41C), put together: each request goes to the handler of its service type.

All records of apps pass here on their way down: service 3 decides which samples are reported, service 5 which events
(and quotas how often, fsw/events),
service 14 which types of reports at all, and service 19 releases requests on events. Released requests, also those of
the schedule of service 11, are routed as received ones are. What was set by command survives a restart
(service_memory.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fsw.comms.handlers import Handler
from fsw.comms.latest import LatestValues
from fsw.comms.service_memory import Remembering, ServiceMemory
from fsw.events.quotas import Quotas
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus, Queue
from fsw.executive.sendable import UnsendableError, check_sendable
from fsw.pus import test
from fsw.pus.event_actions import EventActions
from fsw.pus.events import EventControl
from fsw.pus.forwarding import ForwardControl, Forwarded
from fsw.pus.housekeeping import HousekeepingStructures
from fsw.pus.large_packets import LargePackets
from fsw.pus.memory import Memories
from fsw.pus.monitoring import Monitor
from fsw.pus.parameters import Parameters
from fsw.pus.scheduling import Due, Schedule
from fsw.pus.time import TimeReporter
from fsw.scrub.areas import PARAMETERS, ParametersMemory
from fsw.store.forms import RequestForms
from fsw.store.records import Records
from hal.clock import Clock
from link.dictionary import Dictionary, Event, Float64b, Int16ub, Telemetry, command, wire
from link.dictionary.declare import Record
from link.packets.space_packet import PACKET_OCTETS_MAX
from link.pus.message import Report
from link.pus.parts import Reassembly
from link.pus.services import events
from link.pus.services.monitoring import Transition
from link.pus.services.parameters import ParameterTable

OFFERED = (1, 3, 5, 6, 8, 9, 11, 12, 13, 14, 15, 17, 19, 20, 21, 23)
"""The services that a node offers: the dispatcher handles 1, verification, and 8, functions; the recorder 15, the app
of sequences 21, that of file management 23, and `Services` the others."""
_STRUCTURES, _SWITCHES, _SCHEDULE, _CHECKS = "structures", "event switches", "schedule", "checks"
_ACTIONS, _PARAMETERS, _FORWARDING, _TIME = "event actions", "parameters", "forwarding", "time reports"
_ALWAYS_FORWARDED = {1, 14}  # verification, and what is forwarded: without them the ground could not undo a choice
_TICK_MS = 100
_REASON_CHARACTERS_MAX = 60
_RELEASES_MAX = 64
_RELEASE_AFTER_NS = 100_000_000  # at most ten releases a second, also for an action that raises its own event


class ParameterCaution(Event, id=0x40, severity="medium"):
    """Check {definition}: parameter {parameter} is {value}, beyond {crossed}."""

    definition: int = wire(Int16ub)
    parameter: int = wire(Int16ub)
    value: float = wire(Float64b)
    crossed: float = wire(Float64b)


class ParameterAlarm(Event, id=0x41, severity="high"):
    """Check {definition}: parameter {parameter} is {value}, beyond {crossed}."""

    definition: int = wire(Int16ub)
    parameter: int = wire(Int16ub)
    value: float = wire(Float64b)
    crossed: float = wire(Float64b)


class StructureSetAside(Event, id=0x42, severity="low"):
    """Structure {structure} is no longer reported, until it is enabled again: {reason}."""

    structure: int = wire(Int16ub)
    reason: str = wire()


class SettingsMisfit(Event, id=0x43, severity="medium"):
    """{items} of the {service} that were set by command do not fit this software and were left out."""

    service: str = wire()
    items: int = wire(Int16ub)


_DECLARED = (Telemetry, Event)  # of which the ground knows only what the dictionary has
_CHECK_EVENTS = {form.__id__: form for form in (ParameterCaution, ParameterAlarm)}


@dataclass
class Services(App, period_ms=10_000, budget_ms=20):
    """Services 3, 5, 6, 9, 11, 12, 13, 14, 17, 19 and 20 of the node of `dictionary`."""

    dictionary: Dictionary
    clock: Clock
    bus: Bus
    records: Records
    quotas: Quotas = field(default_factory=Quotas)
    _released: Queue[bytes] = field(default_factory=lambda: Queue("releases", _RELEASES_MAX, "drop_new"))
    _release_ns: int = 0

    def __post_init__(self) -> None:
        structures = self.dictionary.reports
        self.parameters = Parameters(ParameterTable.of(self.dictionary), {}, structures)
        self.latest = LatestValues(self.dictionary, self.parameters)
        self.housekeeping = HousekeepingStructures(self.parameters, tick_ms=_TICK_MS)
        for structure in structures:
            self.housekeeping.declare(structure)
        self.memories = Memories({PARAMETERS: ParametersMemory(self.parameters)})
        self.events = EventControl(entry.id for entry in self.dictionary.events)
        form = RequestForms(self.dictionary).of
        self.schedule = Schedule(form=form)
        self.time = TimeReporter()
        self.large = LargePackets(PACKET_OCTETS_MAX, Reassembly(octets_max=PACKET_OCTETS_MAX))
        self._declared = {(Telemetry, entry.id, entry.name) for entry in structures} | {
            (Event, entry.id, entry.name) for entry in self.dictionary.events
        }
        self._checked: set[type[Record]] = set()  # the classes of records of which that was found
        self.monitor = Monitor(self.parameters.number, _CHECK_EVENTS, tick_ms=_TICK_MS)
        self.actions = EventActions(form=form)
        self.forwarding = ForwardControl({self.dictionary.apid})
        self.forwarding.restore(Forwarded(((self.dictionary.apid, None, None),)))  # of a new node: all that it reports
        self._memory = ServiceMemory(self.records)
        for name, service in self._remembering.items():
            self._memory.add(name, service)

    @command(opcode=0x40)
    def restore_defaults(self) -> None:
        """Give all parameters the values with which the node's software begins, and forget those that were set."""
        self.parameters.restore_defaults()
        self._memory.keep(_PARAMETERS)

    def add(self, app: App) -> None:
        """Let service 20 read and set the parameters of `app`."""
        self.parameters.add(app.app_name, app)

    def handlers(self) -> Mapping[int, Handler]:
        """The handler of the requests of each service, by the number of the service."""
        monotonic_ns, utc_ns, keeping = self.clock.monotonic_ns, self.clock.utc_ns, self._memory.keeping
        return {
            3: keeping(_STRUCTURES, lambda request: self.housekeeping.handle(request, monotonic_ns())),
            5: keeping(_SWITCHES, self.events.handle),
            6: self.memories.handle,
            9: keeping(_TIME, self.time.handle),
            11: keeping(_SCHEDULE, lambda request: self.schedule.handle(request, utc_ns())),
            12: keeping(_CHECKS, lambda request: self.monitor.handle(request, monotonic_ns())),
            13: lambda request: self.large.handle(request, monotonic_ns()),
            14: keeping(_FORWARDING, self.forwarding.handle),
            17: lambda request: test.answer(request, {self.dictionary.apid}),
            19: keeping(_ACTIONS, self.actions.handle),
            20: keeping(_PARAMETERS, self.parameters.handle),
        }

    def check(self, record: Record) -> None:
        """Raise UnsendableError for a record that fits into no packet, or that the ground could not decode."""
        check_sendable(record)
        if type(record) not in self._checked and isinstance(record, _DECLARED):
            kind, name = Event if isinstance(record, Event) else Telemetry, type(record).__name__
            if (kind, record.__id__, name) not in self._declared:
                raise UnsendableError(f"{name} is not in the dictionary: declare it in the app's own file")
            self._checked.add(type(record))

    def report_of(self, record: Record) -> Report | None:
        """The report of a published record; None if it is not due, or its event is disabled or beyond its quota."""
        if isinstance(record, Telemetry):
            self.latest.accept(record)
            return self.housekeeping.accept(record, self.clock.monotonic_ns())
        if isinstance(record, Event):
            self._act(record)
            return events.event_report(record) if self._is_sent(record) else None
        assert isinstance(record, Report), record
        return record

    def _is_sent(self, event: Event) -> bool:
        name = type(event).__name__
        return self.events.allows(event.__id__) and self.quotas.admit(name, self.clock.monotonic_ns())

    def is_forwarded(self, report: Report) -> bool:
        """Whether reports of this type go down as they are made."""
        service, subtype = report.__service__, report.__subtype__
        return service in _ALWAYS_FORWARDED or self.forwarding.allows(self.dictionary.apid, service, subtype)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Report the structures and check the parameters that are due; at first also what did not survive a restart."""
        for name, items in self._memory.drain_misfits().items():
            yield SettingsMisfit(service=name, items=items)
        for sample in self.housekeeping.step(now_ns):
            self.bus.publish(sample)
        for structure, reason in self.housekeeping.drain_set_aside():
            self._memory.keep(_STRUCTURES)
            yield StructureSetAside(structure=structure, reason=reason[:_REASON_CHARACTERS_MAX])
        raised, transitions = self.monitor.step(now_ns, self.clock.utc_ns())
        for report in (*transitions, *self.large.step(now_ns)):
            self.bus.publish(report)
        for event, transition in raised:
            yield _check_event(event, transition)

    @property
    def may_release(self) -> bool:
        """Whether there are scheduled packets or those of actions, due or not."""
        return bool(len(self._released)) or not self.schedule.is_empty

    @property
    def next_release_ns(self) -> int | None:
        """When scheduled packets or those of actions are due next, in monotonic time; None if none wait."""
        due = [self._release_ns] if len(self._released) else []
        if (deadline_ns := self.schedule.deadline_ns) is not None:
            due.append(self.clock.monotonic_ns() + deadline_ns - self.clock.utc_ns())
        return min(due, default=None)

    @property
    def releases_dropped(self) -> int:
        """How many requests of actions were dropped because too many waited."""
        return self._released.dropped

    @property
    def due_ns(self) -> int | None:
        """When a structure is to be reported, a parameter to be checked or a transfer given up; None for never."""
        sample_ns, check_ns, part_ns = self.housekeeping.deadline_ns, self.monitor.deadline_ns, self.large.next_due_ns
        if sample_ns is check_ns is part_ns is None:  # as nearly always
            return None
        return min([ns for ns in (sample_ns, check_ns, part_ns) if ns is not None])

    def pop_scheduled(self) -> Due:
        """The scheduled packets whose times have come; before any is executed, it is stored that they were taken out.

        `settle_scheduled` follows once they were executed, and what they left to be remembered is stored.
        """
        deadline_ns = self.schedule.deadline_ns
        if deadline_ns is None or deadline_ns > (utc_ns := self.clock.utc_ns()):
            return Due([], [])
        due = self.schedule.drain(utc_ns)
        self._memory.keep(_SCHEDULE)
        return due

    def settle_scheduled(self) -> None:
        """Store that what `pop_scheduled` gave was executed."""
        self.schedule.settle()
        self._memory.keep(_SCHEDULE)

    def drain_actions(self) -> Iterator[bytes]:
        """The packets of the actions that are to be executed now."""
        if len(self._released) and self.clock.monotonic_ns() >= self._release_ns:
            yield from self._released.drain()

    @property
    def _remembering(self) -> Mapping[str, Remembering]:
        return {
            _STRUCTURES: self.housekeeping,
            _SWITCHES: self.events,
            _SCHEDULE: self.schedule,
            _CHECKS: self.monitor,
            _ACTIONS: self.actions,
            _FORWARDING: self.forwarding,
            _TIME: self.time,
            _PARAMETERS: self.parameters,
        }

    def _act(self, event: Event) -> None:
        """Release the action of the event, also if reports of the event are disabled."""
        packet = self.actions.packet_for(self.dictionary.apid, event.__id__)
        if packet is not None:
            if not len(self._released):
                self._release_ns = self.clock.monotonic_ns() + _RELEASE_AFTER_NS
            self._released.offer(packet)


def _check_event(event: int, transition: Transition) -> Event:
    return _CHECK_EVENTS[event](
        definition=transition.number,
        parameter=transition.parameter,
        value=transition.value,
        crossed=transition.crossed,
    )
