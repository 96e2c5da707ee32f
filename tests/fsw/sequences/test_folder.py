"""Files of sequences are read from one folder, by plain names, and only up to their size."""

from pathlib import Path

import pytest

from fsw.sequences.folder import SequenceFolder
from link.pus.services.verification import RefusedError
from link.sequences.form import FILE_OCTETS_MAX


class Files:
    def __init__(self, files):
        self.files = files

    def read(self, path):
        if str(path) not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        return self.files[str(path)]


FOLDER = SequenceFolder(Path("/state"), Files({"/state/sequences/a.seq": b"abc", "/state/sequences/b": bytes(1 << 20)}))


def test_a_file_is_read():
    assert FOLDER.read("sequences", "a.seq") == b"abc"


@pytest.mark.parametrize(
    ("repository", "file", "words"),
    [
        ("products", "a.seq", "repository 'products', expected 'sequences'"),
        ("sequences", "../a.seq", "no file name"),
        ("sequences", "", "no file name"),
        ("sequences", "b", f"{1 << 20} octets are too many"),
    ],
)
def test_nothing_else_is_read(repository, file, words):
    assert FILE_OCTETS_MAX < 1 << 20
    with pytest.raises(RefusedError, match=words):
        FOLDER.read(repository, file)
