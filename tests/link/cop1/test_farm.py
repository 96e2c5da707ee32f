"""FARM-1 held against table 6-1: each event in each state, through the public face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.cop1.farm import Farm, FarmState, Verdict
from link.frames.tc import UNLOCK, TcFrame, set_vr

WINDOW, VR = 10, 250  # half a window ahead of V(R) the numbers wrap


def frame(sequence=0, data=b"x", **flags):
    return TcFrame(spacecraft_id=1, channel=3, sequence=sequence % 256, data=data, **flags)


def command(data):
    return frame(data=data, bypass=True, control=True)


def farm_in(state):
    """A FARM with V(R) = 250 that came into `state` as the standard has it, its Retransmit flag on."""
    farm = Farm(WINDOW, 0)
    farm.accept(command(set_vr(VR)))
    farm.accept(frame(VR + 1))
    if state is FarmState.WAIT:
        farm.hold()
        farm.accept(frame(VR))
    if state is FarmState.LOCKOUT:
        farm.accept(frame(VR + 100))
    assert (farm.state, farm.vr, farm.retransmit, farm.farm_b) == (state, VR, True, 1)
    return farm


def flags(farm):
    """Lockout, Wait and Retransmit as one word, "-" for off."""
    word = farm.clcw(3)
    return "".join(c if on else "-" for c, on in zip("LWR", (word.lockout, word.wait, word.retransmit), strict=True))


# What arrives | open | wait | lockout, each: next state, verdict, flags, V(R), FARM-B counter.
TABLE = """
E2  n+0     S2 D -WR 250 1   S2 D -WR 250 1   S3 D L-R 250 1
E3  n+1     S1 D --R 250 1   S2 D -WR 250 1   S3 D L-R 250 1
E3  n+4     S1 D --R 250 1   S2 D -WR 250 1   S3 D L-R 250 1
E4  n-1     S1 D --R 250 1   S2 D -WR 250 1   S3 D L-R 250 1
E4  n-5     S1 D --R 250 1   S2 D -WR 250 1   S3 D L-R 250 1
E5  n+5     S3 D L-R 250 1   S3 D LWR 250 1   S3 D L-R 250 1
E5  n-6     S3 D L-R 250 1   S3 D LWR 250 1   S3 D L-R 250 1
E6  BD      S1 A --R 250 2   S2 A -WR 250 2   S3 A L-R 250 2
E7  unlock  S1 A --- 250 2   S1 A --- 250 2   S1 A --- 250 2
E8  set     S1 A ---   7 2   S1 A ---   7 2   S3 A L-R 250 2
E9  other   S1 D --R 250 1   S2 D -WR 250 1   S3 D L-R 250 1
"""
SENT = {
    "BD": frame(bypass=True),
    "unlock": command(UNLOCK),
    "set": command(set_vr(7)),
    "other": command(b"\x82\x00"),
}


def rows():
    for line in TABLE.split("\n")[1:-1]:
        event, sent, *cells = line.split()
        for state in FarmState:
            yield pytest.param(sent, state, cells[5 * state - 5 : 5 * state], id=f"{event}-{sent}-S{state}")


@pytest.mark.parametrize(("sent", "state", "expected"), list(rows()))
@pytest.mark.requirement("FSW-LNK-001")
def test_table(sent, state, expected):
    farm = farm_in(state)
    farm.hold()
    verdict = farm.accept(SENT[sent] if sent in SENT else frame(VR + int(sent[1:])))
    after = [f"S{farm.state}", verdict.name[0], flags(farm), str(farm.vr), str(farm.farm_b)]
    assert after == expected


@pytest.mark.parametrize(
    ("state", "after"), [(FarmState.OPEN, "S1 --R"), (FarmState.WAIT, "S1 --R"), (FarmState.LOCKOUT, "S3 L-R")]
)
def test_buffer_release(state, after):
    """E10."""
    farm = farm_in(state)
    farm.release()
    assert f"S{farm.state.value} {flags(farm)}" == after


def test_wait_flag_does_not_outlive_the_buffer_in_lockout():
    farm = farm_in(FarmState.WAIT)
    farm.accept(frame(VR + 100))
    assert flags(farm) == "LWR"
    farm.release()
    assert flags(farm) == "L-R"


def test_in_order():
    """E1, across the wrap of the numbers."""
    farm = Farm(2, 0)
    for number in range(600):
        assert farm.accept(frame(number)) is Verdict.ACCEPT
        assert farm.accept(frame(number)) is Verdict.DISCARD
    assert farm.clcw(3).report == 600 % 256


def test_lockout_accepts_no_ad_frame():
    farm = farm_in(FarmState.LOCKOUT)
    assert farm.accept(frame(VR)) is Verdict.DISCARD
    assert farm.clcw(3).report == VR


def test_after_a_gap_the_missing_frame_clears_the_flag():
    farm = farm_in(FarmState.OPEN)
    assert farm.accept(frame(VR)) is Verdict.ACCEPT
    assert flags(farm) == "---"


@given(st.integers(-10, 300))
def test_window_is_even_and_2_to_254(window):
    if window % 2 == 0 and 2 <= window <= 254:
        assert Farm(window, 0).clcw(0).report == 0
    else:
        with pytest.raises(ValueError, match=f"window {window}"):
            Farm(window, 0)


def test_report_names_the_channel_and_the_radio():
    word = Farm(2, 0).clcw(5, no_rf=True, no_bit_lock=True)
    assert (word.channel, word.no_rf, word.no_bit_lock, word.cop) == (5, True, True, 1)
    for _ in range(3):
        farm = farm_in(FarmState.OPEN)
    for count in range(2, 7):
        farm.accept(SENT["BD"])
        assert farm.clcw(3).farm_b == count % 4


def test_of_the_radio_nothing_unless_told():
    report = Farm(WINDOW, 0).clcw(3)
    assert (report.no_rf, report.no_bit_lock) == (False, False)


@pytest.mark.parametrize("data", ["8200", "82000500", "810005", "820105", "00 00", "01"])
def test_what_only_looks_like_a_command(data):
    farm = Farm(WINDOW, 0)
    assert farm.accept(command(bytes.fromhex(data))) is Verdict.DISCARD
    assert (farm.vr, farm.farm_b) == (0, 0)


def test_it_begins_in_lockout_unless_it_is_known_where_it_was():
    """A sender that repeats what an earlier life took is answered by lockout, and by nothing else, until it unlocks."""
    farm = Farm(WINDOW)
    assert (farm.state, flags(farm), farm.vr) == (FarmState.LOCKOUT, "L--", 0)
    assert farm.accept(frame(0)) is Verdict.DISCARD
    assert farm.accept(SENT["unlock"]) is Verdict.ACCEPT
    assert farm.accept(frame(0)) is Verdict.ACCEPT
    farm.begin(VR, is_locked=False)
    assert farm.accept(frame(VR - 1)) is Verdict.DISCARD
    assert farm.accept(frame(VR)) is Verdict.ACCEPT
