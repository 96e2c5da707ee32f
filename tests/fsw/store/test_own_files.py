"""What the store sets aside stays, whatever other files have such names or are in the folder."""

import pytest

from fsw.store.own_files import ASIDE, MARKER_NAME, OwnFiles
from hal.medium import HOST


@pytest.fixture
def own(tmp_path):
    return OwnFiles(tmp_path / "kept", HOST)


def test_files_of_one_name_are_all_kept(own):
    for content in (b"1", b"two", b"three"):
        own.put("1.product", content)
        assert own.set_aside(own.path / "1.product") == len(content)
    kept = {path.name: path.read_bytes() for path in (own.path / ASIDE).iterdir()}
    assert kept == {"1.product": b"1", "1.product.1": b"two", "1.product.2": b"three"}
    assert own.octets_aside() == 9


def test_what_is_aside_is_purged_and_nothing_else(own):
    assert (own.purge(), own.octets_aside()) == (0, 0)
    own.put("1.product", b"123")
    own.put("2.product", b"12")
    own.set_aside(own.path / "1.product")
    assert (own.names_aside(), own.purge(), own.purge()) == (["1.product"], 1, 0)
    assert (own.names_aside(), own.names()) == ([], [MARKER_NAME, "2.product", ASIDE])


def test_a_folder_of_somebody_elses_takes_no_room(own):
    own.put("1.product", b"123")
    own.set_aside(own.path / "1.product")
    (own.path / ASIDE / "notes").mkdir()
    assert own.octets_aside() == 3
