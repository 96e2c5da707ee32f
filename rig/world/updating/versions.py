"""The bundles that a world's nodes are updated with: equal in each run, a few hundred octets each."""

from base64 import b64encode
from functools import cache
from pathlib import Path

import msgspec

from fsw.mission import Mission, ModelSection, PipelineSection, PublicKey, StageTable, UpdateSection
from fsw.update.record import SOFTWARE
from link.bundles.envelope import digest_of, seal
from link.bundles.keys import public_half
from link.bundles.software import make_software

MODEL = "sense"
TARGETS = (SOFTWARE, MODEL)
GOLDEN, FURTHER = "1", "99"
"""The version that is there first, and the one that the ground brings when all is calm again."""
MISFIT, ILL = "5", "6"
"""A version that fails its golden vectors, and one that is not healthy once it runs."""
GOOD = ("2", "3", "4")
_OLD, _FOREIGN, _OTHER = "0.5", "7", "8"
DRAWN = (*GOOD, MISFIT, ILL, _OLD, _FOREIGN, _OTHER)
NAMES = {SOFTWARE: "world", MODEL: MODEL}
SETTLE_S, CONFIRM_S = 2, 36
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # head of an Ed25519 key (RFC 8410 §7)


def _pem(number: int) -> bytes:
    """A private key that anybody may know: a world's signatures are equal in each run."""
    text = b64encode(_PKCS8 + bytes([number] * 32)).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n".encode()


_TEAM, _STRANGER = _pem(1), _pem(2)
KEYS = (public_half(_TEAM),)


@cache
def bundle_of(target: str, version: str) -> bytes:
    """The bundle of a version; one is signed by a stranger, one is for other slots."""
    name = "elsewhere" if version == _OTHER else NAMES[target]
    key = _STRANGER if version == _FOREIGN else _TEAM
    if target == SOFTWARE:
        return make_software(name, version, f"software {version}".encode()).encode(key)
    weights = f"model {version}".encode()
    manifest = {"name": name, "version": version, "kind": "forest", "parts": [digest_of("forest", weights)]}
    return seal(key, msgspec.json.encode(manifest), [weights])


@cache
def startable(target: str) -> frozenset[bytes]:
    """The bundles that may ever be started."""
    return frozenset(bundle_of(target, version) for version in (GOLDEN, *GOOD, ILL, _OLD, FURTHER))


def golden_file(state: Path) -> Path:
    """The model that was delivered with the mission, on the disk of the node."""
    return state / f"{MODEL}.bundle"


def updated(mission: Mission, state: Path) -> Mission:
    """The same mission, with its software and a model as targets of updates."""
    stage = {"stage": "clouds", "model": golden_file(state).name, "keys": ["team.pub"]}
    said = UpdateSection(
        name=NAMES[SOFTWARE],
        keys=tuple(map(PublicKey, KEYS)),
        settle_s=SETTLE_S,
        confirm_h=CONFIRM_S / 3600,
        model=(ModelSection(name=MODEL, file=golden_file(state)),),
    )
    return msgspec.structs.replace(mission, update=said, pipeline=PipelineSection(stages=(StageTable(stage, state),)))
