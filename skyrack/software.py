"""Which software `skyrack node` starts next: asked by its supervisor, in a process of its own.

What can be answered by the standard library alone is: a node that was never updated starts without delay.
"""

import tomllib
from pathlib import Path

from fsw.supervisor.messages import Chosen, Told


def has_updates(mission: Path) -> bool:
    """Whether the mission in a file has a table [update]; what is wrong with the file, who loads it tells."""
    return "update" in _tables(mission)


def software_choice(mission: str, state: str, base: str, uncounted: str) -> Told:
    """The fields of what is started next; `state` as for `skyrack.flight.NodeFlight`."""
    folder = Path(state or Path(base) / str(_tables(Path(mission)).get("node", {}).get("name", "")))
    if not any((folder / "software").glob("boot.*")):
        return Chosen()._asdict()
    from fsw.mission import load_mission
    from fsw.update.starting import INSTALLED, chosen_software

    said = load_mission(Path(mission), with_stages=False).update
    found = chosen_software(folder, said.trusted_keys, uncounted=int(uncounted)) if said else INSTALLED
    return Chosen(**{**found._asdict(), "slot": found.slot.name})._asdict()


def _tables(mission: Path) -> Told:
    try:
        return tomllib.loads(mission.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
