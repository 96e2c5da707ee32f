"""Why a process ended, in one word: the keys by which restarts are counted."""

import os
import signal

POWER_ON = "power-on"
SUPERVISOR = "supervisor"
"""The supervisor itself was started anew on a board that had run on."""
WATCHDOG = "watchdog"
"""The board's hardware watchdog has reset it."""
HANG = "hang"
EXCEPTION = "exception"
COMMANDED = "commanded"
RESET_ASKED = "reset asked"
"""The node itself asked for a reset of the board, as it hears nothing of its ground."""
REFUSED = "refused"
"""It could not be started: no warm process, no memory for another one."""
UNASKED = "ended"
"""It ended by itself, without a word and without being asked."""

EXIT_EXCEPTION, EXIT_COMMANDED, EXIT_RESET = 70, 75, 76
_BY_STATUS = {EXIT_EXCEPTION: EXCEPTION, EXIT_COMMANDED: COMMANDED, EXIT_RESET: RESET_ASKED}


def cause_of(wait_status: int) -> str:
    """The cause of an end, of the status that wait(2) gives."""
    code = os.waitstatus_to_exitcode(wait_status)
    if code >= 0:
        return _BY_STATUS.get(code, UNASKED)
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
