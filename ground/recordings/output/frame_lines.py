"""Transfer frames as lines of text, and the bits of bitstream channels as files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.recordings.frames.framing import NO_OCF, NO_PACKET_BEGINS, Framing
from ground.recordings.frames.intake import Channel, FrameIntake
from ground.recordings.frames.tc_intake import TcIntake
from ground.recordings.output.raw_export import RawExport
from link.errors import DecodeError
from link.frames import aos as aos_frame
from link.frames import uslp as uslp_frame
from link.frames.aos import BPdu
from link.frames.clcw import Clcw
from link.frames.tc import FrameType, TcFrame

_SHOWN_OCTETS = 16
_M_PDU_HEADER = 2


def list_frames(intake: FrameIntake | TcIntake, *, is_listed: bool, out: RawExport | None) -> None:
    """Print each good frame of `intake` on a line if `is_listed`; write the bits of its bitstreams beside `out`'s."""
    if isinstance(intake, TcIntake):
        intake.listen = (lambda frame: print(_telecommand_line(frame))) if is_listed else None
        return
    framing, files = intake.framing, _Bits(out)

    def accept(frames: NDArray[np.uint8], contents: NDArray[Any]) -> None:
        for content in contents:
            octets = frames[content["number"]].tobytes()
            if is_listed:
                print(_frame_line(octets, content, framing))
            if framing.kind == "aos" and int(content["vc"]) in framing.bitstreams:
                intake.bits[Channel(int(content["spacecraft_id"]), int(content["vc"]))] += files.write(
                    content, _b_pdu(octets, content)
                )

    if is_listed or framing.bitstreams:
        intake.listen = accept


def _b_pdu(octets: bytes, content: Any) -> BPdu | None:
    """The B_PDU in a frame of a bitstream channel; None where its pointer is out of range."""
    try:
        return BPdu.decode(octets[int(content["start"]) - _M_PDU_HEADER : int(content["end"])])
    except DecodeError:
        return None


class _Bits:
    """Writer of the bits of each bitstream channel as whole octets; remaining bits wait for the next frame."""

    def __init__(self, out: RawExport | None) -> None:
        self._out = out
        self._rest: dict[str, NDArray[np.uint8]] = {}

    def write(self, content: Any, pdu: BPdu | None) -> int:
        """Write the bits of a frame; returns their number."""
        if pdu is None:
            return 0
        if self._out:
            name = f"{content['spacecraft_id']}-{content['vc']}.bits"
            bits = np.unpackbits(np.frombuffer(pdu.zone, np.uint8))[: pdu.bits]
            bits = np.concatenate([self._rest.get(name, bits[:0]), bits])
            whole = len(bits) // 8 * 8
            self._out.beside(name).append(np.packbits(bits[:whole]).tobytes())
            self._rest[name] = bits[whole:]
        return pdu.bits


def _frame_line(octets: bytes, content: Any, framing: Framing) -> str:
    words = [f"{framing.kind} {content['spacecraft_id']}/{content['vc']} count {content['count']}"]
    if framing.kind == "aos" and int(content["vc"]) in framing.bitstreams:
        pdu = _b_pdu(octets, content)
        words.append("bits out of range" if pdu is None else f"{pdu.bits} bits {pdu.zone[:_SHOWN_OCTETS].hex()}")
    elif not content["holds_packets"]:
        words.append("no packets")
    else:
        first = int(content["first_header"])
        words.append("no packet begins" if first == NO_PACKET_BEGINS else f"first packet at {first}")
    if framing.insert_octets:
        start = aos_frame.AOS_HEADER_SIZE if framing.kind == "aos" else uslp_frame.USLP_HEADER_SIZE + (octets[6] & 7)
        words.append(f"insert {octets[start : start + framing.insert_octets].hex()}")
    if content["ocf"] != NO_OCF:
        words.append(_ocf_words(int(content["ocf"])))
    return " ".join(words)


def _ocf_words(word: int) -> str:
    try:
        clcw = Clcw.from_word(word)
    except DecodeError:
        return f"ocf {word:08x}"
    flags = [name for name in ("lockout", "wait", "retransmit", "no_rf", "no_bit_lock") if getattr(clcw, name)]
    return " ".join([f"ocf {word:08x} CLCW of channel {clcw.channel} expects {clcw.report}", *flags])


def _telecommand_line(frame: TcFrame) -> str:
    head = f"tc {frame.spacecraft_id}/{frame.channel} {frame.type.name}"
    if frame.type is FrameType.AD:
        head += f" sequence {frame.sequence}"
    shown = frame.data[:_SHOWN_OCTETS].hex() + "..." * (len(frame.data) > _SHOWN_OCTETS)
    return f"{head} {len(frame.data)} octets {shown}"
