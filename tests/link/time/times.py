"""Times written out, for tests."""

from datetime import UTC, datetime


def utc_ns(text):
    """Nanoseconds of an ISO time of UTC, as the standard library reads it."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (moment.days * 86_400 + moment.seconds) * 10**9 + moment.microseconds * 1000
