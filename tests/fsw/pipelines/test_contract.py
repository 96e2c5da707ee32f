"""Contracts: what fits, what a promise means where it is made, and what is said when it does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsw.pipelines.contract import (
    ABOUT,
    OCTETS,
    ArrayItem,
    Contract,
    MisfitError,
    after,
    conforms,
    cube,
    kind_of,
    plane,
    scalar,
)

FRAME = ArrayItem(("uint16",), ("band", 20, 30), ("red", "green", "blue"))


def test_axes_of_one_name_are_of_one_size():
    two = Contract(takes={"a": plane("uint8"), "b": plane("uint8")}, gives={"c": plane("float32")})
    have = {"a": ArrayItem(("uint8",), (20, 30)), "b": ArrayItem(("uint8",), (20, 30))}
    assert after(have, two) == {"c": ArrayItem(("float32",), (20, 30))}
    with pytest.raises(MisfitError, match=r"b: expected uint8 \(row, column\), given uint8 \(20, 31\)"):
        after(have | {"b": ArrayItem(("uint8",), (20, 31))}, two)


def test_bands_pass_through_unless_others_are_named():
    same = Contract(takes={"bands": cube("uint16")}, gives={"bands": cube("float32")})
    assert after({"bands": FRAME}, same)["bands"].bands == ("red", "green", "blue")
    two = Contract(takes={"bands": cube("uint16", bands=("blue", "red"))}, gives={"bands": cube("float32")})
    assert after({"bands": FRAME}, two)["bands"].bands == ("blue", "red")
    named = Contract(takes={"bands": cube("uint16")}, gives={"bands": cube("float32", bands=("ndvi",))})
    assert after({"bands": FRAME}, named)["bands"].bands == ("ndvi",)


@pytest.mark.parametrize(
    "wanted",
    [
        cube("float32"),
        cube("uint16", bands=("swir1",)),
        plane("uint16"),
        ArrayItem(("uint16",), ("band", "side", "side")),
        ArrayItem(("uint16",), ("band", 20, 31)),
        OCTETS,
    ],
)
def test_what_does_not_fit(wanted):
    with pytest.raises(MisfitError) as caught:
        after({"bands": FRAME}, Contract(takes={"bands": wanted}, gives={}))
    assert (caught.value.name, caught.value.expected, caught.value.given) == ("bands", wanted, FRAME)


def test_what_is_missing():
    with pytest.raises(MisfitError, match=r"mask: expected uint8 \(row, column\), given none"):
        after({}, Contract(takes={"mask": plane("uint8")}, gives={}))


def test_a_size_that_a_stage_decides_is_like_no_other():
    count = Contract(takes={"mask": plane("uint8")}, gives={"areas": ArrayItem(("int32",), ("patch",))})
    have = {"mask": ArrayItem(("uint8",), ("row", "column"))}
    first = after(have, count)
    assert first["areas"].axes == ("patch",)
    assert after(have | first, count)["areas"].axes == ("patch'",)


@given(arrays(st.sampled_from(["uint8", "float32"]), st.tuples(st.integers(1, 4), st.integers(1, 4))))
def test_an_array_conforms_to_its_own_kind_and_to_no_other(array):
    kind = kind_of(array)
    assert conforms(kind, array)
    assert conforms(plane(array.dtype.name), array)
    assert not conforms(kind, array.T[None])
    assert not conforms(kind, array.astype("float64"))
    assert not conforms(kind, array.tobytes())


def test_other_values():
    assert conforms(OCTETS, b"")
    assert not conforms(OCTETS, bytearray())
    assert conforms(scalar("float32"), np.array(1, np.float32))
    assert not conforms(cube("uint8", bands=("a", "b")), np.zeros((1, 2, 2), np.uint8))
    assert conforms(ABOUT, object())
    assert str(FRAME) == "uint16 (band, 20, 30) with bands red, green, blue"
