import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.sync import align, align_all, find_markers

pytestmark = pytest.mark.usefixtures("level")
TM_MARKER = 0x1ACFFC1D
TC_MARKER = 0x034776C7272895B0  # LDPC coded, 131.0-B-4 §9.3: 64 bits


def bits_of(octets: bytes) -> str:
    return "".join(f"{octet:08b}" for octet in octets)


def octets_of(text: str) -> bytes:
    return int("0" + text, 2).to_bytes(len(text) // 8, "big")


def by_definition(octets: bytes, marker: int, width: int, errors: int, inverted: bool) -> list[tuple[int, int, bool]]:
    """Every position compared bit by bit."""
    stream, hits = bits_of(octets), []
    for bit in range(len(stream) - width + 1):
        wrong = (int(stream[bit : bit + width], 2) ^ marker).bit_count()
        if wrong <= errors:
            hits.append((bit, wrong, False))
        elif inverted and width - wrong <= errors:
            hits.append((bit, width - wrong, True))
    return hits


@st.composite
def streams(draw):
    """Noise with markers planted at any bit, some complemented, some with bits wrong; and how to look for them."""
    markers = [(TM_MARKER, 32), (0, 32), (0x55555555, 32), (TC_MARKER, 64), (2**64 - 1, 64)]
    marker, width = draw(st.sampled_from(markers))
    pieces = []
    for gap in draw(st.lists(st.integers(0, 150), max_size=5)):
        flips = sum(1 << draw(st.integers(0, width - 1)) for _ in range(draw(st.integers(0, 4))))
        planted = (marker ^ flips ^ draw(st.sampled_from([0, 2**width - 1]))) % 2**width
        pieces.append(f"{draw(st.integers(0, 2**gap - 1)):0{gap}b}"[:gap] + f"{planted:0{width}b}")
    stream = "".join(pieces)
    return octets_of(stream + "0" * (-len(stream) % 8)), marker, width, draw(st.integers(0, 5)), draw(st.booleans())


@given(streams())
def test_reference(stream):
    octets, marker, width, errors, inverted = stream
    hits = find_markers(octets, marker, width=width, errors=errors, inverted=inverted)
    assert hits.tolist() == by_definition(octets, marker, width, errors, inverted)


@pytest.mark.parametrize("errors", [0, 3, 15])
def test_every_bit_offset_of_a_long_stream(errors):
    noise = np.random.default_rng(errors).integers(0, 256, 3000, np.uint8).tobytes()
    stream = bits_of(noise)
    for bit in range(37, len(stream) - 32, 997):
        stream = stream[:bit] + f"{TM_MARKER:032b}" + stream[bit + 32 :]
    octets = octets_of(stream)
    assert find_markers(octets, TM_MARKER, errors=errors).tolist() == by_definition(octets, TM_MARKER, 32, errors, True)


def test_slips():
    """Frames of 100 octets after bit slips: one bit lost, then three bits gained."""
    frame = f"{TM_MARKER:032b}" + "10" * 400
    stream = frame + frame[:-1] + frame + "101" + frame
    hits = find_markers(octets_of(stream + "0" * (-len(stream) % 8)), TM_MARKER)
    assert hits["bit"].tolist() == [0, 832, 1663, 2498]


def test_more_hits_than_one_call_holds():
    hits = find_markers(bytes(1000), 0)
    assert hits["bit"].tolist() == list(range(8000 - 31))
    assert not hits["inverted"].any()


@pytest.mark.parametrize("size", range(12))
def test_short_streams(size):
    assert find_markers(bytes(size), 0)["bit"].tolist() == list(range(max(0, 8 * size - 31)))
    assert find_markers(bytes(size), 0, width=64)["bit"].tolist() == list(range(max(0, 8 * size - 63)))


@pytest.mark.parametrize("options", [{"width": 33}, {"errors": 16}, {"errors": -1}, {"marker": 1 << 32}])
def test_refuses(options):
    with pytest.raises(ValueError, match="marker"):
        find_markers(**{"octets": bytes(9), "marker": 0, **options})


@given(st.binary(min_size=1, max_size=200), st.data())
def test_align(octets, data):
    bit = data.draw(st.integers(0, 8 * len(octets)))
    size = data.draw(st.integers(0, len(octets) - -(-bit // 8)))
    upright = align(octets, bit, size)
    assert bits_of(upright) == bits_of(octets)[bit : bit + 8 * size]
    assert align(octets, bit, size, inverted=True) == bytes(octet ^ 0xFF for octet in upright)


@pytest.mark.parametrize(("bit", "size"), [(-1, 1), (0, 11), (73, 1), (80, 1), (2**62, 1), (2**63 - 1, 1)])
def test_align_outside(bit, size):
    with pytest.raises(ValueError, match="outside"):
        align(bytes(10), bit, size)


def test_frames_behind_markers():
    frames = np.random.default_rng(3).integers(0, 256, (5, 40), np.uint8)
    stream = "011" + "".join(f"{TM_MARKER:032b}" + bits_of(frame.tobytes()) for frame in frames)
    stream = "".join("10"[int(bit)] for bit in stream)
    octets = octets_of(stream + "0" * (-len(stream) % 8))
    hits = find_markers(octets, TM_MARKER)
    assert hits["inverted"].all()
    assert (align_all(octets, hits, 40) == frames).all()
