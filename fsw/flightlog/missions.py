"""A mission as plain data in the header of a recording, and back."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from fsw.mission import Mission, PublicKey, StageTable
from fsw.own.loading import AppSpec


def mission_words(mission: Mission) -> dict[str, Any]:
    """The mission as MessagePack has it; its files stay where they are."""
    words: dict[str, Any] = msgspec.to_builtins(mission, enc_hook=_words)
    return words


def mission_of(words: dict[str, Any], apps: Sequence[AppSpec]) -> Mission:
    """The mission of these words, with these apps. Raises ValueError."""
    mission = msgspec.convert({**words, "apps": ()}, Mission, dec_hook=_thing)
    assert mission.managed
    return msgspec.structs.replace(mission, apps=tuple(apps))


def app_digests(apps: Iterable[AppSpec]) -> list[tuple[str, bytes]]:
    """Path of each app of the user's own, and SHA-256 of all that it is: name, values, files. Raises OSError."""
    return [(str(app.file), _digest(app)) for app in apps]


def _digest(app: AppSpec) -> bytes:
    files = sorted(app.file.rglob("*.py")) if app.file.is_dir() else [app.file]
    parts = [file.read_bytes() for file in files]
    return sha256(msgspec.msgpack.encode([app.name, app.values, parts], enc_hook=str)).digest()


def _words(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, AppSpec):
        return str(value.file)
    if isinstance(value, PublicKey):
        return value.octets.hex()
    assert isinstance(value, StageTable), value
    return msgspec.to_builtins(value.spec)


def _thing(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is PublicKey and isinstance(value, str):
        return PublicKey(bytes.fromhex(value))
    if kind is StageTable and isinstance(value, dict):
        return StageTable({"stage": value.get("name"), **value.get("parameters", {})}, Path(value.get("folder", "")))
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
