"""A timer with a limit of expirations (CCSDS 727.0-B-5 §4.7); the time is an argument, no clock is read."""


class Countdown:
    """Runs for `interval_ms` from each `start`; after `limit` expirations in a row its owner gives up."""

    def __init__(self, interval_ms: int, limit: int = 1) -> None:
        self.interval_ns, self.limit = interval_ms * 1_000_000, limit
        self.deadline_ns: int | None = None
        self._left_ns: int | None = None
        self._paused = False
        self._expirations = 0

    @property
    def running(self) -> bool:
        """Whether it was started and has neither expired nor been stopped."""
        return self.deadline_ns is not None or self._left_ns is not None

    @property
    def exhausted(self) -> bool:
        """Whether it has expired as often as allowed."""
        return self._expirations >= self.limit

    def start(self, now_ns: int) -> None:
        """Run from now on, whether it ran before or not; while paused, from the moment it is resumed."""
        if self._paused:
            self._left_ns = self.interval_ns
        else:
            self.deadline_ns = now_ns + self.interval_ns

    def stop(self) -> None:
        """Stop: it no longer expires."""
        self.deadline_ns = self._left_ns = None

    def forgive(self) -> None:
        """Set the number of expirations to 0, because there was progress."""
        self._expirations = 0

    def pause(self, now_ns: int) -> None:
        """Suspend the countdown; the time that is left is kept."""
        self._paused = True
        if self.deadline_ns is not None:
            self._left_ns, self.deadline_ns = max(0, self.deadline_ns - now_ns), None

    def resume(self, now_ns: int) -> None:
        """Continue with the time that was left."""
        self._paused = False
        if self._left_ns is not None:
            self.deadline_ns, self._left_ns = now_ns + self._left_ns, None

    def expired(self, now_ns: int) -> bool:
        """Whether the interval is over; if so, the expiration is counted and the countdown stopped."""
        if self.deadline_ns is None or now_ns < self.deadline_ns:
            return False
        self.deadline_ns = None
        self._expirations += 1
        return True
