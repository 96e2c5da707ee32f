"""Which files beside a journal of the older format are the store's."""

import pytest

from fsw.store.older import content_name, is_content_name, read_journal
from fsw.store.storage import record


@pytest.mark.parametrize("product_id", [1, 99_999_999, 123_456_789, 2**31 - 1])
def test_a_content_is_known_by_its_name(product_id):
    assert is_content_name(content_name(product_id))


@pytest.mark.parametrize("name", ["1", "000000012", "2147483648", "9" * 200, "0x000001", "\u0661" * 8, ""])
def test_what_the_store_did_not_name_is_not_its_own(name):
    assert not is_content_name(name)


def test_a_record_that_nests_without_end_is_another_versions():
    assert read_journal(record('{"type":"boot","new":' + "[" * 100_000)).strange == 1
