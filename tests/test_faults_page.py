"""docs/reference/faults.md is what `make faults-page` made: a row for each kind of fault, and no other."""

import re

from msgspec.structs import replace

from rig.world.campaign.table import _UNSEEN, KindResult, campaign, page
from rig.world.faults import KINDS
from tests.field_bugs import ROOT

_ROW = re.compile(
    r"^\| (?P<kind>[a-z -]+) \| .* \| (?P<detected>\d+)/(?P<flights>\d+) \| .* \| (?P<recovered>\d+)/", re.MULTILINE
)


def test_the_page_has_each_kind_and_all_recovered():
    text = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
    rows = [match.groupdict() for match in _ROW.finditer(text) if match["kind"] != "kind"]
    assert [row["kind"] for row in rows] == list(KINDS)
    assert len(KINDS) >= 25
    assert not [row for row in rows if row["recovered"] != row["flights"]]
    assert all(f"| {kind.name} | {kind.text} |" in text for kind in KINDS.values())


def test_a_campaign_tells_who_noticed_and_what_did_not_hold(monkeypatch):
    (row,) = campaign(1, ["crosstalk"])
    assert (row.detected, row.recovered, row.broken) == (1, 1, ())
    assert "tc_frames_rejected" in row.shown
    monkeypatch.setattr("rig.world.campaign.table._settle", lambda world: world.timeline.run_all({"x": _never()}))
    (row,) = campaign(1, ["crosstalk"])
    assert (row.recovered, row.broken) == (0, ("seed 1: x: it never ends",))
    assert "| crosstalk |" in page([row], 1)
    assert isinstance(row, KindResult)


def test_the_page_says_why_a_fault_may_stay_unnoticed():
    row = KindResult(
        kind="disk lies",
        text="x",
        flights=2,
        detected=0,
        recovered=2,
        seconds_median=1.0,
        seconds_most=1.0,
        shown=(),
        broken=(),
    )
    assert "| 0/2 | — (all is as written until the power fails" in page([row], 2)
    assert "(" not in page([replace(row, kind="cut")], 2).splitlines()[-1]
    assert _UNSEEN.keys() <= KINDS.keys()


def test_each_fault_is_noticed_or_said_to_stay_unnoticed():
    text = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
    unseen = [line for line in text.splitlines() if " | — | " in line]
    assert unseen == []


def _never():
    from rig.world.timeline import BrokenError

    raise BrokenError("it never ends")
    yield
