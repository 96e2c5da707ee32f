"""What an update must not forget over a restart: one record, written before the act that it protects."""

from enum import IntEnum
from typing import Self

import msgspec
from msgspec.structs import replace

from link.bundles.releases import is_newer

SOFTWARE = "software"
"""The target of updates that is the node's software; the others are models."""
RECORD_OCTETS_MAX = 1024
"""Of an `UpdateRecord` as MessagePack, whatever is in it."""


class SlotName(IntEnum):
    """A place for one bundle: the golden copy G, which no command writes, and A and B, which are written in turn."""

    G = 0
    A = 1
    B = 2


class SlotPhase(IntEnum):
    """How far the bundle in a slot has come."""

    EMPTY = 0
    FILLING = 1
    """A bundle is being received; one that was here before is not trusted any more."""
    VERIFIED = 2
    FAILED = 3
    """The bundle was not as it should be, or did not prove itself; it can be verified again."""


class TrialEnd(IntEnum):
    """How the last trial of a bundle ended, or what was promoted came down."""

    NONE = 0
    CONFIRMED = 1
    ABORTED = 2
    TRIES_USED = 3
    UNHEALTHY = 4
    TIMED_OUT = 5
    """Nobody confirmed it in time."""
    UNSOUND = 6
    """At the start its bundle was another one than had been verified."""
    FELL_BACK = 7
    """What was promoted is unsound, or did not come up healthy in so many starts."""
    SILENCE = 8
    """The node heard nothing of its ground for long, and asked for the golden copy."""


class SlotRecord(msgspec.Struct, frozen=True):
    """What is known of slot A or B. `upload` and `octets`: of the file that is received; the others: of the bundle."""

    phase: SlotPhase = SlotPhase.EMPTY
    octets: int = 0
    upload: str = ""
    sha256: str = ""
    version: str = ""
    may_be_older: bool = False
    was_promoted: bool = False


class UpdateRecord(msgspec.Struct, frozen=True):
    """All that survives. `floor`: the version that was promoted last, which the next one must exceed.

    `boots` counts the starts in a row of what is promoted after which its health was not good.
    """

    a: SlotRecord = SlotRecord()
    b: SlotRecord = SlotRecord()
    promoted: SlotName = SlotName.G
    floor: str = ""
    trial: SlotName | None = None
    tries_left: int = 0
    boots: int = 0
    ended: TrialEnd = TrialEnd.NONE
    ended_slot: SlotName = SlotName.G
    """What ended so, or came down."""
    is_told: bool = True

    def of(self, slot: SlotName) -> SlotRecord:
        """What is known of slot A or B."""
        return self.a if slot is SlotName.A else self.b

    def with_slot(self, slot: SlotName, known: SlotRecord) -> Self:
        """The same record with other knowledge of slot A or B."""
        return replace(self, a=known) if slot is SlotName.A else replace(self, b=known)

    def doubted(self) -> Self:
        """The record where a newer one may have been lost, in which the trial was confirmed.

        What is started is chosen by what is known; but nothing older than what is on trial is taken any more, unless
        the ground asks for it anew. The two copies are written in turn: no more than the last step can be lost.
        """
        if self.trial is None:
            return self
        version = self.of(self.trial).version
        return replace(
            self,
            a=replace(self.a, may_be_older=False),
            b=replace(self.b, may_be_older=False),
            floor=version if is_newer(version, self.floor) else self.floor,
        )

    def ended_trial(self, end: TrialEnd) -> Self:
        """The record after the trial ended without success: what failed by itself is not tried again unverified."""
        assert self.trial is not None
        known = self.of(self.trial)
        if end is not TrialEnd.ABORTED:
            known = replace(known, phase=SlotPhase.FAILED)
        after = self.with_slot(self.trial, known)
        is_told = end is TrialEnd.ABORTED
        return replace(after, trial=None, tries_left=0, ended=end, ended_slot=self.trial, is_told=is_told)

    def promoted_trial(self) -> Self:
        """The record after the trial was confirmed: from now on to go back is a rollback to be commanded anew."""
        assert self.trial is not None
        known = self.of(self.trial)
        after = replace(self, a=replace(self.a, may_be_older=False), b=replace(self.b, may_be_older=False))
        after = after.with_slot(self.trial, replace(after.of(self.trial), was_promoted=True))
        return replace(
            after,
            promoted=self.trial,
            floor=known.version,
            trial=None,
            tries_left=0,
            boots=0,
            ended=TrialEnd.CONFIRMED,
            is_told=True,
        )

    def given_up(self) -> Self:
        """The record after the node asked for the golden copy: whatever else there is must be verified again."""
        a, b = (
            replace(known, phase=SlotPhase.FAILED) if known.phase is SlotPhase.VERIFIED else known
            for known in (self.a, self.b)
        )
        return replace(
            self,
            a=a,
            b=b,
            promoted=SlotName.G,
            trial=None,
            tries_left=0,
            boots=0,
            ended=TrialEnd.SILENCE,
            is_told=False,
        )

    def fallen_back(self) -> Self:
        """The record after what is promoted failed: what was promoted before is next, then the golden copy."""
        assert self.promoted is not SlotName.G
        after = self.with_slot(self.promoted, replace(self.of(self.promoted), phase=SlotPhase.FAILED))
        other = SlotName.B if self.promoted is SlotName.A else SlotName.A
        known = self.of(other)
        is_proven = known.was_promoted and known.phase is SlotPhase.VERIFIED
        following = other if is_proven else SlotName.G
        return replace(after, promoted=following, boots=0, ended=TrialEnd.FELL_BACK, is_told=False)
