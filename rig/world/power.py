"""Power of a simulated computer: once it has failed, nothing that the computer does has an effect any more."""

from collections.abc import Callable


class PowerCut(BaseException):
    """The power has failed; no Exception, as KeyboardInterrupt is none.

    Every device raises it, again and again: a computer without power catches nothing.
    """


class Power:
    """On until `cut`, which tells `on_cut` once, at the very moment."""

    def __init__(self, on_cut: Callable[[], None] = lambda: None) -> None:
        self.is_on = True
        self._on_cut = on_cut

    def cut(self) -> None:
        """Fail, once and for all."""
        if self.is_on:
            self._on_cut()
            self.is_on = False

    def check(self) -> None:
        """Raises PowerCut where it has failed."""
        if not self.is_on:
            raise PowerCut
