"""What went wrong, in one sentence that any event and any report can hold."""

_UNSPEAKABLE = "its message cannot be made"


def sentence_of(error: BaseException, characters_max: int = 60) -> str:
    """Kind and message of an exception, cut; always text that UTF-8 can write, whatever its author did."""
    try:
        message = str(error)
    except Exception:  # an exception of a user's own may fail at that, too
        message = _UNSPEAKABLE
    return writable_text(f"{type(error).__name__}: {message}")[:characters_max]


def writable_text(text: str) -> str:
    """`text` with escapes in the place of what UTF-8 cannot write."""
    return text.encode(errors="backslashreplace").decode()
