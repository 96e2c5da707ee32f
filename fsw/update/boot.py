"""Which slot is started: what is on trial while it has tries, else what is promoted, what was before, the golden copy.

The supervisor asks at each start of the software, before it starts it; models are asked about in the node itself. What
is started is sound: its digest is the one that was verified, and a trusted key signed it.
"""

from typing import NamedTuple

from msgspec.structs import replace

from fsw.store.durable import Durable
from fsw.update.record import SlotName, TrialEnd, UpdateRecord
from fsw.update.slots import Slots
from link.bundles.contents import BundleContents, bundle_contents
from link.errors import DecodeError

BOOTS_MAX = 3
"""Starts in a row without good health after which what is promoted is given up."""


class BootChoice(NamedTuple):
    """The slot to start. `contents` is None where slot G holds no sound bundle: then what is installed is started.

    `is_kept`: the start is counted on the medium. Where it is not, the caller counts it.
    """

    slot: SlotName
    contents: BundleContents | None
    is_kept: bool


def choose(
    record: Durable[UpdateRecord],
    slots: Slots,
    trusted_keys: tuple[bytes, ...],
    *,
    boots_max: int = BOOTS_MAX,
    uncounted: int = 0,
) -> BootChoice:
    """The slot to start now. The start is counted in `record` first, and what is started is read and checked last.

    `uncounted`: starts in a row before this one that could not be counted there. Raises nothing: something is started.
    """
    state, is_kept = record.value, True
    if (trial := state.trial) is not None:
        end = TrialEnd.TRIES_USED
        if state.tries_left > 0:
            is_kept = _kept(record, replace(state, tries_left=state.tries_left - 1))
            contents = sound_contents(slots, trial, state.of(trial).sha256, trusted_keys) if is_kept else None
            if contents is not None:
                return BootChoice(trial, contents, is_kept)
            end = TrialEnd.UNSOUND
        if is_kept:  # a trial that cannot be counted waits for a medium that takes the count
            state = state.ended_trial(end)
            is_kept = _kept(record, state)
    while state.promoted is not SlotName.G:
        if state.boots + uncounted < boots_max:
            is_kept = _kept(record, replace(state, boots=state.boots + 1))
            contents = sound_contents(slots, state.promoted, state.of(state.promoted).sha256, trusted_keys)
            if contents is not None:
                return BootChoice(state.promoted, contents, is_kept)
        state, uncounted = state.fallen_back(), 0
        is_kept = _kept(record, state)
    return BootChoice(SlotName.G, sound_contents(slots, SlotName.G, None, trusted_keys), is_kept)


def sound_contents(
    slots: Slots, slot: SlotName, sha256: str | None, trusted_keys: tuple[bytes, ...]
) -> BundleContents | None:
    """The contents of a slot whose bundle a trusted key signed and has this digest (None: any); None otherwise."""
    try:
        contents = bundle_contents(slots.bundle(slot), trusted_keys)
    except (OSError, DecodeError):
        return None
    return contents if sha256 in (None, contents.sha256) else None


def _kept(record: Durable[UpdateRecord], state: UpdateRecord) -> bool:
    try:
        record.store(state)
    except OSError:
        return False
    return True
