"""ccsdspy's packet definitions: read as it reads them, and refused with the row."""

import csv
from pathlib import Path

import numpy as np
import pytest

from link.dictionary.codec.packets import PacketReader
from link.dictionary.codec.record import Codec
from link.dictionary.exchange.ccsdspy import header_fields, read_csv
from link.dictionary.kinds import Array, Field, Integer, Real, Reference, Rest, Text

DATA = Path(__file__).parents[5] / "shared" / "data" / "codecs"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
HEAD = "name, data_type, bit_length\n"
DATA_OFFSETS = "name,data_type,bit_length,data_bit_offset\n"
OFFSETS = "name,data_type,bit_length,bit_offset\n"
ORDERS = ["1", "12", "21", "123", "321", "1234", "2143", "3412", "4321", "123456", "1234567", "12345678", "78563412",
          "87654321"]  # fmt: skip


def fields(text):
    return read_csv(text, "P").packets[0].fields[7:]


def test_a_row_is_a_field():
    rows = (
        "A, uint, 12",
        "B, int, 4",
        "C, str, 16",
        "G, float, 32",
        'D, "uint(3, 2)", 8',
        'E, "uint(B)", 8',
        'F, "uint(expand)", 8',
    )
    assert fields(HEAD + "\n".join(rows)) == (
        Field(name="A", kind=Integer(12)),
        Field(name="B", kind=Integer(4, signed=True)),
        Field(name="C", kind=Text(2, ends="")),
        Field(name="G", kind=Real(32)),
        Field(name="D", kind=Array(Array(Integer(8), 2), 3)),
        Field(name="E", kind=Array(Integer(8), Reference("B"))),
        Field(name="F", kind=Array(Integer(8), Rest())),
    )  # fmt: skip


def test_offsets_may_leave_gaps_and_lie_over_each_other():
    read = fields(OFFSETS + "A,uint,8,56\nB,uint,4,56\nC,uint,4,72\n")
    assert [field.skip_bits for field in read] == [8, -8, 12]


def test_offsets_of_the_table_s_own_kind_count_from_the_end_of_the_header():
    assert fields(DATA_OFFSETS + "A,uint,8,8\nB,uint,4,8\n") == fields(OFFSETS + "A,uint,8,56\nB,uint,4,56\n")


def test_a_field_without_offset_follows_all_those_before():
    assert [field.skip_bits for field in fields(OFFSETS + "A,uint,16,48\nB,uint,4,48\nC,uint,8,\n")] == [0, -16, 12]


def test_fields_in_the_header_are_ccsdspy_s_right_and_reported():
    table = read_csv(OFFSETS + "A,uint,11,5\nB,uint,8,48\nC,uint(expand),8,56\nD,uint,8,\n", "P")
    packet = PacketReader(table.packets).decode(bytes.fromhex("0064c0000002070809"))
    assert packet.values["A"] == packet.values["CCSDS_APID"] == 100
    assert header_fields(table) == ["A"]
    assert header_fields(read_csv(HEAD + "A,uint,8\n", "P")) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name, data_type\n", "no column is called bit_length"),
        ("", "no column is called name"),
        (HEAD + "A, uint, 8\nB, complex, 8\n", "row 3: data_type = complex of 8 bits, expected uint, int"),
        (HEAD + "A, float, 24\n", "row 2: data_type = float of 24 bits"),
        (HEAD + "A, uint, many\n", "row 2: bit_length = many, expected a whole number"),
        (HEAD + "A\n", "row 2: data_type is missing"),
        (HEAD + "A, uint, 8, 8, 8\n", "row 2: more columns than the first row names"),
        (HEAD + "A, uint(B), 8\nB, uint, 8\n", "row 2: no field called B comes before"),
        (OFFSETS + "A,uint,8,-8\n", "row 2: the offset = -8, expected 0 or more"),
        (OFFSETS + "A,uint,8,x\n", "row 2: the offset = x, expected a whole number"),
        ("name,data_type,bit_length,bit_offset,data_bit_offset\nA,uint,8,48,0\n", "expected one of them"),
        (HEAD + "A, u int, 8\n", "row 2: data_type = u int"),
        (OFFSETS + "A,uint(expand),8,0\nB,uint,8,9\n", "row 3: an offset after an array"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_row(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_csv(text, "P")


@needs_data
@pytest.mark.parametrize("path", sorted((DATA / "packet_def").glob("*.csv")), ids=lambda path: path.stem)
def test_the_samples_load(path):
    read = read_csv(path.read_text(encoding="utf-8"), path.stem).packets[0].fields
    assert [field.name for field in read[7:11]] == ["SHCOARSE", "SHFINE", "OPMODE", "SPACER"]


def split(octets):
    at = 0
    while at < len(octets):
        size = int.from_bytes(octets[at + 4 : at + 6]) + 7
        yield octets[at : at + size]
        at += size


@needs_data
@pytest.mark.parametrize("folder", ["apid001", "apid010"])
def test_simulated_telemetry_has_its_true_values(folder):
    where = DATA / "hs_sim" / folder
    rows = list(csv.DictReader((where / "defs.csv").open(encoding="utf-8")))
    plain = [row for row in rows if "[" not in row["name"]]
    text = DATA_OFFSETS + "".join(
        f"{row['name']},{row['data_type']},{row['bit_length']},{row['bit_offset']}\n" for row in plain
    )
    reader = PacketReader(read_csv(text, "P").packets)
    packets = list(split(next(where.glob("*.tlm")).read_bytes()))
    found = [reader.decode(octets).values for octets in packets[::20]]
    truth = np.load(where / "truth_by_bit_offset.npz")
    for row in plain:
        assert [one[row["name"]] for one in found] == truth[row["name"]][::20].tolist()


@needs_data
def test_arrays_that_expand_leave_room_for_what_follows():
    text = HEAD + 'n, uint, 16\ndata, "uint(expand)", 16\nfooter, uint, 16\n'
    definition = read_csv(text, "P").packets
    reader, codec = PacketReader(definition), Codec(definition[0].fields)
    octets = (DATA / "var_length" / "var_length_packets_with_footer.bin").read_bytes()
    sizes = []
    for packet in split(octets):
        values = reader.decode(packet).values
        assert codec.encode(list(values.values())) == packet
        assert values["footer"] == 1
        sizes.append(values["n"])
        assert values["data"] == list(range(values["n"] + 1, 2 * values["n"]))
    assert sizes == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


@needs_data
@pytest.mark.parametrize("order", ORDERS)
def test_every_byte_order(order):
    rows = list(csv.reader((DATA / "byte_order" / f"byteorder_{order}.csv").open(encoding="utf-8")))
    wire = {"12": "big", "1": "big"}.get(order, order)
    codec = Codec([Field(name="x", kind=Array(Integer(8 * len(order), order=wire), 80))])
    packets = split((DATA / "byte_order" / f"byteorder_{order}.bin").read_bytes())
    for packet, row in zip(packets, rows, strict=True):
        values = codec.decode(packet[6:])
        assert values == [[int(value) % 256 ** len(order) for value in row]]
        assert codec.encode(values) == packet[6:]


def test_a_text_that_begins_with_zeros_is_not_empty():
    """A public recording has seven of them before its first letters; ccsdspy keeps all but zeros at the end."""
    table = read_csv("name,data_type,bit_length\nA,str,64\n", "t")
    octets = bytes(6) + b"He"
    packet = bytes.fromhex("0805c0000007") + octets
    assert PacketReader(table.packets, "", table.roots).decode(packet).values["A"] == octets.decode()
