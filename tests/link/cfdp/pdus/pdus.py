"""Hypothesis strategies for everything that a CFDP PDU may be."""

from hypothesis import strategies as st

from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, Directive, FaultHandler, FileStatus, TransactionStatus
from link.cfdp.pdus.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import FileData, SegmentMetadata
from link.cfdp.pdus.tlv import (
    EntityId,
    FaultHandlerOverride,
    FilestoreAction,
    FilestoreRequest,
    FilestoreResponse,
    MessageToUser,
    Other,
)

TWO_NAMES = (FilestoreAction.RENAME_FILE, FilestoreAction.APPEND_FILE, FilestoreAction.REPLACE_FILE)


@st.composite
def headers(draw):
    id_octets, sequence_octets = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    entity, sequence = st.integers(0, (1 << 8 * id_octets) - 1), st.integers(0, (1 << 8 * sequence_octets) - 1)
    return Header(
        source=draw(entity),
        sequence=draw(sequence),
        destination=draw(entity),
        toward_sender=draw(st.booleans()),
        unacknowledged=draw(st.booleans()),
        crc=draw(st.booleans()),
        large=draw(st.booleans()),
        keeps_records=draw(st.booleans()),
        id_octets=id_octets,
        sequence_octets=sequence_octets,
    )


names = st.binary(max_size=40).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
conditions, handlers = st.sampled_from(ConditionCode), st.sampled_from(FaultHandler)
locations = st.binary(max_size=8)


@st.composite
def second_names(draw, action):
    return draw(names) if action in TWO_NAMES else ""


@st.composite
def requests(draw):
    action = draw(st.sampled_from(FilestoreAction))
    return FilestoreRequest(action, draw(names), draw(second_names(action)))


@st.composite
def responses(draw):
    action = draw(st.sampled_from(FilestoreAction))
    second = draw(second_names(action))
    return FilestoreResponse(action, draw(st.integers(0, 15)), draw(names), second, draw(st.binary(max_size=20)))


tlvs = st.one_of(
    requests(),
    responses(),
    st.builds(MessageToUser, st.binary(max_size=255)),
    st.builds(FaultHandlerOverride, conditions, handlers),
    st.builds(EntityId, st.binary(min_size=1, max_size=8)),
    st.builds(Other, st.sampled_from([3, 5, 7, 255]), st.binary(max_size=255)),
)


def bodies(large):
    """Bodies for headers with or without the large-file flag."""
    sizes = st.integers(0, (1 << (64 if large else 32)) - 1)
    return st.one_of(
        st.builds(Eof, condition=conditions, checksum=st.integers(0, 2**32 - 1), file_size=sizes,
                  fault_location=locations),
        st.builds(Finished, condition=conditions, delivery=st.sampled_from(DeliveryCode),
                  file_status=st.sampled_from(FileStatus), responses=st.lists(responses(), max_size=3).map(tuple),
                  fault_location=locations),
        st.builds(Ack, directive=st.sampled_from([Directive.EOF, Directive.FINISHED]), condition=conditions,
                  status=st.sampled_from(TransactionStatus)),
        st.builds(Metadata, closure=st.booleans(), checksum=st.integers(0, 15), file_size=sizes, source_name=names,
                  destination_name=names, options=st.lists(tlvs, max_size=4).map(tuple)),
        st.builds(Nak, start=sizes, end=sizes, requests=st.lists(st.tuples(sizes, sizes), max_size=5).map(tuple)),
        st.builds(Prompt, st.booleans()),
        st.builds(KeepAlive, sizes),
        st.builds(FileData, sizes, st.binary(max_size=60), st.none() | st.builds(
            SegmentMetadata, st.integers(0, 3), st.binary(max_size=63))),
    )  # fmt: skip


pdus = headers().flatmap(lambda header: st.tuples(st.just(header), bodies(header.large)))
