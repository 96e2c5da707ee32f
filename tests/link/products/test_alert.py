"""Alerts: the inverse, any octets, and one by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError
from link.products.alert import Alert

shares = st.floats(0, 1, width=32)
alerts = st.builds(
    Alert, id=st.integers(0, 2**32 - 1), target=st.text(max_size=40), share=shares, share_min=shares, seen=shares
)


@given(alerts)
def test_decode_inverts_encode(alert):
    assert Alert.decode(alert.encode()) == alert


@given(st.binary(max_size=30) | alerts.map(lambda alert: alert.encode()[:-1]))
def test_decode_is_total(octets):
    try:
        alert = Alert.decode(octets)
    except DecodeError:
        return
    assert alert.encode() == octets


def test_vector():
    """Version 1, kind 2, number 3; a quarter is over an eighth."""
    octets = bytes.fromhex("12 00000003 3e800000 3e000000") + b"spain"
    alert = Alert(id=3, target="spain", share=0.25, share_min=0.125)
    assert alert.encode() == octets
    assert alert.raised
    with pytest.raises(DecodeError, match="0x11"):
        Alert.decode(b"\x11" + octets[1:])
    assert np.float32(0.25) == alert.share


@pytest.mark.parametrize(("share", "why"), [("7fc00000", "shares nan"), ("40000000", r"shares 2\.0")])
def test_what_is_no_alert(share, why):
    with pytest.raises(DecodeError, match=why):
        Alert.decode(bytes.fromhex(f"12 00000007 {share} 00000000"))


def test_what_was_not_all_seen_says_how_much_was():
    """By hand: version 2, a half as binary32 before the target; where nothing was seen, nothing is raised."""
    octets = bytes.fromhex("22 00000003 3e800000 3e000000 3f000000") + b"spain"
    alert = Alert(id=3, target="spain", share=0.25, share_min=0.125, seen=0.5)
    assert (alert.encode(), alert.raised) == (octets, True)
    assert not Alert(id=3, target="spain", share=0.25, share_min=0.125, seen=0.0).raised
    for seen in ("3f800000", "7fc00000", "bf000000"):
        with pytest.raises(DecodeError, match="seen"):
            Alert.decode(octets[:13] + bytes.fromhex(seen))
    with pytest.raises(DecodeError):
        Alert.decode(octets[:15])
