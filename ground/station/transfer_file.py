"""The file in which a ground service keeps the transfers that have not ended, replaced as a whole."""

from pathlib import Path

import msgspec

from ground.station.file_service import OpenTransfers
from hal.linux.own_folder import set_aside
from hal.linux.whole_file import whole_file
from hal.medium import HOST
from kernels.coding.crc import crc32c

TRANSFERS_NAME = "transfers.kept"
_CRC_OCTETS = 4


class TransferFile:
    """`TransferShelf` in the file `path`: a CRC-32C, and what it covers as MessagePack."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> OpenTransfers:
        """What was saved last. A damaged file is kept beside it as `NAME.1`, and nothing goes on."""
        try:
            octets = self._path.read_bytes()
        except OSError:
            return OpenTransfers()
        body = octets[_CRC_OCTETS:]
        if crc32c(body).to_bytes(_CRC_OCTETS) == octets[:_CRC_OCTETS]:
            try:
                return msgspec.msgpack.decode(body, type=OpenTransfers)
            except msgspec.MsgspecError:  # of another version of this program
                pass
        set_aside(self._path)
        return OpenTransfers()

    def save(self, transfers: OpenTransfers) -> None:
        """Replace the file; on return it survives a crash. Raises OSError."""
        body = msgspec.msgpack.encode(transfers)
        with whole_file(self._path) as file:
            file.write(crc32c(body).to_bytes(_CRC_OCTETS) + body)
        HOST.sync(self._path.parent)
