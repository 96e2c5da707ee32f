"""Packets into telemetry transfer frames (CCSDS 132.0-B-3 §4.2), by the rules of `link.channels.multiplex`."""

from link.channels.multiplex import Multiplexer
from link.frames.tm import FRAME_COUNT_MODULUS, NO_HEADER, ONLY_IDLE, TmFrame
from link.managed import TM_IDLE_CHANNEL, Managed


class TmSender(Multiplexer):
    """The sending end of all telemetry channels of `managed`."""

    def __init__(self, managed: Managed) -> None:
        super().__init__(managed.tm_channels, idle_channel=TM_IDLE_CHANNEL)
        self.managed, self._data_octets = managed, managed.tm_data_octets

    def next_frame(self, clcw_word: int = 0) -> bytes:
        """One encoded transfer frame of `tm_frame_octets`; `clcw_word` is its operational control field, if managed."""
        turn = self.next_turn(self._data_octets)
        pointer = ONLY_IDLE if turn.is_idle else NO_HEADER if turn.first_header is None else turn.first_header
        frame = TmFrame(
            spacecraft_id=self.managed.spacecraft_id,
            channel=turn.vc,
            master_count=(self.frames - 1) % FRAME_COUNT_MODULUS,
            channel_count=turn.frame_count % FRAME_COUNT_MODULUS,
            data=turn.data,
            first_header=pointer,
            ocf=clcw_word if self.managed.ocf else None,
        )
        return frame.encode(fecf=self.managed.fecf)
