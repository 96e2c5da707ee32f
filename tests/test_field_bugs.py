"""The bugs that `make field-bugs` plants still fit the source: each changes one place, which compiles."""

import pytest

from tests.field_bugs import BUGS, FOUND_MIN, ROOT, Search, changed, page


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_bug_can_be_planted(bug):
    before = (ROOT / bug.file).read_text(encoding="utf-8")
    after = changed(bug, before)
    assert after != before
    assert bug.kinds
    compile(after, bug.file, "exec")


def test_there_are_twenty_and_two_may_be_missed():
    assert (len(BUGS), FOUND_MIN) == (20, 18)


def test_the_page_has_each_bug_and_who_found_it():
    text = (ROOT / "docs" / "reference" / "field-bugs.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [bug.name for bug in BUGS]
    assert sum("not found" not in row for row in rows) >= FOUND_MIN


def test_a_bug_that_nothing_finds_has_a_row():
    one, other = BUGS[:2]
    found = {one: Search("mark 1 was made 2 times", 7, 12.3), other: Search("", 40, 60.0)}
    text = page(found, 1, is_narrow=True)
    assert "1 of 2 were found" in text
    assert f"| {one.name} | `{one.file}` | kill | 7 | mark 1 was made 2 times | 12 |" in text
    assert f"| {other.name} | `{other.file}` | receiver upset | — | not found in 1 min | 60 |" in text
