"""The state of a replayed node for people: as plain data, and as lines."""

import traceback
from enum import Enum
from typing import Any

from link.dictionary import Dictionary, Event
from link.dictionary.declare import event_entry
from link.dictionary.dictionary import Happening
from link.pus.packets import RequestId
from rig.replay.replay import Replay

_FAILURES_SHOWN = 3
_ENDED = {
    "end": "to its end",
    "cut": "up to where the recording was cut off, or is damaged",
    "until": "up to where it was to stop",
    "event": "up to the event",
    "difference": "up to a difference",
}


def account_of(replay: Replay, dictionary: Dictionary) -> dict[str, Any]:
    """Where the replay stopped, whether it equals the recording, and the state of the node there."""
    tape, node = replay.tape, replay.node
    account: dict[str, Any] = {
        "stopped": replay.stopped,
        "steps": tape.step,
        "seconds": round(tape.seconds, 9),
        "is_right": replay.is_right,
        "difference": replay.difference.sentence if replay.difference else None,
        "state": replay.digest,
        "recorded_state": replay.recorded_digest or None,
        "notes": replay.notes,
    }
    if node is None:
        return account
    status = replay.status.get("NodeStatus")
    open_requests = [one for one in node.dispatcher.memory.taken if not one.is_over]
    return account | {
        "node_status": {name: _plain(value) for name, value in _values(status).items()} if status else None,
        "queues": {
            queue.name: {"waiting": len(queue), "sent": queue.sent, "dropped": queue.dropped}
            for queue in node.bus.queues
            if all(queue is not one for one in replay.watched)
        },
        "open_requests": [f"{RequestId.of(one.word)} {one.standing}" for one in open_requests],
        "products_waiting": [product.name for product in node.files.store.waiting()],
        "events": [[round(seconds, 6), type(event).__name__, _message(event)] for seconds, event in replay.events],
        "earlier_events": replay.events_seen - len(replay.events),
        "failures": [_trace(error) for _, error in replay.log.noted[-_FAILURES_SHOWN:]],
        "raised": _trace(replay.raised) if replay.raised else None,
        "dictionary": dictionary.version,
    }


def account_lines(account: dict[str, Any]) -> list[str]:
    """The account for a terminal."""
    lines = [f"replayed {_ENDED[account['stopped']]}: {account['steps']} steps, {account['seconds']:.3f} s"]
    if account["difference"]:
        lines.append(f"the first difference: {account['difference']}")
    if account["recorded_state"]:
        verdict = "as recorded" if account["is_right"] else f"recorded is {account['recorded_state']}"
        lines.append(f"state {account['state']}, {verdict}")
    else:
        lines.append(f"state {account['state']}")
    if "events" not in account:
        return lines
    if account["node_status"]:
        lines += ["", "last NodeStatus"]
        lines += [f"  {name:20} {value}" for name, value in account["node_status"].items()]
    lines += ["", "queues"]
    for name, queue in account["queues"].items():
        lines.append(f"  {name:20} {queue['waiting']} wait, {queue['sent']} sent, {queue['dropped']} dropped")
    lines += ["", f"open commands: {', '.join(account['open_requests']) or 'none'}"]
    lines.append(f"products that wait: {', '.join(account['products_waiting']) or 'none'}")
    lines += ["", f"events ({account['earlier_events']} earlier ones not shown)"]
    lines += [f"  {seconds:10.3f} s  {name:16} {message}" for seconds, name, message in account["events"]]
    for failure in filter(None, [*account["failures"], account["raised"]]):
        lines += ["", failure.rstrip()]
    return lines


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in type(record).__fields__}


def _message(event: Event) -> str:
    return Happening(event_entry(type(event)), _values(event)).message


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name.lower()
    return value.hex() if isinstance(value, bytes) else value
