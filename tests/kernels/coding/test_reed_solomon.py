"""Reed-Solomon against the definition of CCSDS 131.0-B §4, written here once more in plain Python."""

import ctypes
import ctypes.util
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.reed_solomon import UNCORRECTABLE, ReedSolomon
from kernels.library import select_level

pytestmark = pytest.mark.usefixtures("level")

EXP = [1]
for _ in range(254):
    EXP.append(EXP[-1] << 1 ^ (0x187 if EXP[-1] & 0x80 else 0))
LOG = {value: exponent for exponent, value in enumerate(EXP)}


def product(a: int, b: int) -> int:
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def trace(x: int) -> int:
    total = 0
    for _ in range(8):
        total, x = total ^ x, product(x, x)
    return total


# §4.4.2: bit z_i, z_0 sent first, is the trace of x alpha^(117 i).
TO_DUAL = np.array(
    [sum(trace(product(x, EXP[117 * i % 255])) << 7 - i for i in range(8)) for x in range(256)], np.uint8
)
FROM_DUAL = np.argsort(TO_DUAL).astype(np.uint8)
PRODUCTS = np.array([[product(a, b) for a in range(256)] for b in range(256)], np.uint8)


@cache
def generator(parity: int) -> list[int]:
    g = [1]
    for j in range(128 - parity // 2, 128 + parity // 2):
        g = [a ^ product(b, EXP[11 * j % 255]) for a, b in zip([*g, 0], [0, *g], strict=True)]
    return g


def block_by_definition(code: ReedSolomon, data: np.ndarray) -> np.ndarray:
    """Data and the remainders of long division behind it, one codeword a column.

    Leading zeros do not change a remainder, so virtual fill needs no care.
    """
    symbols, g = data.reshape(-1, code.interleave), np.array(generator(code.parity))
    symbols = FROM_DUAL[symbols] if code.dual_basis else symbols
    parity = np.zeros((code.parity, code.interleave), np.uint8)
    dividend = np.concatenate([symbols, parity])
    for i in range(len(symbols)):
        dividend[i : i + len(g)] ^= PRODUCTS[dividend[i], g[:, np.newaxis]]
    word = np.concatenate([symbols, dividend[len(symbols) :]])
    return (TO_DUAL[word] if code.dual_basis else word).ravel()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(131).integers(0, 256, shape, np.uint8)


def spoil(codeword: np.ndarray, errors: int, random: np.random.Generator) -> None:
    """Make that many symbols of a codeword (a view of its block) wrong."""
    codeword[random.choice(len(codeword), errors, replace=False)] ^= random.integers(1, 256, errors, np.uint8)


@st.composite
def codes(draw) -> ReedSolomon:
    parity = draw(st.sampled_from([32, 16]))
    return ReedSolomon(
        parity=parity,
        interleave=draw(st.integers(1, 8)),
        virtual_fill=draw(st.integers(0, 254 - parity)),
        dual_basis=draw(st.booleans()),
    )


@given(codes(), st.randoms(use_true_random=False))
def test_encode_is_the_definition(code, random):
    data = np.frombuffer(random.randbytes(code.data_size), np.uint8)
    assert (code.encode(data[np.newaxis])[0] == block_by_definition(code, data)).all()
    assert code.encode_block(data.tobytes()) == block_by_definition(code, data).tobytes()


def test_dual_basis_rows_of_the_standard():
    """§4.3.9, the matrix of the dual basis: images of alpha^7 .. alpha^0."""
    rows = [0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B]
    assert [TO_DUAL[1 << bit] for bit in reversed(range(8))] == rows


@given(codes(), st.integers(0, 20), st.data())
def test_any_pattern_within_reach_is_corrected(code, count, data):
    """Errors anywhere, data or parity; each codeword of each block has its own number of them."""
    sent = noise(count, code.data_size)
    blocks = code.encode(sent)
    length = code.block_size // code.interleave
    errors = data.draw(
        st.lists(st.integers(0, min(code.parity // 2, length)), max_size=min(8, count * code.interleave))
    )
    expected = np.zeros((count, code.interleave), np.int8)
    for i, many in enumerate(errors):
        b, c = divmod(i, code.interleave)
        for position in data.draw(st.sets(st.integers(0, length - 1), min_size=many, max_size=many)):
            blocks[b, position * code.interleave + c] ^= data.draw(st.integers(1, 255))
        expected[b, c] = many
    received, corrections = code.decode(blocks)
    assert (received == sent).all()
    assert (corrections == expected).all()


@pytest.mark.parametrize("parity", [32, 16])
@pytest.mark.parametrize("dual_basis", [True, False])
def test_every_count_of_errors(parity, dual_basis):
    """0 to E errors are corrected in one batch with codewords that bear more, whose data stays as received."""
    code = ReedSolomon(parity=parity, dual_basis=dual_basis, interleave=5)
    sent = noise(60, code.data_size)
    blocks = code.encode(sent)
    many, random = np.arange(300).reshape(60, 5) % (parity // 2 + 8), np.random.default_rng(1)
    for (b, c), errors in np.ndenumerate(many):
        spoil(blocks[b, c::5], errors, random)
    received, corrections = code.decode(blocks)
    good = many <= parity // 2
    # Miscorrection of more than E random errors: 1/E! of them, 1 in 40320 for E = 8.
    assert (corrections == np.where(good, many, UNCORRECTABLE)).all()
    by_codeword = received.reshape(60, -1, 5).transpose(0, 2, 1)
    expected = np.where(good[..., None], sent.reshape(60, -1, 5).transpose(0, 2, 1),
                        blocks[:, : code.data_size].reshape(60, -1, 5).transpose(0, 2, 1))  # fmt: skip
    assert (by_codeword == expected).all()


def test_errors_in_virtual_fill_are_not_believed():
    """The fill is known to be zero: what only a wrong symbol there would explain is uncorrectable."""
    whole, short = ReedSolomon(), ReedSolomon(virtual_fill=100)
    data = np.zeros((1, 223), np.uint8)
    data[0, 99] = 7
    parity = whole.encode(data)[:, 223:]
    block = np.concatenate([np.zeros((1, 123), np.uint8), parity], axis=1)
    received, corrections = short.decode(block)
    assert corrections.item() == UNCORRECTABLE
    assert not received.any()


@pytest.mark.slow
def test_miscorrection_rate_is_the_theoretical_one():
    """Random words of RS(255,239) decode to some codeword with the share of space in the spheres around codewords."""
    code = ReedSolomon(parity=16)
    blocks = noise(1_000_000, 255)
    received, corrections = code.decode(blocks)
    wrong = int((corrections != UNCORRECTABLE).sum())
    assert 5 <= wrong <= 60  # mean 24.6: sum of C(255, i) 255^i, i <= 8, over 256^16
    taken = corrections[:, 0] != UNCORRECTABLE
    again = code.encode(received[taken])
    assert ((again != blocks[taken]).sum(axis=1) == corrections[taken, 0]).all()


@given(codes(), st.integers(0, 9), st.randoms(use_true_random=False))
def test_decode_is_total(code, count, random):
    """Any octets: what is said to be corrected is a codeword that far from what was received, the rest is untouched."""
    blocks = np.frombuffer(random.randbytes(count * code.block_size), np.uint8).reshape(count, code.block_size)
    received, corrections = code.decode(blocks)
    for b, c in np.ndindex(corrections.shape):
        mine = slice(c, None, code.interleave)
        changes = (code.encode(received)[b, mine] != blocks[b, mine]).sum()
        if corrections[b, c] == UNCORRECTABLE:
            assert (received[b, mine] == blocks[b, : code.data_size][mine]).all()
        else:
            assert changes == corrections[b, c] <= code.parity // 2


@given(codes(), st.integers(0, 40), st.randoms(use_true_random=False))
def test_one_block_is_decoded_as_a_row_of_many(code, errors, random):
    block = bytearray(code.encode_block(random.randbytes(code.data_size)))
    for _ in range(errors):
        block[random.randrange(len(block))] ^= random.randint(1, 255)
    rows, corrections = code.decode(np.frombuffer(bytes(block), np.uint8)[np.newaxis])
    data, symbols = code.decode_block(bytes(block))
    assert data == rows[0].tobytes()
    assert symbols == (UNCORRECTABLE if (corrections == UNCORRECTABLE).any() else corrections.sum())


@pytest.mark.parametrize("parity", [32, 16])
@pytest.mark.parametrize("virtual_fill", [0, 1, 50, 222])
def test_agrees_with_reedsolo(parity, virtual_fill):
    """A package of another origin, which knows the conventional basis and shortened codes."""
    reedsolo = pytest.importorskip("reedsolo")
    code = ReedSolomon(parity=parity, virtual_fill=virtual_fill, dual_basis=False)
    theirs = reedsolo.RSCodec(parity, nsize=255, fcr=128 - parity // 2, prim=0x187, generator=EXP[11])
    data = noise(3, code.data_size)
    assert code.encode(data).tobytes() == b"".join(theirs.encode(bytearray(row)) for row in data)


@pytest.mark.parametrize("virtual_fill", [0, 1, 50, 222])
def test_agrees_with_libfec(virtual_fill):
    """Debian's libfec, where it is installed; it knows RS(255,223) in the dual basis."""
    name = ctypes.util.find_library("fec")
    if not name:
        pytest.skip("no libfec on this machine")
    libfec, code = ctypes.CDLL(name), ReedSolomon(virtual_fill=virtual_fill)
    blocks, random = code.encode(noise(40, code.data_size)), np.random.default_rng(1)
    for errors, block in enumerate(blocks):
        theirs = (ctypes.c_ubyte * 32)()
        libfec.encode_rs_ccsds((ctypes.c_ubyte * code.data_size)(*block[: code.data_size]), theirs, virtual_fill)
        assert bytes(theirs) == block[code.data_size :].tobytes()
        spoil(block, min(errors, 20), random)
    for block, data, count in zip(blocks, *code.decode(blocks), strict=True):
        theirs = (ctypes.c_ubyte * code.block_size)(*block)
        found = libfec.decode_rs_ccsds(theirs, None, 0, virtual_fill)
        assert found == count or (found < 0 and count == UNCORRECTABLE)
        assert bytes(theirs)[: code.data_size] == data.tobytes()


@pytest.mark.parametrize(
    "code", [ReedSolomon(interleave=i, parity=p, dual_basis=i % 2 == 0) for i in range(1, 9) for p in (32, 16)]
)
def test_levels_agree_on_strided_batches(code):
    data, damage = noise(150, code.data_size + 3)[:, 1:-2], noise(150, code.block_size + 5) < 10
    wide = np.zeros((150, code.block_size + 5), np.uint8)
    wide[:, 2:-3] = code.encode(data)
    received = (wide ^ damage * (noise(*wide.shape) + np.uint8(1)))[:, 2:-3]
    here = (wide[:, 2:-3], *code.decode(received))
    select_level("portable")
    for ours, theirs in zip(here, (code.encode(data), *code.decode(received)), strict=True):
        assert (ours == theirs).all()


@pytest.mark.parametrize(
    ("parameters", "rule"),
    [
        ({"parity": 24}, "32 or 16"),
        ({"interleave": 0}, r"1\.\.8"),
        ({"interleave": 9}, r"1\.\.8"),
        ({"virtual_fill": -1}, r"0\.\.222"),
        ({"virtual_fill": 239, "parity": 16}, r"0\.\.238"),
    ],
)
def test_wrong_parameters(parameters, rule):
    with pytest.raises(ValueError, match=rule):
        ReedSolomon(**parameters)


def test_refuses_what_is_not_blocks():
    code = ReedSolomon()
    for size in (0, 222, 224):
        with pytest.raises(ValueError, match=f"{size} octets, expected 223"):
            code.encode_block(bytes(size))
    with pytest.raises(ValueError, match="254 octets, expected 255"):
        code.decode_block(bytes(254))
    with pytest.raises(ValueError, match="expected"):
        code.encode(noise(3, 222))
    with pytest.raises(ValueError, match="expected"):
        code.decode(noise(255))
    with pytest.raises(TypeError, match="rows"):
        code.encode(noise(3, 446)[:, ::2])
