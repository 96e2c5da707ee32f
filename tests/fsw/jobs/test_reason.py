"""Whatever went wrong can be put into words."""

from fsw.jobs.reason import words


class MuteError(Exception):
    def __str__(self):
        raise SystemExit("no words")


def test_kind_and_message_cut_and_always_writable():
    assert words(KeyError("band")) == "KeyError: 'band'"
    assert words(ValueError("x" * 300)) == "ValueError: " + "x" * 188
    assert words(ValueError("caf\udce9")) == "ValueError: caf\\udce9"
    assert words(MuteError()) == "MuteError (it cannot be put into words)"
