"""Against spacepackets: the same PDU gives the same octets there, and it reads ours as it reads its own.

Errors and limits of the oracle (0.32), which are kept out:
- EofPdu.unpack leaves the condition code in the upper half of its octet: an EOF with an error cannot be packed again.
- Finished must have a fault location except with "no error" and "unsupported checksum type", and then must not.
- Filestore responses and requests read the second name where there is none.
- A file data PDU without data is refused; one with segment metadata that was read is packed again with a wrong length.
- Ids and sequence numbers of 3, 5, 6 or 7 octets, condition 9 ("invalid file structure"), checksum types and TLV types
  without a name, and file names that are empty or not UTF-8 raise.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from link.cfdp.pdus.codes import ConditionCode, Directive
from link.cfdp.pdus.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import FileData, decode_pdu, encode_pdu
from link.cfdp.pdus.tlv import FaultHandlerOverride, MessageToUser
from tests.examples import examples
from tests.link.cfdp.pdus.pdus import bodies

pytest.importorskip("spacepackets")
from spacepackets import cfdp
from spacepackets.cfdp import pdu as peer
from spacepackets.cfdp.pdu.file_data import FileDataParams, RecordContinuationState, SegmentMetadata
from spacepackets.cfdp.pdu.finished import FinishedParams
from spacepackets.cfdp.pdu.metadata import MetadataParams
from spacepackets.cfdp.pdu.prompt import ResponseRequired
from spacepackets.util import ByteFieldGenerator

WITHOUT_LOCATION = (ConditionCode.NO_ERROR, ConditionCode.UNSUPPORTED_CHECKSUM)
widths = st.sampled_from([1, 2, 4, 8])


@st.composite
def headers(draw, large):
    ids, sequences = draw(widths), draw(widths)
    return Header(
        source=draw(st.integers(0, (1 << 8 * ids) - 1)),
        sequence=draw(st.integers(0, (1 << 8 * sequences) - 1)),
        destination=draw(st.integers(0, (1 << 8 * ids) - 1)),
        unacknowledged=draw(st.booleans()),
        crc=draw(st.booleans()),
        large=large,
        keeps_records=draw(st.booleans()),
        id_octets=ids,
        sequence_octets=sequences,
    )


@st.composite
def pdus(draw):
    """In the direction that the kind of PDU has there."""
    large = draw(st.booleans())
    header, body = draw(headers(large)), draw(bodies(large))
    back = isinstance(body, Finished | Nak | KeepAlive) or (isinstance(body, Ack) and body.directive is Directive.EOF)
    return replace(header, toward_sender=back), body


def config(header):
    field = ByteFieldGenerator.from_int
    return cfdp.PduConfig(
        source_entity_id=field(header.id_octets, header.source),
        dest_entity_id=field(header.id_octets, header.destination),
        transaction_seq_num=field(header.sequence_octets, header.sequence),
        trans_mode=cfdp.TransmissionMode(header.unacknowledged),
        crc_flag=cfdp.CrcFlag(header.crc),
        file_flag=cfdp.LargeFileFlag(header.large),
        seg_ctrl=cfdp.SegmentationControl(header.keeps_records),
    )


def location(octets):
    return cfdp.EntityIdTlv(octets) if octets else None


def condition(code):
    assume(code is not ConditionCode.INVALID_FILE_STRUCTURE)
    return cfdp.ConditionCode(code)


def option(tlv):
    match tlv:
        case MessageToUser():
            return cfdp.MessageToUserTlv(tlv.octets)
        case FaultHandlerOverride():
            assume(tlv.condition is not ConditionCode.NO_ERROR)
            return cfdp.FaultHandlerOverrideTlv(condition(tlv.condition), cfdp.FaultHandlerCode(tlv.handler))
    return assume(False)


def theirs(header, body):
    """The PDU as the peer builds it; what it cannot build is assumed away (see above)."""
    conf = config(header)
    match body:
        case Eof():
            assume(bool(body.fault_location) == (body.condition is not ConditionCode.NO_ERROR))
            checksum = body.checksum.to_bytes(4)
            return peer.EofPdu(conf, checksum, body.file_size, location(body.fault_location), condition(body.condition))
        case Finished():
            assume(not body.responses)
            assume(bool(body.fault_location) == (body.condition not in WITHOUT_LOCATION))
            return peer.FinishedPdu(
                conf,
                FinishedParams(
                    condition(body.condition),
                    peer.finished.DeliveryCode(body.delivery),
                    peer.finished.FileStatus(body.file_status),
                    fault_location=location(body.fault_location),
                ),
            )
        case Ack():
            return peer.AckPdu(
                conf,
                peer.DirectiveType(body.directive),
                condition(body.condition),
                peer.TransactionStatus(body.status),
            )
        case Metadata():
            assume(body.checksum in set(cfdp.ChecksumType))
            for name in (body.source_name, body.destination_name):
                assume(name and not any("\udc80" <= char <= "\udcff" for char in name))
            return peer.MetadataPdu(
                conf,
                MetadataParams(
                    body.closure,
                    cfdp.ChecksumType(body.checksum),
                    body.file_size,
                    body.source_name,
                    body.destination_name,
                ),
                list(map(option, body.options)) or None,
            )
        case Nak():
            return peer.NakPdu(conf, body.start, body.end, list(body.requests))
        case Prompt():
            return peer.PromptPdu(conf, ResponseRequired(body.keep_alive))
        case KeepAlive():
            return peer.KeepAlivePdu(conf, body.progress)
    assert isinstance(body, FileData)
    assume(body.data)
    metadata = body.metadata and SegmentMetadata(RecordContinuationState(body.metadata[0]), body.metadata[1])
    return peer.FileDataPdu(conf, FileDataParams(body.data, body.offset, metadata))


@examples(40)
@given(pdus())
def test_same_octets(pdu):
    octets = bytes(theirs(*pdu).pack())
    assert encode_pdu(*pdu) == octets
    assert decode_pdu(octets) == pdu


@examples(40)
@given(pdus())
def test_it_reads_ours(pdu):
    theirs(*pdu)
    _, body = pdu
    assume(not isinstance(body, Eof) or body.condition is ConditionCode.NO_ERROR)
    assume(not isinstance(body, FileData) or body.metadata is None)
    octets = encode_pdu(*pdu)
    assert bytes(peer.PduFactory.from_raw(octets).pack()) == octets
