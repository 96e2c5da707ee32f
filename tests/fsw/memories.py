"""What survives a restart, on a medium that tests can cut the power of."""

from pathlib import Path

from fsw.comms import numbers, request_memory
from fsw.comms.numbers import Numbering, Reserved
from fsw.comms.request_memory import Remembered, RequestMemory
from fsw.store.durable import Durable
from fsw.store.records import Records
from link.cop1.farm import Farm
from tests.hal.recording_medium import RecordingMedium

FOLDER = Path("/memory")


def request_memory_on(medium=None, farm=None):
    """Of a node that starts with what `medium` holds."""
    record = Durable(FOLDER, "requests", Remembered(), request_memory.REQUESTS_OCTETS_MAX, medium or RecordingMedium())
    return RequestMemory(record, farm or Farm(64))


def numbers_on(medium=None):
    """Of a node that starts with what `medium` holds."""
    return Numbering(Durable(FOLDER, "numbers", Reserved(), numbers.NUMBERS_OCTETS_MAX, medium or RecordingMedium()))


def records(medium=None):
    """The records of a node that starts with what `medium` holds."""
    return Records(FOLDER, medium or RecordingMedium())
