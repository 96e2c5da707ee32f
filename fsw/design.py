"""What is known of a node before it flies: its dictionary, from what its apps declare, and the table of its modes."""

from collections.abc import Iterable
from functools import cache, lru_cache
from types import ModuleType
from typing import NamedTuple

from fsw.apps import downlink, dwell, files, housekeeping, imaging, memory, processes, scrub, timekeeping
from fsw.bridge import app as bridge
from fsw.bridge.topics import check_bridges, topics_in
from fsw.comms import dispatch, reporter, services
from fsw.events import app as events
from fsw.events.app import check_quotas
from fsw.executive import executive
from fsw.fdir import app as fdir
from fsw.fdir.watches import check_watches
from fsw.files import exchange
from fsw.health import app as health_app
from fsw.health import reports as health
from fsw.mission import (
    BridgeSection,
    FilesSection,
    Mission,
    ModesSection,
    NodeSection,
    QuotaSection,
    WatchSection,
)
from fsw.modes import app as modes
from fsw.modes.app import Modes
from fsw.modes.table import PAYLOAD_APPS, Mode, ModeTable
from fsw.own import log
from fsw.own.loading import OwnApp, apps_in, own_apps
from fsw.recorder import app as recording
from fsw.sequences import app as sequences
from fsw.update import app as update
from link.dictionary import Dictionary, FilePartners
from link.managed import Managed

_DECLARING = (
    executive, housekeeping, imaging, files, services, reporter, dispatch, memory, log, processes, scrub, dwell, modes,
    timekeeping, sequences, fdir, health, health_app, events, update, recording, exchange, bridge, downlink,
)  # fmt: skip
"""The modules of ours that declare telemetry, events, commands and parameters."""
_DESIGNS_MAX = 16  # kept at once: a process flies one mission, a world a few
_ARMING = f"{Modes.app_name}.{Modes.arm.__name__}"


def dictionary_of(mission: Mission) -> Dictionary:
    """The dictionary of the mission's node; missions that say the same of it share one.

    Raises UsageError for an app or a number declared twice, and for a watch of what the node does not have.
    """
    return design_of(mission).dictionary


class Design(NamedTuple):
    """What is known of a node before it flies; it is never changed."""

    dictionary: Dictionary
    table: ModeTable
    own_apps: tuple[OwnApp, ...]


def design_of(mission: Mission) -> Design:
    """The design of the mission's node. Raises UsageError, as `dictionary_of`."""
    own = own_apps(mission.apps, _app_names())
    return _designed(
        mission.node,
        mission.managed,
        mission.files,
        mission.modes,
        mission.fdir,
        mission.quota,
        mission.bridge,
        tuple(own),
    )


@cache
def _app_names() -> tuple[str, ...]:
    """The names of our own apps."""
    return tuple(app.app_name for module in _DECLARING for app in apps_in(module))


@lru_cache(maxsize=_DESIGNS_MAX)
def _designed(
    node: NodeSection,
    managed: Managed,
    files: FilesSection,
    modes: ModesSection,
    watches: tuple[WatchSection, ...],
    quotas: tuple[QuotaSection, ...],
    bridges: tuple[BridgeSection, ...],
    own: tuple[OwnApp, ...],
) -> Design:
    partners = FilePartners(apid=files.apid, node_entity=files.entity, ground_entity=files.ground_entity)
    declaring = declaring_modules(own)
    dictionary = Dictionary.of(
        node.name, node.apid, managed.to_dict(), declaring, partners, services.OFFERED, arming=_ARMING
    )
    said = {mode: getattr(modes, mode.name.lower()) for mode in Mode}
    ruled = PAYLOAD_APPS | {one.kind.app_name for one in own}
    table = ModeTable(said, ruled, [entry.name for entry in dictionary.commands])
    check_watches(watches, dictionary, [mode.name.lower() for mode in Mode])
    check_quotas(quotas, dictionary)
    check_bridges(bridges, topics_in(declaring))
    return Design(dictionary, table, own)


def declaring_modules(own: Iterable[OwnApp]) -> list[ModuleType]:
    """The modules of all apps, those of the mission included."""
    return [*_DECLARING, *(module for one in own for module in one.modules)]
