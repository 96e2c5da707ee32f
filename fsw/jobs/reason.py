"""Why a job failed, in words that can always be sent."""

import signal

CHARACTERS_MAX = 200


def words(error: BaseException) -> str:
    """Kind and message of an exception, whatever its `__str__` does; what UTF-8 cannot encode is escaped."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # `__str__` may be a stage's own code, which may raise anything
        text = f"{type(error).__name__} (it cannot be put into words)"
    return text[:CHARACTERS_MAX].encode(errors="backslashreplace").decode()


def ending(status: int) -> str:
    """The end of a process in words; `status` is minus the signal's number, as `subprocess` has it."""
    if status > 0:
        return f"ended by itself with status {status}"
    return f"ended by {_signal_name(-status)}" if status else "ended without an answer (status 0)"


def _signal_name(number: int) -> str:
    """The signal's name, or its number for a real-time signal, which has no name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
