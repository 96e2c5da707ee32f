import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, Directive, FaultHandler, FileStatus, TransactionStatus
from link.cfdp.pdus.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.header import Header, TransactionId
from link.cfdp.pdus.pdu import FileData, SegmentMetadata, decode_pdu, encode_pdu
from link.cfdp.pdus.tlv import (
    EntityId,
    FaultHandlerOverride,
    FilestoreAction,
    FilestoreRequest,
    FilestoreResponse,
    MessageToUser,
    Other,
)
from link.errors import ChecksumError, DecodeError, TruncatedError
from tests.examples import examples
from tests.link.cfdp.pdus.pdus import pdus

HEADER = Header(source=1, sequence=7, destination=2, id_octets=1, sequence_octets=2)


@given(pdus, st.binary(max_size=20))
def test_decode_inverts_encode(pdu, tail):
    assert decode_pdu(encode_pdu(*pdu) + tail) == pdu


@given(st.binary(max_size=80))
def test_decode_is_total(octets):
    """Any octets give a PDU that survives another round, or a DecodeError."""
    assert_total(octets)


@given(pdus, st.data())
def test_decode_of_damaged_pdus_is_total(pdu, data):
    """Near misses reach where random octets do not."""
    octets = bytearray(encode_pdu(*pdu))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    assert_total(bytes(octets))


def assert_total(octets):
    try:
        pdu = decode_pdu(octets)
    except DecodeError:
        return
    assert decode_pdu(encode_pdu(*pdu)) == pdu


@given(pdus)
def test_truncation_at_every_octet(pdu):
    octets = encode_pdu(*pdu)
    for size in range(len(octets)):
        with pytest.raises(TruncatedError):
            decode_pdu(octets[:size])


@given(pdus)
def test_truncated_data_field(pdu):
    """The header's length is cut too: then the body notices, or is a shorter one."""
    header, body = pdu
    octets = encode_pdu(header, body)
    for size in range(header.size, len(octets)):
        length = (size - header.size).to_bytes(2)
        assert_total(octets[:1] + length + octets[3:size])


@examples(30)
@given(pdus.map(lambda pdu: (_with_crc(pdu[0]), pdu[1])))
def test_no_single_bit_error_passes_the_crc(pdu):
    header, _ = pdu
    octets = encode_pdu(*pdu)
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        if bit // 8 in (1, 2, 3) or bit in (6,):
            continue  # the length and the widths say where the CRC is, the CRC flag whether there is one
        with pytest.raises(DecodeError):
            decode_pdu(bytes(damaged))
    assert header.crc


def _with_crc(header):
    return Header(**{name: getattr(header, name) for name in Header.__slots__} | {"crc": True})


def metadata(**fields):
    return Metadata(**{"checksum": 0, "file_size": 0, "source_name": "", "destination_name": "", **fields})


VECTORS = [
    # By hand from §5: version 1, 8-bit entities, 16-bit sequence number.
    (Eof(checksum=0x11223344, file_size=5), "20 000a 01 01 0007 02", "04 00 11223344 00000005"),
    (
        Eof(condition=ConditionCode.CANCELLED, checksum=0, file_size=1, fault_location=b"\x02"),
        "20 000d 01 01 0007 02",
        "04 f0 00000000 00000001 06 01 02",
    ),
    (
        Finished(delivery=DeliveryCode.COMPLETE, file_status=FileStatus.RETAINED),
        "20 0002 01 01 0007 02",
        "05 02",
    ),
    (
        Finished(
            condition=ConditionCode.FILESTORE_REJECTION,
            delivery=DeliveryCode.INCOMPLETE,
            file_status=FileStatus.REJECTED,
            responses=(FilestoreResponse(FilestoreAction.DELETE_FILE, 1, "a"),),
            fault_location=b"\x02",
        ),
        "20 000b 01 01 0007 02",
        "05 45 01 04 11 0161 00 06 01 02",
    ),
    (
        Ack(directive=Directive.EOF, condition=ConditionCode.NO_ERROR, status=TransactionStatus.ACTIVE),
        "20 0003 01 01 0007 02",
        "06 40 01",
    ),
    (
        Ack(directive=Directive.FINISHED, condition=ConditionCode.INACTIVITY, status=TransactionStatus.UNRECOGNISED),
        "20 0003 01 01 0007 02",
        "06 51 83",
    ),
    (
        Metadata(
            closure=True,
            checksum=3,
            file_size=9,
            source_name="a",
            destination_name="bc",
            options=(MessageToUser(b"hi"), FilestoreRequest(FilestoreAction.RENAME_FILE, "x", "y")),
        ),
        "20 0016 01 01 0007 02",
        "07 43 00000009 0161 026263 02 02 6869 00 05 20 0178 0179",
    ),
    (Nak(start=0, end=9, requests=((0, 0), (2, 3))), "20 0019 01 01 0007 02", "08" + "00000000 00000009"
        + "00000000 00000000 00000002 00000003"),
    (
        metadata(options=(Other(5, b"x"), FaultHandlerOverride(ConditionCode(8), FaultHandler.ABANDON),
        EntityId(b"\x03"))),
        "20 0011 01 01 0007 02",
        "07 00 00000000 00 00 05 01 78 04 01 84 06 01 03",
    ),
    (Prompt(keep_alive=True), "20 0002 01 01 0007 02", "09 80"),
    (Prompt(keep_alive=False), "20 0002 01 01 0007 02", "09 00"),
    (KeepAlive(0x0102), "20 0005 01 01 0007 02", "0c 00000102"),
    (FileData(0x10, b"\xaa\xbb"), "30 0006 01 01 0007 02", "00000010 aabb"),
    (FileData(0x10, b"\xaa", SegmentMetadata(3, b"\x01")), "30 0007 09 01 0007 02", "c1 01 00000010 aa"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "head", "field"), VECTORS, ids=lambda value: type(value).__name__)
def test_vectors(body, head, field):
    octets = bytes.fromhex(head) + bytes.fromhex(field)
    assert encode_pdu(HEADER, body).hex() == octets.hex()
    assert decode_pdu(octets) == (HEADER, body)


def test_vector_of_a_large_file_with_crc():
    header = Header(source=1, sequence=7, destination=2, id_octets=1, sequence_octets=1, large=True, crc=True)
    octets = encode_pdu(header, KeepAlive(1))
    assert octets[:-2] == bytes.fromhex("23 000b 00 01 07 02 0c 0000000000000001")
    assert decode_pdu(octets) == (header, KeepAlive(1))


def test_flags():
    header = Header(source=1, sequence=1, destination=1, id_octets=1, sequence_octets=1, toward_sender=True,
                    unacknowledged=True, keeps_records=True)  # fmt: skip
    assert encode_pdu(header, Prompt(keep_alive=False))[:4] == bytes.fromhex("2c 0002 80")
    assert header.transaction == TransactionId(1, 1)
    assert str(header.transaction) == "1-1"
    assert header.size == 7


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("0f", "not a valid Directive"),
        ("04 c0 00000000 00000000", "not a valid ConditionCode"),
        ("06 70 00", "never acknowledged"),
        ("06 30 00", "not a valid Directive"),
        ("08 00000000 00000000 00", "NAK ends with 1"),
        ("07 00 00000000 00 00 00 03 90 01 61", "not a valid FilestoreAction"),
        ("07 00 00000000 00 00 04 01 f5", "not a valid FaultHandler"),
        ("", "needed"),
    ],
)
def test_what_the_standard_excludes(field, why):
    field = bytes.fromhex(field)
    octets = bytes.fromhex("20") + len(field).to_bytes(2) + bytes.fromhex("01 01 0007 02") + field
    with pytest.raises(DecodeError, match=why):
        decode_pdu(octets)


def test_file_data_too_short_for_their_offset():
    with pytest.raises(TruncatedError):
        decode_pdu(bytes.fromhex("30 0003 01 01 0007 02 000000"))


def test_other_versions_are_refused():
    with pytest.raises(DecodeError, match="version 0, expected 1"):
        decode_pdu(bytes.fromhex("00 0002 01 01 0007 02 0900"))


def test_spare_bits_are_ignored():
    """Older issues set some of them: end system status in Finished, segmentation control in Metadata."""
    _, finished = decode_pdu(bytes.fromhex("20 0002 01 01 0007 02 05 0a"))
    assert finished == Finished(delivery=DeliveryCode.COMPLETE, file_status=FileStatus.RETAINED)
    _, metadata = decode_pdu(bytes.fromhex("20 0008 01 01 0007 02 07 b3 00000000 00 00"))
    assert metadata == Metadata(checksum=3, file_size=0, source_name="", destination_name="")


def test_response_without_a_message_length():
    """Some peers leave the empty message out."""
    _, finished = decode_pdu(bytes.fromhex("20 0007 01 01 0007 02 05 02 01 03 11 0161"))
    assert finished.responses == (FilestoreResponse(FilestoreAction.DELETE_FILE, 1, "a"),)


def test_checksum_error_carries_its_facts():
    header = Header(source=1, sequence=1, destination=2, crc=True)
    octets = encode_pdu(header, KeepAlive(1))
    with pytest.raises(ChecksumError) as caught:
        decode_pdu(octets[:-1] + bytes([octets[-1] ^ 1]))
    assert caught.value.expected == caught.value.computed ^ 1


@pytest.mark.parametrize(
    ("header", "body", "why"),
    [
        ({"source": 1 << 16}, Prompt(keep_alive=True), "source = 65536"),
        ({"destination": -1}, Prompt(keep_alive=True), "destination = -1"),
        ({"sequence": 1 << 32}, Prompt(keep_alive=True), "sequence = 4294967296"),
        ({"id_octets": 9}, Prompt(keep_alive=True), "id_octets"),
        ({}, KeepAlive(1 << 32), "progress"),
        ({"large": True}, KeepAlive(1 << 64), "progress"),
        ({}, Eof(checksum=1 << 32, file_size=0), "checksum"),
        ({}, Eof(checksum=0, file_size=1 << 32), "file_size"),
        ({}, Nak(start=0, end=1 << 32), "offset"),
        ({}, metadata(checksum=16), "checksum type = 16"),
        ({}, metadata(source_name="a" * 256), "256 octets"),
        ({}, metadata(source_name="\ud800"), "surrogates"),
        ({}, metadata(options=(MessageToUser(bytes(256)),)), "256 octets"),
        ({}, metadata(options=(FilestoreResponse(FilestoreAction.CREATE_FILE, 16, ""),)), "status = 16"),
        ({}, FileData(0, b"", SegmentMetadata(4, b"")), "continuation"),
        ({}, FileData(0, b"", SegmentMetadata(0, bytes(64))), "64 octets"),
        ({}, FileData(0, bytes(65536)), "data_octets"),
    ],
)
def test_what_cannot_be_sent(header, body, why):
    with pytest.raises(ValueError, match=why):
        encode_pdu(Header(**{"source": 1, "sequence": 1, "destination": 2, **header}), body)
