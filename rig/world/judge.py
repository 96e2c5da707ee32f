"""What must hold in every world: safety at each step, and liveness after the faults are over.

Safety: no command is executed twice, or after it was reported as ended; a reported stage of a command never changes; no
file has wrong content under its name; no packet number repeats; only what is made to fail fails. Liveness: every
command ends, every product arrives, the link is up and its commands are executed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ground.archive.rows import PacketRow
from ground.records import ENDED, CommandRecord, FileRecord, GroundRecord, Status
from link.cop1.fop_events import AlertCode
from link.packets.space_packet import COUNT_MODULUS
from rig.world.devices import Payload, WorldInbox, content_of
from rig.world.ends import GroundEnd, NodeEnd
from rig.world.power import PowerCut
from rig.world.timeline import SECOND, BrokenError

__all__ = ["BrokenError", "Judge"]

_RANKS = ("queued", "released", "delivered", "accepted", "started")
_ON_ITS_WAY_NS = 10 * SECOND  # a command may still arrive so long after it timed out
_IDLE_SHARE_MAX, _IDLE_MAX = 0.25, 20  # bounds of wakes for nothing, by timers that an earlier arrival made needless
_INTERRUPTED = "interrupted"
_UNSENT = AlertCode.NNR.value
_TENANT = "tenant"
_SOON_NS = 120 * SECOND  # longer than anything is scheduled ahead
_STARTS_MAX = 7  # starts that cannot make numbers ambiguous: each skips a sixteenth of them
_REFUSED = "not_now: "


@dataclass
class Judge:
    """Gets all that the ground learns, and all that the node really does, and compares them."""

    commands: dict[int, CommandRecord] = field(default_factory=dict)
    marks: Counter[int] = field(default_factory=Counter)
    excused: set[int] = field(default_factory=set)
    """Marks that may be made twice, as the disk could not record them."""
    listener: Callable[[GroundRecord], None] = lambda _: None
    """Gets each record, too."""
    forgiven: set[str] = field(default_factory=set)
    """Targets whose products may be lost, as the disk lost what it had confirmed."""
    is_plain: bool = False
    """Whether nothing in this flight can make the numbers of COP-1 wrong."""
    boots_ns: list[int] = field(default_factory=list)
    """When the node started again; a frame that it accepted just before may have been lost with it."""
    intrusions_ns: list[tuple[int, int]] = field(default_factory=list)
    """From when to when frames of another sender came: COP-1 does not know whose frame it confirms."""
    _made_ns: dict[int, int] = field(default_factory=dict)
    _of_mark: dict[int, int] = field(default_factory=dict)
    _of_target: dict[str, int] = field(default_factory=dict)
    _ended_ns: dict[int, int] = field(default_factory=dict)
    _seen_ns: dict[tuple[int, str], int] = field(default_factory=dict)

    def forgive(self, inbox: WorldInbox) -> None:
        """Accept that products which have not arrived yet may be lost."""
        there = _targets(inbox)
        self.forgiven |= {target for target in self._captures() if target not in there}

    def forget(self) -> None:
        """Accept that the ground forgot all its commands; nobody hears of their ends any more."""
        self.commands, self._of_mark, self._ended_ns, self._seen_ns = {}, {}, {}, {}

    def marked(self, number: int, now_ns: int, *, is_forgetful: bool) -> None:
        """Accept that the node executed `witness.mark`."""
        self.marks[number] += 1
        self._made_ns[number] = now_ns
        if is_forgetful:
            self.excused.add(number)
        if number in self.excused:
            return
        _require(self.marks[number] == 1, f"mark {number} was made {self.marks[number]} times")
        record = self.commands.get(self._of_mark.get(number, 0))
        if record and record.ended and now_ns - self._ended_ns[record.number] > _ON_ITS_WAY_NS:
            raise BrokenError(f"mark {number} is made, but its command ended as {record.state}: {record.reason}")

    def accept(self, record: GroundRecord, now_ns: int, inbox: WorldInbox) -> None:
        """Accept a record of the ground."""
        self.listener(record)
        if isinstance(record, CommandRecord):
            self._command(record, now_ns)
        elif isinstance(record, FileRecord):
            self._file(record.name, inbox)

    def captured(self, targets: list[str]) -> None:
        """Accept the targets of all frames that the node's camera ever took."""
        twice = [target for target, count in Counter(targets).items() if count > 1]
        _require(not twice, f"{', '.join(twice)} captured more than once")

    def node(self, end: NodeEnd) -> None:
        """Check that nothing in the node fails, is late or cannot be reported, whatever faults are injected."""
        if not end.power.is_on:
            return
        executive, uplink = end.node.executive, end.node.telecom.uplink
        counts = {name: getattr(executive, name) for name in ("failures", "missed", "overruns", "unsendable")}
        failed = {name.split()[0] for name, error in end.notes.taken if not isinstance(error, PowerCut)}
        if end.payload.has_mutinied and failed == {_TENANT}:
            counts |= {"failures": 0, "unsendable": 0}
        _require(not any(counts.values()), f"the node counts {counts}: {end.notes.taken[-1:]}")
        frames = uplink.accepted + uplink.discarded + uplink.rejected
        _require(frames == uplink.units.units, f"{uplink.units.units} units up, but {frames} frames counted")

    def ground(self, status: Status, octets_in: int, octets_out: int) -> None:
        """Check that nothing in the ground fails, and that its counters are right."""
        _require(not status.failed, f"duties of the ground failed: {status.failed}")
        link = status.link
        _require(link.octets_received == octets_in, f"{link.octets_received} octets counted, {octets_in} came")
        _require(link.octets_sent == octets_out, f"{link.octets_sent} octets counted, {octets_out} left")

    def numbers(self, packets: Sequence[PacketRow]) -> None:
        """Check that no two packets have one number, beyond the modulus, too; in the order of their arrival.

        Each start skips numbers: after many in a row, of which nothing was heard, nobody can tell how often they began
        anew.
        """
        in_a_row = zip(self.boots_ns, self.boots_ns[_STARTS_MAX:], strict=False)
        if any(last_ns - first_ns < _SOON_NS for first_ns, last_ns in in_a_row):
            return
        seen, last = dict[int, bytes](), 0
        for row in packets:
            last += (row.sequence - last + COUNT_MODULUS // 2) % COUNT_MODULUS - COUNT_MODULUS // 2
            first = seen.setdefault(last, row.octets)
            _require(first == row.octets, f"packet number {row.sequence} came again, at {row.time_ns}")

    @staticmethod
    def sleep(end: NodeEnd | GroundEnd) -> None:
        """Check that few wakes were for nothing."""
        most = end.wakes * _IDLE_SHARE_MAX + _IDLE_MAX
        _require(end.idle_wakes <= most, f"{end.idle_wakes} of {end.wakes} wakes were for nothing")

    def settled(self, inbox: WorldInbox, payload: Payload, utc_ns: int) -> str:
        """What is missing, in words; empty where each command has ended and each product was received or dropped.

        A command that a ground with a wrong clock has scheduled for a day to come may wait for it. `utc_ns`: today.
        """
        soon_ns = utc_ns + _SOON_NS
        open_ = [record for record in self.commands.values() if not record.ended and record.sent_ns <= soon_ns]
        if open_:
            return f"{len(open_)} commands have not ended, the first is {open_[0].name} ({open_[0].state})"
        late, there = self._captures(), _targets(inbox)
        dropped = {one.arguments["product"] for one in self.commands.values() if one.name == "files.drop_product"}
        missing = [name for name in late if name not in there and payload.products.get(name) not in dropped]
        return f"{len(missing)} products have not arrived, the first is of {missing[0]}" if missing else ""

    def kept(self, end: NodeEnd, inbox: WorldInbox, archived: list[CommandRecord]) -> None:
        """Check that one end has what the other reports of it: delivered products, and archived commands."""
        for name in inbox.files:
            self._file(name, inbox)
        if end.power.is_on:
            store = end.node.files.store
            gone = [
                one.name for one in store.products() if not store.is_waiting(one.id) and one.name not in inbox.files
            ]
            _require(not gone, f"{', '.join(gone)} reported as delivered by the node, but not received")
        stale = [one.number for one in archived if one != self.commands.get(one.number)]
        _require(not stale, f"commands {stale} are archived otherwise than they were reported")
        _require(len(archived) == len(self.commands), f"{len(self.commands)} commands, {len(archived)} in the archive")

    def done(self) -> None:
        """Check that marks reported as completed were made, and failed ones not, unless the report leaves it open."""
        for number, command in self._of_mark.items():
            record, made = self.commands[command], self.marks[number]
            if record.state == "completed":
                _require(made >= 1, f"mark {number} was reported as completed, but was not made")
            elif record.state == "failed" and number not in self.excused:
                is_doubted = _INTERRUPTED in record.reason or "it may have arrived" in record.reason
                _require(not made or is_doubted, f"mark {number} was made, but reported as failed: {record.reason}")
            if not made:
                self._not_made(record)

    def received(self, since_ns: int, born_ns: int) -> None:
        """Check that marks made since `since_ns` were reported again and received.

        Those made before `born_ns`, the last start of the node, may have been reported as interrupted; of those that
        its schedule released, a restart forgets the end.
        """
        for number, made_ns in self._made_ns.items():
            record = self.commands.get(self._of_mark.get(number, 0))
            if record is None or made_ns < since_ns or number in self.excused:
                continue
            is_told, is_direct = record.state == "completed", any(one.name == "released" for one in record.stages)
            if made_ns < born_ns:
                is_told |= _INTERRUPTED in record.reason or not is_direct
            _require(is_told, f"mark {number} was made, and its command is {record.state}")

    def _captures(self) -> list[str]:
        """The targets of completed captures whose products must arrive."""
        made = (one for one in self.commands.values() if one.name == "imaging.capture" and one.state == "completed")
        targets = (str(one.arguments["target"]) for one in made)
        return [target for target in targets if target not in self.forgiven]

    def _not_made(self, record: CommandRecord) -> None:
        """Check that COP-1 did not confirm the frame of a mark that was not made, in one life of the node.

        One that the node refused, as its mode does not allow it, was executed as well as can be.
        """
        if record.state == "failed" and record.reason.startswith(_REFUSED):
            return
        sent_ns = self._seen_ns[record.number, _RANKS[0]]
        if delivered_ns := self._seen_ns.get((record.number, "delivered")):
            is_cut = any(sent_ns <= boot_ns <= delivered_ns for boot_ns in self.boots_ns)
            is_cut |= any(sent_ns <= end_ns and begin_ns <= delivered_ns for begin_ns, end_ns in self.intrusions_ns)
            _require(is_cut, f"{record.name} ({record.number}) was reported as delivered, but was not executed")

    def _command(self, record: CommandRecord, now_ns: int) -> None:
        before = self.commands.get(record.number)
        self.commands[record.number] = record
        for name in (_RANKS[0], *(stage.name for stage in record.stages)):
            self._seen_ns.setdefault((record.number, name), now_ns)
        if record.name in ("witness.mark", "witness.engrave"):
            self._of_mark[int(record.arguments["number"] or 0)] = record.number
        if record.ended:
            self._ended_ns.setdefault(record.number, now_ns)
        if before is None:
            return
        where = f"command {record.number} ({record.name})"
        is_wrong = self.is_plain and any(_UNSENT in stage.detail for stage in record.stages[len(before.stages) :])
        _require(not is_wrong, f"{where}: {_UNSENT}")
        _require(record.stages[: len(before.stages)] == before.stages, f"{where}: stages of it are gone")
        back = before.state in ENDED and record.state != before.state and before.state != "timeout"
        if before.state in _RANKS and record.state in _RANKS:
            back = _RANKS.index(record.state) < _RANKS.index(before.state)
        _require(not back, f"{where} was {before.state} and is {record.state}: {before.reason} / {record.reason}")

    def _file(self, name: str, inbox: WorldInbox) -> None:
        _require(inbox.files.get(name) == content_of(name), f"file {name} is not what was made")


def _targets(inbox: WorldInbox) -> set[str]:
    """The targets of the products that were received."""
    return {name.partition("-")[2].partition(".")[0] for name in inbox.files}


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenError(sentence)
