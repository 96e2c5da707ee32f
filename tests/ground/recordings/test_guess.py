"""What a recording looks like, where it is not said: frames of each kind, codes, prefixes."""

from types import SimpleNamespace

import numpy as np
import pytest

from ground.recordings.frames.framing import Framing
from ground.recordings.guess import coded, following, likeliest, markers, reads_well, score_of
from ground.recordings.recording import Reception, read_recording
from link.channels.aos import AosManaged, AosSender
from link.channels.tm_sender import TmSender
from link.coding.cltu import encode_cltu
from link.coding.tm import TmEncoder
from link.frames.tc import TcFrame
from link.frames.uslp import DataField, Rule, UslpFrame
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

CHANNEL = TmChannel(name="a", vc=1, queue_packets=500)
DICE = np.random.default_rng(7)
PACKETS = [SpacePacket(5 + n % 3, n // 3, DICE.bytes(int(DICE.integers(20, 90)))).encode() for n in range(300)]


def managed(**rules):
    return Managed(**{
        "spacecraft_id": 42, "tm_channels": (CHANNEL,), "tm_frame_octets": 200, "interleave": 1, "rs_parity": 32,
        "ocf": False, **rules,
    })  # fmt: skip


def sent(sender, **words):
    for packet in PACKETS:
        sender.offer("a", packet)
    return [sender.next_frame(**words) for _ in range(60)]


def aos(**rules):
    octets = {"insert": bytes(rules.get("insert_octets", 0))}
    return b"".join(sent(AosSender(AosManaged(spacecraft_id=42, frame_octets=200, **rules), [CHANNEL]), **octets))


def uslp():
    stream, frames = b"".join(PACKETS), []
    starts = np.cumsum([0, *map(len, PACKETS)])
    for n in range(60):
        first = int(starts[np.searchsorted(starts, n * 90)]) - n * 90
        field = DataField(Rule.PACKETS, stream[n * 90 : n * 90 + 90], 0, first if first < 90 else 0xFFFF)
        frames.append(UslpFrame(spacecraft_id=4242, channel=3, count=n, count_octets=2, field=field).encode())
    return b"".join(frames)


BARE = {
    "packets": (b"".join(PACKETS), ""),
    "behind prefixes": (b"".join(b"time" + one for one in PACKETS), "--prefix 4"),
    "TM": (b"".join(sent(TmSender(managed()))), "--frames tm --frame-octets 200"),
    "TM without FECF": (b"".join(sent(TmSender(managed(fecf=False)))), "--frames tm --frame-octets 200 --no-fecf"),
    "AOS": (aos(), "--frames aos --frame-octets 200"),
    "AOS with OCF, insert zone": (
        aos(ocf=True, insert_octets=8, fecf=False), "--frames aos --frame-octets 200 --insert 8 --ocf --no-fecf"
    ),
    "USLP": (uslp(), "--frames uslp --frame-octets 104"),
    "version 1": (b"".join(bytes([0x20 | one[0]]) + one[1:] for one in PACKETS), "--any-version"),
}  # fmt: skip


@pytest.mark.parametrize("name", BARE)
def test_without_code(name):
    octets, options = BARE[name]
    assert likeliest(octets).options == options


def commands(*, fecf=True):
    return [
        TcFrame(spacecraft_id=9, channel=1, sequence=n % 256, data=one).encode(fecf=fecf)
        for n, one in enumerate(PACKETS)
    ]


def test_telecommands():
    assert likeliest(b"".join(commands())).options == "--frames tc"
    assert likeliest(b"".join(commands(fecf=False))).options == "--frames tc --no-fecf"
    assert likeliest(b"".join(encode_cltu(one, randomise=True) for one in commands())).options == "--frames cltu"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, "--interleave 1"),
        ({"dual_basis": False, "rs_parity": 16}, "--rs 16 --interleave 1 --conventional"),
        ({"long_randomiser": True, "interleave": 2}, "--interleave 2 --randomiser 131071"),
        ({"randomise": False, "interleave": 4}, "--interleave 4 --randomiser none"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"noise"])
def test_coded_units(rules, words, before):
    code = managed(**rules)
    encoder = TmEncoder(code)
    units = before + b"".join(map(encoder.encode, sent(TmSender(code))))
    guess = coded(units)
    assert guess.options == f"--frames tm --frame-octets 200 --cadu {words}"
    assert likeliest(units).options == guess.options


def test_coded_units_of_aos():
    frames, encoder = aos(insert_octets=8), TmEncoder(managed())
    units = b"".join(encoder.encode(frames[at : at + 200]) for at in range(0, len(frames), 200))
    assert coded(units).options == "--frames aos --frame-octets 200 --insert 8 --cadu --interleave 1"


def test_markers_without_a_code():
    """RT-STPS leaves them so: derandomised, without parity; then each frame stands behind its marker."""
    frames = sent(TmSender(managed(fecf=False)))
    marked = b"".join(b"\x1a\xcf\xfc\x1d" + frame for frame in frames)
    assert coded(marked).options == "--frames tm --frame-octets 200 --no-fecf --prefix 4"
    assert coded(b"head" + marked).options == "--frames tm --frame-octets 200 --no-fecf --prefix 4 --skip 4"


def test_packets_that_hold_marked_frames():
    """Their own headers say what they are."""
    frames = sent(TmSender(managed(fecf=False)))
    packets = b"".join(SpacePacket(5, n, b"\x1a\xcf\xfc\x1d" + one).encode() for n, one in enumerate(frames))
    assert coded(packets)
    assert reads_well(packets)
    assert not reads_well(b"".join(b"\x1a\xcf\xfc\x1d" + one for one in frames))


def test_markers_at_no_whole_octet():
    unit = b"\x1a\xcf\xfc\x1d" + bytes(range(100))
    bits = np.concatenate([[1, 0, 1], np.unpackbits(np.frombuffer(unit * 5, np.uint8)), [0] * 5]).astype(np.uint8)
    octets = np.packbits(bits).tobytes()
    assert (markers(octets).start, markers(octets).octets) == (-1, 104)
    assert coded(octets).options == "--frames tm, aos or uslp --frame-octets N --cadu"


def test_markers_that_are_none():
    marker = b"\x1a\xcf\xfc\x1d"
    assert markers(b"") is None
    assert markers(marker + bytes(10)) is None
    assert markers(marker + bytes(100)).octets == 104
    assert markers(bytes(50) + marker) is None
    assert markers(marker * 5) is None
    assert markers(marker + bytes(50) + marker + bytes(70) + marker + bytes(91) + marker + bytes(30) + marker) is None


def test_plausibility():
    noise = DICE.bytes(20000)
    for framing in (None, Framing(kind="tm", octets=100, fecf=False), Framing(kind="aos", octets=100)):
        reception = Reception(framing=framing)
        list(read_recording(noise, reception))
        assert score_of(reception) < 0.5
    assert score_of(Reception(framing=Framing(kind="tm", octets=100))) == 0
    assert likeliest(b"").score == 0
    fill = Reception()
    list(read_recording(bytes(700), fill))
    assert score_of(fill) == 0


def test_frames_taken_for_packets_are_not_plausible_by_their_fill():
    """Fill of zeros reads as packets of APID 0, each like the one before: they do not follow one another."""
    rows = [
        {"packets": 40, "duplicates": 39, "gaps": 0, "restarts": 0},
        {"packets": 10, "duplicates": 0, "gaps": 4, "restarts": 1},
    ]
    assert following(rows, "packets") == 5 / 51
    assert following(rows[:1], "packets") == 0
    assert following(rows[1:], "packets") == 5 / 11
    assert following([], "packets") == 1


def received(octets=1000, skipped=0, sources=(), frames=None):
    account = {"octets_skipped": skipped, "packets": sum(row["packets"] for row in sources), "sources": list(sources)}
    return SimpleNamespace(octets=octets, account=lambda: {**account, "frames": frames})


def source(packets, gaps=0, restarts=0, apid=5):
    return {"apid": apid, "packets": packets, "gaps": gaps, "restarts": restarts, "duplicates": 0}


def channels(frames, bad=0, gaps=0, dropped=0):
    row = {"frames": frames - bad, "gaps": gaps, "restarts": 0, "duplicates": 0, "octets_dropped": dropped}
    return {"frames": frames, "bad": bad, "channels": [row]}


@pytest.mark.parametrize(
    ("account", "score"),
    [
        ({"sources": [source(9)]}, 0.9),  # one of ten follows none, as nobody knows what was before it
        ({"sources": [source(9)], "skipped": 500}, 0.45),
        ({"sources": [source(9, gaps=2, restarts=1)]}, 0.6),
        ({"sources": [source(9), source(1000, gaps=999, apid=2047)]}, 0.9),  # idle packets need not be counted
        ({"sources": []}, 0.0),
        ({"sources": [source(99)], "frames": channels(99)}, 0.99 * 0.999),
        ({"frames": channels(99)}, 0.99 * 0.9),  # something else than packets is in them
        ({"frames": channels(99, dropped=500)}, 0.99 * 0.65),
        ({"frames": channels(99, dropped=5000)}, 0.99 * 0.4),
        ({"frames": channels(132, bad=33)}, 0.75 * 0.99 * 0.9),
        ({"frames": channels(99), "skipped": 100}, 0.9 * 0.99 * 0.9),
        ({"frames": channels(0)}, 0.0),
    ],
)
def test_a_score_is_the_product_of_what_speaks_for_it(account, score):
    assert score_of(received(**account)) == pytest.approx(score)


def test_prefixes_are_read_over():
    assert reads_well(b"".join(b"time" + one for one in PACKETS), 4)
    assert not reads_well(DICE.bytes(5000), 4)


@pytest.mark.parametrize("octet", [b"\x00", b"\x40", b"\xc0", b"\xff"])
def test_one_octet_again_and_again(octet):
    """It looks like frames so short that nothing is left in them."""
    assert likeliest(octet * 2000).score < 1


def test_a_code_is_known_by_the_few_units_that_it_makes_good():
    """Two of three are noise, once taken for frames without code, of TM, that stand behind their markers."""
    code = managed()
    encoder = TmEncoder(code)
    units = [encoder.encode(frame) for frame in sent(TmSender(code))]
    damaged = b"".join(unit if n % 3 == 0 else unit[:4] + DICE.bytes(len(unit) - 4) for n, unit in enumerate(units))
    assert coded(damaged).options == "--frames tm --frame-octets 200 --cadu --interleave 1"
    assert coded(units[0] + bytes(units[1][:100])).options == "--frames tm --frame-octets 200 --cadu --interleave 1"


@pytest.mark.parametrize("octets", [b"\x1a\xcf\xfc\x1d" + DICE.bytes(300), DICE.bytes(2000)])
def test_octets_of_no_known_kind_are_taken_for_none(octets):
    guess = likeliest(octets)
    assert not (guess.options and guess.is_plausible)
    assert "-octets N" in (coded(octets) or guess).options or not coded(octets)


def test_an_error_control_field_that_fits_in_some_frames_is_there():
    """Before, with a quarter of the frames damaged, leaving it out explained more of them."""
    frames = sent(TmSender(managed()))
    damaged = b"".join(one if n % 4 else one[:150] + b"\0" + one[151:] for n, one in enumerate(frames))
    assert likeliest(damaged).options == "--frames tm --frame-octets 200"
