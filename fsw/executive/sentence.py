"""A failure in one sentence that fits into any event and any report."""

_UNSPEAKABLE = "its message cannot be made"


def sentence_of(error: BaseException, characters_max: int = 60) -> str:
    """Kind and message of an exception, cut to `characters_max`; always text that UTF-8 can encode."""
    try:
        message = str(error)
    except Exception:  # `__str__` of a user's own exception may fail, too
        message = _UNSPEAKABLE
    return writable_text(f"{type(error).__name__}: {message}")[:characters_max]


def writable_text(text: str) -> str:
    """`text` with escapes in place of what UTF-8 cannot encode."""
    return text.encode(errors="backslashreplace").decode()
