"""Heads of arrays are read as numpy reads them, or refused; nothing else comes of any octets."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from hal.npy import UnfitArrayError, read_head, read_texts
from hal.scene_file import UNREADABLE


def saved(array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def headed(text, version=(1, 0), length=None):
    head = text.encode("latin-1")
    octets = (len(head) if length is None else length).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + octets + head


@given(
    arrays(scalar_dtypes(), array_shapes(min_dims=0, min_side=0, max_side=4)),
    st.booleans(),
    st.sampled_from([(1, 0), (2, 0)]),
)
def test_a_head_says_what_numpy_says(array, is_fortran, version):
    array = np.asarray(array, order="F" if is_fortran else "C")
    file = io.BytesIO(saved(array, version))
    head = read_head(file)
    rest = file.read()
    assert (head.shape, head.octets) == (array.shape, len(rest))
    assert head.item_octets == array.dtype.itemsize
    if array.dtype.kind in "buifc":
        assert head.name == array.dtype.name
    if head.is_plain and array.dtype.kind in "buifc":
        assert rest == np.ascontiguousarray(array).tobytes()
        assert array.dtype.isnative or array.dtype.itemsize == 1


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=5), min_size=1), st.sampled_from("<>"))
def test_texts_are_those_of_numpy(texts, order):
    array = np.array(texts).astype(f"{order}U6")
    file = io.BytesIO(saved(array))
    head = read_head(file)
    assert read_texts(file.read(), head) == array.tolist()


@given(st.binary(max_size=80), st.sampled_from([b"", b"\x93NUMPY", b"\x93NUMPY\1\0", b"\x93NUMPY\2\0\x20\0\0\0"]))
def test_any_octets_give_a_head_or_an_error_that_is_foreseen(octets, before):
    try:
        head = read_head(io.BytesIO(before + octets))
    except UNREADABLE:
        return
    assert head.octets >= 0


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "()",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': [2]}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (True,)}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': 2}",
        f"{{'descr': '<u2', 'fortran_order': False, 'shape': (2,)}}{10_000 * ' '}",
    ],
)
def test_what_numpy_never_writes_is_no_array(text):
    with pytest.raises(ValueError, match=r"its (head|shape)"):
        read_head(io.BytesIO(headed(text)))


def test_a_head_is_cut_short():
    with pytest.raises(ValueError, match="cut short"):
        read_head(io.BytesIO(headed("{", length=80)))


@pytest.mark.parametrize("descr", ["'|O'", "'|V8'", "[('a', '<u2')]", "'x<u2'", "3"])
def test_what_is_not_plain_is_refused(descr):
    with pytest.raises(UnfitArrayError, match="made of Python objects or records"):
        read_head(io.BytesIO(headed(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (2,)}}")))


def test_another_version_is_refused():
    with pytest.raises(UnfitArrayError, match=r"format \(3, 0\), expected 1.0 or 2.0"):
        read_head(io.BytesIO(headed("{}", version=(3, 0))))
