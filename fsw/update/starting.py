"""Which software the supervisor starts next, and from where: what boot.py chooses, unpacked into a folder."""

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from fsw.update.boot import choose
from fsw.update.record import SOFTWARE, SlotName
from fsw.update.slots import FolderSlots
from fsw.update.unpacking import unpack
from hal.linux.own_folder import OwnFolder
from hal.medium import HOST, Medium
from link.bundles.software import Software
from link.errors import DecodeError

_UNPACKED = re.compile("[0-9a-f]{16}")


class ChosenSoftware(NamedTuple):
    """What is started: the software in `folder`, or where that is "" what is installed. `slot`: whose it is.

    `is_counted`: the start is counted on the medium. `complaint`: why it is not what was to be started.
    """

    slot: SlotName
    version: str
    folder: str
    is_trial: bool
    is_counted: bool
    complaint: str = ""


INSTALLED = ChosenSoftware(SlotName.G, "", "", is_trial=False, is_counted=True)


def software_slots(state: Path, medium: Medium = HOST) -> FolderSlots:
    """The slots of the software of the node whose state folder is `state`."""
    return FolderSlots(state / SOFTWARE, medium)


def chosen_software(state: Path, trusted_keys: tuple[bytes, ...], *, uncounted: int = 0) -> ChosenSoftware:
    """Choose, count and unpack what is started now; `uncounted`: starts in a row that could not be counted.

    What cannot be unpacked is not started, though it is counted: what is installed is, in its place.
    """
    slots = software_slots(state)
    record = slots.record()
    choice = choose(record, slots, trusted_keys, uncounted=uncounted)
    if choice.contents is None or choice.slot is SlotName.G:
        return INSTALLED._replace(is_counted=choice.is_kept)
    forget_unpacked(slots, {record.value.a.sha256, record.value.b.sha256})
    try:
        folder = unpacked(slots, choice.slot, choice.contents.sha256, trusted_keys)
    except (OSError, DecodeError) as error:
        return INSTALLED._replace(is_counted=choice.is_kept, complaint=f"slot {choice.slot.name}: {error}")
    return ChosenSoftware(
        choice.slot,
        choice.contents.version,
        str(folder),
        is_trial=record.value.trial is choice.slot,
        is_counted=choice.is_kept,
    )


def unpacked(slots: FolderSlots, slot: SlotName, sha256: str, trusted_keys: tuple[bytes, ...]) -> Path:
    """The folder with the software of the bundle in `slot`, of this digest. Raises OSError and DecodeError."""
    own = OwnFolder(slots.folder / "unpacked", "updates")
    folder = own.path / sha256[:16]
    unpack(Software.decode(slots.bundle(slot), trusted_keys).image, folder)
    return folder


def forget_unpacked(slots: FolderSlots, but: set[str]) -> None:
    """Delete what was unpacked of other bundles than those of the digests `but`, as far as that can be deleted."""
    kept = {sha256[:16] for sha256 in but}
    with suppress(OSError):
        own = OwnFolder(slots.folder / "unpacked", "updates")
        for path in own.path.iterdir():
            if _UNPACKED.fullmatch(path.name) and path.name not in kept:
                own.remove(path)
