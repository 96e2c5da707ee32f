import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.ldpc import ITERATIONS_MAX, NOT_CONVERGED, Ldpc
from tests.kernels.coding.noise import data_of, errors_at, received

pytestmark = pytest.mark.usefixtures("level")

SHORT = [code for code in Ldpc if code.data_size <= 128 or code is Ldpc.C2]


def test_sizes_are_those_of_the_standards():
    bits = {code.name: (8 * code.codeword_size, 8 * code.data_size) for code in Ldpc}
    assert bits == {
        "TC_128": (128, 64), "TC_512": (512, 256), "C2": (8160, 7136),
        "AR4JA_1_2_1024": (2048, 1024), "AR4JA_1_2_4096": (8192, 4096), "AR4JA_1_2_16384": (32768, 16384),
        "AR4JA_2_3_1024": (1536, 1024), "AR4JA_2_3_4096": (6144, 4096), "AR4JA_2_3_16384": (24576, 16384),
        "AR4JA_4_5_1024": (1280, 1024), "AR4JA_4_5_4096": (5120, 4096), "AR4JA_4_5_16384": (20480, 16384),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "parity"),
    [
        (Ldpc.TC_128, "0E69166BEF4C0BC2"),  # 231.0-B-4 table 4-1
        (Ldpc.TC_512, "1D21794A22761FAE59945014257E130D74D60540037940142DADEB9CA25EF12E"),
        # The first row of the generators that others have worked out from 131.0-B-5 §7.4.
        (
            Ldpc.AR4JA_1_2_1024,
            "CFA794F49FA5A0D88BB31D8FCA7EA8BBA7AE7EE8A68580E3E922F9E13359B28491F72AE8F2D6BF7830A1F83B3CDBD463"
            "CE95C0EC1F609370D7E791C870229C1E71EF3FDF60E2878478934DB285DEC9DC0E95C103008B6BCDD2DAF85CAE732210"
            "8326EE83C1FBA56FDD15B2DDB31FE7F23BA0BB43F83C67BDA1F6AEE46AEF4E62",
        ),
        (
            Ldpc.AR4JA_2_3_1024,
            "51236781781D416AB0C8419FA21559A85F14E1E4D88726F1762F6ED6CF32F06D8ABFD971E17A0BE9A5D147741B698D14"
            "2A58AB30E2BC32D39F251FBC5DB8C768",
        ),
        (Ldpc.AR4JA_4_5_1024, "678ECB51FE821D5CFA5F424BF55927AA3E82691332E04B0C4F88862B803432EF"),
    ],
)
def test_the_first_row_of_the_generator(code, parity):
    data = np.zeros((1, code.data_size), np.uint8)
    data[0, 0] = 0x80
    assert code.encode(data)[0, code.data_size :].tobytes() == bytes.fromhex(parity)


def test_a_row_of_c2_as_sent():
    """131.0-B-5 table C-1, B(1,1): data begins 18 bits into the first circulant, and two bits of fill end it."""
    first = int(
        "55BF56CC55283DFEEFEA8C8CFF04E1EBD9067710988E25048D67525426939E20"
        "68D2DC6FCD2F822BEB6BD96C8A76F4932AAE9BC53AD20A2A9C86BB461E43759C", 16,
    )  # fmt: skip
    data = np.zeros((1, Ldpc.C2.data_size), np.uint8)
    data[0, 0] = 0x80
    parity = int.from_bytes(Ldpc.C2.encode(data)[0, Ldpc.C2.data_size :].tobytes(), "big")
    assert parity % 4 == 0
    assert parity >> 2 + 511 == (first >> 18 | first << 511 - 18) % (1 << 511)


@given(st.sampled_from(SHORT), st.integers(0, 2**32), st.integers(0, 2**32))
def test_codes_are_linear(code, one, other):
    a, b = data_of(code, 1, one), data_of(code, 1, other)
    assert np.array_equal(code.encode(a) ^ code.encode(b), code.encode(a ^ b))


@pytest.mark.parametrize("code", Ldpc)
def test_decode_inverts_encode(code):
    data = data_of(code, 3)
    symbols = np.unpackbits(code.encode(data), axis=1)
    decided, iterations = code.decode(np.where(symbols, np.uint8(170), np.uint8(85)))
    assert np.array_equal(decided, data)
    assert set(iterations) == {0 if code in (Ldpc.TC_128, Ldpc.TC_512, Ldpc.C2) else 1}


@given(st.sampled_from(SHORT), st.integers(0, 2**32), st.data())
def test_a_few_wrong_or_lost_symbols_do_no_harm(code, seed, draw):
    data = data_of(code, 1, seed)
    soft = np.unpackbits(code.encode(data), axis=1) * np.uint8(127) + np.uint8(64)
    sent = 8 * code.codeword_size - (2 if code is Ldpc.C2 else 0)
    wrong, lost = (list(draw.draw(st.sets(st.integers(0, sent - 1), max_size=3))) for _ in range(2))
    soft[0, wrong] ^= 0xFF
    soft[0, lost] = 128
    decided, iterations = code.decode(soft)
    assert np.array_equal(decided, data)
    assert iterations[0] != NOT_CONVERGED


@given(st.integers(0, 2**32), st.integers(1, 200), st.integers(0, 20))
def test_what_is_beside_a_codeword_does_not_matter(seed, count, iterations_max):
    soft = received(Ldpc.TC_128, data_of(Ldpc.TC_128, count, seed), 2.0, seed)
    data, iterations = Ldpc.TC_128.decode(soft, iterations_max=iterations_max)
    order = np.random.default_rng(seed).permutation(count)
    other = Ldpc.TC_128.decode(soft[order], iterations_max=iterations_max)
    assert np.array_equal(other[0], data[order])
    assert np.array_equal(other[1], iterations[order])
    assert iterations.max() <= iterations_max


@pytest.mark.parametrize("code", SHORT)
def test_knowing_nothing_is_not_a_codeword(code):
    _, iterations = code.decode(np.full((2, 8 * code.codeword_size), 128, np.uint8), iterations_max=3)
    assert set(iterations) == {NOT_CONVERGED}


def test_rows_may_lie_apart():
    data = data_of(Ldpc.TC_512, 8)
    soft = np.unpackbits(Ldpc.TC_512.encode(data[::2]), axis=1) * np.uint8(255)
    wide = np.full((4, 600), 7, np.uint8)
    wide[:, 50:562] = soft
    assert np.array_equal(Ldpc.TC_512.decode(wide[:, 50:562])[0], data[::2])


def test_misuse_is_refused():
    soft = np.zeros((1, 128), np.uint8)
    with pytest.raises(ValueError, match="expected \\(count, 8\\)"):
        Ldpc.TC_128.encode(soft)
    with pytest.raises(ValueError, match="expected \\(count, 512\\)"):
        Ldpc.TC_512.decode(soft)
    with pytest.raises(ValueError, match=f"0..{ITERATIONS_MAX}"):
        Ldpc.TC_128.decode(soft, iterations_max=128)
    with pytest.raises(TypeError, match="uint8"):
        Ldpc.TC_128.decode(soft.astype(np.int8))


@pytest.mark.parametrize(("code", "ebn0_db"), [(Ldpc.TC_128, 5.0), (Ldpc.C2, 4.1), (Ldpc.AR4JA_1_2_1024, 2.2)])
def test_noise_above_the_waterfall(code, ebn0_db):
    """Where fewer than one codeword in a thousand fails, a batch comes through."""
    assert errors_at(code, ebn0_db, 40) == (0, 0)
