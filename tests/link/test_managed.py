import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.managed import Managed, TmChannel

CHANNELS = (TmChannel(name="live", vc=0), TmChannel(name="files", vc=1, queue_packets=8, quota=3))


def managed(**changes):
    return Managed(**{"spacecraft_id": 42, "tm_channels": CHANNELS, **changes})


@given(st.sampled_from([1, 2, 3, 4, 5, 8]), st.sampled_from([16, 32]), st.integers(20, 200))
def test_plain_form_inverts(interleave, parity, symbols):
    whole = managed(interleave=interleave, rs_parity=parity, tm_frame_octets=interleave * symbols)
    assert Managed.from_dict(whole.to_dict()) == whole
    assert whole.tm_code_octets == interleave * (255 - whole.virtual_fill)


def test_sizes_by_hand():
    """1115 octets less header, OCF and FECF; five codewords of 255 without virtual fill."""
    assert (managed().tm_data_octets, managed().tm_code_octets, managed().virtual_fill) == (1103, 1275, 0)
    bare = managed(rs_parity=0, ocf=False, tm_frame_octets=100)
    assert (bare.tm_data_octets, bare.tm_code_octets, bare.virtual_fill) == (92, 100, 0)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"spacecraft_id": 1024}, "132.0 §4.1.2.2"),
        ({"tm_frame_octets": 2049, "rs_parity": 0}, "132.0 §4.1.1"),
        ({"tm_frame_octets": 18, "rs_parity": 0}, "expected 19..2048"),
        ({"tm_channels": ()}, "at least one"),
        ({"tm_channels": (TmChannel(name="a", vc=8),)}, r"vc = 8, expected 0\.\.7"),
        ({"tm_channels": (CHANNELS[0], CHANNELS[0])}, "name occurs twice"),
        ({"tm_channels": (CHANNELS[0], TmChannel(name="b", vc=0))}, "virtual channel occurs twice"),
        ({"rs_parity": 0, "fecf": False}, "132.0 §4.1.6"),
        ({"rs_parity": 8}, "131.0 §4.3.1"),
        ({"randomise": False, "long_randomiser": True}, "131.0-B-5 §10"),
        ({"interleave": 6}, "131.0 §4.3.5"),
        ({"tm_frame_octets": 1116}, "multiple of 5 up to 1115"),
        ({"tm_frame_octets": 1120}, "131.0 §4.3.7"),
        ({"tc_channel": 64}, "232.0 §4.1.2.6"),
        ({"tc_frame_octets_max": 1025}, "232.0 §4.1.1"),
        ({"farm_window": 3}, "232.1 §6.1.8"),
        ({"farm_window": 256}, "232.1 §6.1.8"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_clause(changes, rule):
    with pytest.raises(ValueError, match=rule):
        managed(**changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"vc": 64}, "vc = 64"),
        ({"vc": -1}, "vc = -1"),
        ({"name": ""}, "name"),
        ({"queue_packets": 0}, "queue"),
        ({"quota": -1}, "quota"),
    ],
)
def test_channel_rules(changes, why):
    with pytest.raises(ValueError, match=why):
        TmChannel(**{"name": "a", "vc": 1, **changes})


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        ({}, "spacecraft_id: missing"),
        ({"spacecraft_id": "x", "tm_channels": []}, "spacecraft_id = 'x', expected int"),
        ({"spacecraft_id": True, "tm_channels": []}, "expected int"),
        ({"spacecraft_id": 1, "tm_channels": [], "tm_frame_octet": 3}, "tm_frame_octet: unknown"),
        ({"spacecraft_id": 1, "tm_channels": 3}, "tm_channels = 3, expected a list"),
        ({"spacecraft_id": 1, "tm_channels": [3]}, "tm_channels = 3, expected a list of tables with name and vc"),
        ({"spacecraft_id": 1, "tm_channels": [{"name": "a"}]}, "vc: missing"),
    ],
)
def test_plain_form_is_checked(plain, why):
    with pytest.raises(ValueError, match=why):
        Managed.from_dict(plain)


def test_channel_by_name():
    assert managed().tm_channel("files").vc == 1
    with pytest.raises(ValueError, match="known: live, files"):
        managed().tm_channel("file")
