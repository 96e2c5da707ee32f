"""What kept octets mean: another software may read other values in the same ones, in range and told to nobody.

A form is a CRC-32C of what decides that. It is kept beside the octets, and what has another one after a restart is left
out, and counted as a misfit. 0 is the form of what means the same in every software.
"""

from collections.abc import Iterable

import msgspec

from kernels.coding.crc import crc32c
from link.dictionary import Dictionary
from link.dictionary.kinds import Field
from link.pus.packets import TcPacket
from link.pus.services.functions import PerformFunction

_NUMBER_OCTETS = 2


def kept_form(fields: Iterable[Field]) -> int:
    """The form of values: kinds, calibrations, units, epochs; neither names nor texts, nor what may be set."""
    meant = [msgspec.structs.replace(one, name="", text="", limits=None, range=None, default=None) for one in fields]
    return crc32c(msgspec.json.encode(meant))


class RequestForms:
    """The forms of requests to the node of `dictionary`: those of the arguments of its functions."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._fields = {entry.id: entry.fields for entry in dictionary.commands}
        self._forms: dict[int, int] = {}

    def of(self, packet: TcPacket) -> int:
        """The form of a request; 0 also for a function that there is not, which is refused when it is released."""
        number = int.from_bytes(packet.data[:_NUMBER_OCTETS])
        if packet.service != PerformFunction.__service__ or number not in self._fields:
            return 0
        if number not in self._forms:
            self._forms[number] = kept_form(self._fields[number])
        return self._forms[number]

    def of_all(self, packets: Iterable[bytes]) -> int:
        """The form of several requests together, each of which can be decoded."""
        forms = [self.of(TcPacket.decode(one)) for one in packets]
        return crc32c(msgspec.json.encode(forms)) if any(forms) else 0
