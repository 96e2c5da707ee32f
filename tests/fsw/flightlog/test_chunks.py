"""The file of a recording: what was appended comes out, and after any cut or damage a beginning of it."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.flightlog import chunks
from fsw.flightlog.chunks import MAGIC, VERSION, ChunkFile, ChunkKind, encode_chunk, read_chunks
from kernels.usage import UsageError

KINDS = st.sampled_from([ChunkKind.HEADER, ChunkKind.ENTRIES, ChunkKind.PIECE])
CHUNKS = st.lists(st.tuples(KINDS, st.binary(max_size=60)), max_size=6)
START = MAGIC + bytes([VERSION])


def written(folder, found):
    path = folder / "flight.rec"
    path.write_bytes(START + b"".join(encode_chunk(*one) for one in found))
    return path


@given(CHUNKS)
def test_what_was_appended_comes_out(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("chunks")
    file = ChunkFile(folder / "flight.rec")
    for kind, body in found:
        file.append(kind, body)
    file.close()
    assert [*read_chunks(folder / "flight.rec")] == found
    assert (folder / "flight.rec").read_bytes() == written(folder, found).read_bytes()


@given(CHUNKS, st.data())
@pytest.mark.requirement("FSW-LOG-004")
def test_after_a_cut_all_whole_chunks_come_out(tmp_path_factory, found, data):
    folder = tmp_path_factory.mktemp("chunks")
    path = written(folder, found)
    whole = path.read_bytes()
    cut = data.draw(st.integers(len(START), len(whole)))
    path.write_bytes(whole[:cut])
    left = [*read_chunks(path)]
    assert left == found[: len(left)]
    assert sum(len(encode_chunk(*one)) for one in found[: len(left) + 1]) > cut - len(START) or left == found


@given(CHUNKS.filter(bool), st.data())
def test_a_damaged_chunk_and_all_behind_it_is_left_out(tmp_path_factory, found, data):
    folder = tmp_path_factory.mktemp("chunks")
    path = written(folder, found)
    octets = bytearray(path.read_bytes())
    at = data.draw(st.integers(len(START), len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(octets)
    left = [*read_chunks(path)]
    assert left == found[: len(left)]
    assert len(left) < len(found)


@pytest.mark.parametrize("size", [2047, 2048, 90_000])
def test_many_entries_are_packed(tmp_path, size):
    found = [(ChunkKind.ENTRIES, bytes(size)), (ChunkKind.PIECE, bytes(size))]
    assert [*read_chunks(written(tmp_path, found))] == found
    assert (len(encode_chunk(*found[0])) < 500) == (size >= 2048)
    assert len(encode_chunk(*found[1])) > size


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "no recording of a flight"),
        (b"GIF89a..", "no recording of a flight"),
        (MAGIC, "a recording of format none, expected 1"),
        (MAGIC + b"\x07", "a recording of format 7, expected 1"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, octets, sentence):
    path = tmp_path / "flight.rec"
    path.write_bytes(octets)
    with pytest.raises(UsageError, match=sentence):
        next(read_chunks(path))


@pytest.mark.parametrize("body", [zlib.compress(bytes(2000)), b"no zlib", zlib.compress(b"cut off")[:-1]])
def test_entries_that_nobody_can_have_written_end_the_recording(tmp_path, monkeypatch, body):
    """More than a recorder writes in a chunk, what is not compressed, and what has no end."""
    monkeypatch.setattr(chunks, "_BODY_OCTETS_MAX", 1000)
    octets = bytearray(encode_chunk(ChunkKind.PIECE, body))
    octets[0] = ChunkKind.PACKED
    head = bytes(octets[: chunks._HEAD.size])
    crc = chunks.crc32c(body, chunks.crc32c(head)).to_bytes(4)
    path = tmp_path / "flight.rec"
    path.write_bytes(START + encode_chunk(ChunkKind.PIECE, b"before") + head + crc + body)
    assert [*read_chunks(path)] == [(ChunkKind.PIECE, b"before")]


def test_no_recording_is_written_over(tmp_path):
    path = tmp_path / "flight.rec"
    files = [ChunkFile(path) for _ in range(3)]
    assert [file.path.name for file in files] == ["flight.rec", "flight.rec.2", "flight.rec.3"]
    for file in files:
        file.close()


def test_so_many_recordings_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_FILES_MAX", 3)
    for _ in range(3):
        ChunkFile(tmp_path / "flight.rec").close()
    with pytest.raises(FileExistsError, match="3 recordings are there already"):
        ChunkFile(tmp_path / "flight.rec")
