"""The verification of one slot's bundle, a stage at a time, so that the loop goes on in between.

Nothing is put under the name of the bundle before its signature, its name and its version were found good in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from fsw.update.record import SlotName, SlotPhase, SlotRecord
from fsw.update.slots import Slots
from link.bundles.contents import DELTA_KIND, BundleContents, bundle_contents, bundle_kind
from link.bundles.deltas import Delta
from link.bundles.envelope import sha256_of
from link.errors import DecodeError


class VerifyStage(IntEnum):
    """What is done next. NONE: no verification is under way."""

    NONE = 0
    READ = 1
    EXPAND = 2
    INSTALL = 3
    READ_BACK = 4
    VECTORS = 5
    SHADOW = 6
    DONE = 7


class TrialVerdict(NamedTuple):
    """Whether a bundle passed; the reason is empty where it did."""

    is_good: bool
    reason: str = ""


TrialRun = Callable[[SlotName, str], TrialVerdict | None]
"""Tries the bundle of this SHA-256 in a slot; None while it still runs: it is asked again, or no more."""


class UnfitError(Exception):
    """The bundle does not pass; the sentence says why and what to do."""


@dataclass
class Verification:
    """Verifies `slot`, of which `known` is known. `check` raises UnfitError for contents that are not for these slots.

    `runs` are what is tried last, by stage: golden vectors and the shadow run.
    """

    slot: SlotName
    known: SlotRecord
    may_be_older: bool
    slots: Slots
    trusted_keys: tuple[bytes, ...]
    octets_max: int
    check: Callable[[BundleContents, bool], None]
    runs: dict[VerifyStage, TrialRun]
    stage: VerifyStage = VerifyStage.READ
    contents: BundleContents | None = None
    is_waiting: bool = False
    """Whether a trial run was asked and had no verdict yet."""
    _octets: bytes = b""

    def step(self) -> TrialVerdict | None:
        """Do the next stage; the verdict once there is one."""
        try:
            if self.stage in self.runs:
                return self._try(self.runs[self.stage])
            {
                VerifyStage.READ: self._read,
                VerifyStage.EXPAND: self._expand,
                VerifyStage.INSTALL: self._install,
                VerifyStage.READ_BACK: self._read_back,
            }[self.stage]()
        except UnfitError as error:
            return TrialVerdict(is_good=False, reason=str(error))
        except DecodeError as error:
            return TrialVerdict(is_good=False, reason=f"{error}; send a bundle that is sound")
        except OSError as error:
            return TrialVerdict(is_good=False, reason=f"{error.strerror or error}; verify it again")
        return None

    def _try(self, run: TrialRun) -> TrialVerdict | None:
        assert self.contents is not None
        verdict = run(self.slot, self.contents.sha256)
        self.is_waiting = verdict is None
        if verdict is None or not verdict.is_good:
            return verdict
        self.stage = VerifyStage(self.stage + 1)
        return None if self.stage in self.runs else verdict

    def _read(self) -> None:
        if self.known.phase is not SlotPhase.FILLING:
            self._accept(self._there())
            self.stage = VerifyStage.VECTORS
            return
        self._octets = self.slots.received(self.slot, self.known.upload)
        if len(self._octets) != self.known.octets:
            raise UnfitError(f"{len(self._octets)} of {self.known.octets} octets are there: send the rest")
        if sha256_of(self._octets) != self.known.upload:
            raise UnfitError("what was received has another SHA-256 than was announced: prepare and send it again")
        is_delta = bundle_kind(self._octets) == DELTA_KIND
        self.stage = VerifyStage.EXPAND if is_delta else VerifyStage.INSTALL

    def _expand(self) -> None:
        delta = Delta.decode(self._octets, self.trusted_keys)
        base, result = delta.manifest.base, delta.manifest.result.sha256
        made = self._held(result)  # before a reset, perhaps over its own base
        if made is None:
            old = self._held(base.sha256) if base else b""
            if base and old is None:
                raise UnfitError(f"a delta of bundle {base.sha256[:16]}..., which no slot has: send the whole bundle")
            made = delta.expand(old or b"", self.octets_max)
        self._octets = made
        self.stage = VerifyStage.INSTALL

    def _there(self) -> bytes:
        try:
            return self.slots.bundle(self.slot)
        except FileNotFoundError:
            raise UnfitError("there is nothing in the slot: prepare it and send a bundle") from None

    def _held(self, sha256: str) -> bytes | None:
        """The bundle of this digest, from whichever slot has it."""
        for slot in SlotName:
            try:
                octets = self.slots.bundle(slot)
            except OSError:
                continue
            if sha256_of(octets) == sha256:
                return octets
        return None

    def _install(self) -> None:
        self._accept(self._octets)
        self.slots.install(self.slot, self._octets)
        self.stage = VerifyStage.READ_BACK

    def _read_back(self) -> None:
        assert self.contents is not None
        if sha256_of(self.slots.bundle(self.slot)) != self.contents.sha256:
            raise UnfitError("the medium gives back other octets than were written: verify it again")
        self._octets = b""
        self.stage = VerifyStage.VECTORS

    def _accept(self, octets: bytes) -> None:
        contents = bundle_contents(octets, self.trusted_keys)
        self.check(contents, self.may_be_older)
        self.contents = contents
