"""A medium over the host's does to its reader what the host's would, and nothing to the host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.medium import HOST
from skyrack.overlay import Overlay
from tests.examples import examples

NAMES = ("kept", "other", "new")
OCTETS = st.binary(max_size=6)
NAME = st.sampled_from(NAMES)
CALLS = st.one_of(
    st.tuples(st.sampled_from(["write", "overwrite", "append"]), NAME, OCTETS),
    st.tuples(st.just("write_part"), NAME, st.integers(0, 9), OCTETS),
    st.tuples(st.just("read_part"), NAME, st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.sampled_from(["read", "remove", "entry"]), NAME),
    st.tuples(st.just("replace"), st.permutations(NAMES)),
)


def filled(folder):
    folder.mkdir()
    (folder / "kept").write_bytes(b"of before")
    (folder / "other").write_bytes(b"")
    return folder


def outcome(medium, folder, call, *arguments):
    """What a call gives, or the error by its number; then every name and content that there is."""
    name, *rest = arguments
    paths = [folder / one for one in name[:2]] if call == "replace" else [folder / name]
    try:
        found = getattr(medium, call)(*paths, *rest)
    except OSError as error:
        found = error.errno
    return found, {one: medium.read(folder / one) for one in medium.names(folder)}


@examples(150)
@given(st.lists(CALLS, max_size=12))
def test_it_reads_as_if_it_were_written_and_leaves_the_host_alone(tmp_path_factory, calls):
    folder = tmp_path_factory.mktemp("overlay")
    written, untouched, overlay = filled(folder / "written"), filled(folder / "untouched"), Overlay()
    for call in calls:
        assert outcome(overlay, untouched, *call) == outcome(HOST, written, *call)
    assert {path.name: path.read_bytes() for path in untouched.iterdir()} == {"kept": b"of before", "other": b""}


def test_a_folder_that_the_host_lacks_has_what_was_written_into_it(tmp_path):
    overlay, folder = Overlay(), tmp_path / "none" / "deep"
    overlay.make_folder(folder)
    assert overlay.names(folder) == []
    overlay.append(folder / "file", b"1")
    overlay.sync(folder)
    overlay.remove_folder(folder)
    assert (overlay.names(folder), overlay.read(folder / "file"), list(tmp_path.iterdir())) == (["file"], b"1", [])
    with pytest.raises(FileNotFoundError):
        overlay.read(folder / "other")
