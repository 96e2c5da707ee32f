"""A mission as plain data in the header of a recording, and back."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from fsw.mission import Mission, StageTable
from fsw.own.loading import AppSpec


def mission_words(mission: Mission) -> dict[str, Any]:
    """The mission as MessagePack has it; its files stay where they are."""
    words: dict[str, Any] = msgspec.to_builtins(mission, enc_hook=_words)
    return words


def mission_of(words: dict[str, Any], apps: tuple[AppSpec, ...]) -> Mission:
    """The mission of these words, whose own apps are `apps`. Raises ValueError."""
    mission = msgspec.convert({**words, "apps": ()}, Mission, dec_hook=_thing)
    assert mission.managed
    return msgspec.structs.replace(mission, apps=apps)


def app_digests(mission: Mission) -> list[tuple[str, bytes]]:
    """Path and SHA-256 of each app of a user's own: its name, its values and its code. Raises OSError."""
    return [(str(app.file), _digest(app)) for app in mission.apps]


def _digest(app: AppSpec) -> bytes:
    made = sha256(msgspec.json.encode([app.name, app.values], order="deterministic"))
    files = sorted(app.file.rglob("*.py")) if app.file.is_dir() else [app.file]
    for file in files:
        name, octets = file.relative_to(app.file.parent).as_posix().encode(), file.read_bytes()
        made.update(b"%d %s %d " % (len(name), name, len(octets)) + octets)
    return made.digest()


def _words(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, AppSpec):
        return str(value.file)
    assert isinstance(value, StageTable), value
    return msgspec.to_builtins(value.spec)


def _thing(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is StageTable and isinstance(value, dict):
        return StageTable({"stage": value.get("name"), **value.get("parameters", {})}, Path(value.get("folder", "")))
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
