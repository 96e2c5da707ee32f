"""Versions: numbers with dots, compared one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.bundles.releases import is_newer, release_of

RELEASES = st.lists(st.integers(0, 999_999_999), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("old", "new"), [("1", "2"), ("1.9", "1.10"), ("2026.9", "2026.11.1"), ("1", "1.0.1"), ("", "0")]
)
def test_newer(old, new):
    assert is_newer(new, old)
    assert not old or not is_newer(old, new)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("0", "0.0"), ("2026.05", "2026.5")])
def test_equal_releases(one, other):
    assert release_of(one) == release_of(other)
    assert not is_newer(one, other)
    assert not is_newer(other, one)


@pytest.mark.parametrize(
    "version", ["", "1.", ".1", "1..2", "v1", "1-rc1", "1.2.3.4.5.6.7.8.9", "1234567890", "٣", "1\n"]
)
def test_what_cannot_be_compared_is_refused(version):
    with pytest.raises(ValueError, match="whole numbers with dots"):
        release_of(version)


@given(RELEASES, RELEASES)
def test_one_of_two_is_newer_or_they_are_equal(one, other):
    first, second = ".".join(map(str, one)), ".".join(map(str, other))
    assert [is_newer(first, second), is_newer(second, first), release_of(first) == release_of(second)].count(True) == 1
