"""What must hold in every world: safety at each step, and liveness once the faults are over.

Safety: no command is executed twice, or after it was reported as ended; what the node said of a command is never taken
back; no file with wrong content ever stands under its name; no packet number comes again; nothing fails that is not
made to fail. Liveness: every command ends, every product arrives, the link is up and does what it is asked.
"""

from collections import Counter
from dataclasses import dataclass, field

from ground.records import ENDED, CommandRecord, FileRecord, GroundRecord, Status
from link.packets.space_packet import COUNT_MODULUS
from rig.world.devices import Payload, WorldInbox, content_of
from rig.world.ends import GroundEnd, NodeEnd

SECOND = 1_000_000_000
_RANKS = ("queued", "released", "delivered", "accepted", "started")
_ON_ITS_WAY_NS = 10 * SECOND  # what was sent before its command timed out may arrive as late as this
_IDLE_SHARE_MAX, _IDLE_MAX = 0.25, 20  # wakes: of timers that what came meanwhile made needless
_INTERRUPTED = "interrupted"


class BrokenError(AssertionError):
    """Something that must hold does not."""


@dataclass
class Judge:
    """Told everything that the ground learns, and everything that the node really does."""

    commands: dict[int, CommandRecord] = field(default_factory=dict)
    marks: Counter[int] = field(default_factory=Counter)
    excused: set[int] = field(default_factory=set)
    """Marks that may come twice: they were made while the disk would not remember them."""
    _made_ns: dict[int, int] = field(default_factory=dict)
    _of_mark: dict[int, int] = field(default_factory=dict)
    _of_target: dict[str, int] = field(default_factory=dict)
    _ended_ns: dict[int, int] = field(default_factory=dict)

    def marked(self, number: int, now_ns: int, *, is_forgetful: bool) -> None:
        """The node executed `witness.mark`."""
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

    def told(self, record: GroundRecord, now_ns: int, inbox: WorldInbox) -> None:
        """The ground's news."""
        if isinstance(record, CommandRecord):
            self._command(record, now_ns)
        elif isinstance(record, FileRecord):
            self._file(record.name, inbox)

    def captured(self, targets: list[str]) -> None:
        """All frames that the node's camera ever took."""
        twice = [target for target, count in Counter(targets).items() if count > 1]
        _require(not twice, f"{', '.join(twice)} captured more than once")

    def node(self, end: NodeEnd) -> None:
        """Nothing in the node fails, is late or cannot be told, whatever befalls it from outside."""
        if not end.power.is_on:
            return
        executive, uplink = end.node.executive, end.node.telecom.uplink
        counts = {name: getattr(executive, name) for name in ("failures", "missed", "overruns", "unsendable")}
        _require(not any(counts.values()), f"the node counts {counts}: {end.notes.taken[-1:]}")
        frames = uplink.accepted + uplink.discarded + uplink.rejected
        _require(frames == uplink.units.units, f"{uplink.units.units} units up, but {frames} frames counted")

    def ground(self, status: Status, octets_in: int, octets_out: int) -> None:
        """Nothing in the ground fails, and its counters are true."""
        _require(not status.failed, f"duties of the ground failed: {status.failed}")
        link = status.link
        _require(link.octets_received == octets_in, f"{link.octets_received} octets counted, {octets_in} came")
        _require(link.octets_sent == octets_out, f"{link.octets_sent} octets counted, {octets_out} left")

    def numbers(self, packets: list[tuple[int, int]]) -> None:
        """No packet has the number of another one, beyond the modulus too; `packets`: when made, and number."""
        seen, last = set[int](), 0
        for time_ns, number in sorted(packets):
            last += (number - last + COUNT_MODULUS // 2) % COUNT_MODULUS - COUNT_MODULUS // 2
            _require(last not in seen, f"packet number {number} came again, at {time_ns}")
            seen.add(last)

    @staticmethod
    def sleep(end: NodeEnd | GroundEnd) -> None:
        """Few wakes are for nothing."""
        most = end.wakes * _IDLE_SHARE_MAX + _IDLE_MAX
        _require(end.idle_wakes <= most, f"{end.idle_wakes} of {end.wakes} wakes were for nothing")

    def settled(self, inbox: WorldInbox, payload: Payload) -> str:
        """What is still to come; empty where every command has ended and each product is there that was not dropped."""
        open_ = [record for record in self.commands.values() if not record.ended]
        if open_:
            return f"{len(open_)} commands have not ended, the first is {open_[0].name} ({open_[0].state})"
        there = {name.partition("-")[2].partition(".")[0] for name in inbox.files}
        made = [record for record in self.commands.values() if record.name == "imaging.capture"]
        late = [one.arguments["target"] for one in made if one.state == "completed"]
        dropped = {one.arguments["product"] for one in self.commands.values() if one.name == "files.drop_product"}
        missing = [name for name in late if name not in there and payload.products.get(str(name)) not in dropped]
        return f"{len(missing)} products have not arrived, the first is of {missing[0]}" if missing else ""

    def kept(self, end: NodeEnd, inbox: WorldInbox, archived: list[CommandRecord]) -> None:
        """What one end was told that the other has, is there: delivered products, and commands in the archive."""
        for name in inbox.files:
            self._file(name, inbox)
        if end.power.is_on:
            store = end.node.files.store
            gone = [
                one.name for one in store.products() if not store.is_waiting(one.id) and one.name not in inbox.files
            ]
            _require(not gone, f"{', '.join(gone)} delivered, says the node, and the ground has it not")
        stale = [one.number for one in archived if one != self.commands.get(one.number)]
        _require(not stale, f"commands {stale} are told to be other than they are archived")
        _require(len(archived) == len(self.commands), f"{len(self.commands)} commands, {len(archived)} in the archive")

    def done(self) -> None:
        """What was told is what was done."""
        for number, command in self._of_mark.items():
            record, made = self.commands[command], self.marks[number]
            if record.state == "completed":
                _require(made >= 1, f"mark {number} is told to be completed, and was not made")
            elif record.state == "failed" and number not in self.excused:
                told = _INTERRUPTED in record.reason or "it may have arrived" in record.reason
                _require(not made or told, f"mark {number} was made, but is told to have failed: {record.reason}")

    def heard(self, since_ns: int) -> None:
        """What was done since then, in one life of the node, was told once more when all was calm, and heard."""
        for number, made_ns in self._made_ns.items():
            record = self.commands.get(self._of_mark.get(number, 0))
            if record and made_ns >= since_ns:
                _require(record.state == "completed", f"mark {number} was made, and its command is {record.state}")

    def _command(self, record: CommandRecord, now_ns: int) -> None:
        before = self.commands.get(record.number)
        self.commands[record.number] = record
        if record.name == "witness.mark":
            self._of_mark[int(record.arguments["number"] or 0)] = record.number
        if record.ended:
            self._ended_ns.setdefault(record.number, now_ns)
        if before is None:
            return
        where = f"command {record.number} ({record.name})"
        _require(record.stages[: len(before.stages)] == before.stages, f"{where}: stages of it are gone")
        back = before.state in ENDED and record.state != before.state and before.state != "timeout"
        if before.state in _RANKS and record.state in _RANKS:
            back = _RANKS.index(record.state) < _RANKS.index(before.state)
        _require(not back, f"{where} was {before.state} and is {record.state}: {before.reason} / {record.reason}")

    def _file(self, name: str, inbox: WorldInbox) -> None:
        _require(inbox.files.get(name) == content_of(name), f"file {name} is not what was made")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenError(sentence)
