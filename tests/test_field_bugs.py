"""The bugs that `make field-bugs` plants still fit the source: each changes one place, which compiles."""

import pytest

from tests.field_bugs import BUGS, FOUND_MIN, ROOT, changed


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_bug_can_be_planted(bug):
    before = (ROOT / bug.file).read_text(encoding="utf-8")
    after = changed(bug, before)
    assert after != before
    compile(after, bug.file, "exec")
    assert not [name for name in bug.story.split() if not (ROOT / name).is_file()]


def test_there_are_twenty_and_two_may_be_missed():
    assert (len(BUGS), FOUND_MIN) == (20, 18)
