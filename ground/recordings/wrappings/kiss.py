"""KISS files, as terminal node controllers and radio programs write them: FEND C0 | port 4, command 4 | data | FEND C0.

In the data, C0 is escaped as DB DC and DB as DB DD. Only command 0 is data. Where the data are AX.25 (UI frames), the
packet or frame follows the addresses.
"""

import re

from ground.recordings.wrappings.units import Unwrapped

_FEND, _ESCAPE = b"\xc0", b"\xdb"
_FRAMES_MIN = 3
_BAD_ESCAPE = re.compile(rb"\xdb(?![\xdc\xdd])")
_ADDRESS_OCTETS, _ADDRESSES_MAX = 7, 10
_UI = b"\x03\xf0"


def is_kiss(octets: bytes | memoryview) -> bool:
    """Whether octets begin and end with FEND, all escapes are valid, and at least half of the frames are data, because
    each may have a frame with its time before it. In a recording that is cut at either end, each frame must have its
    own two FENDs, and there must be several.
    """
    if _FEND not in (bytes(octets[:1]), bytes(octets[-1:])):
        return False
    whole = bytes(octets)
    frames, is_cut = _frames(whole), whole[:1] != whole[-1:]
    data = sum(not frame[0] & 0x0F for frame in frames)
    if is_cut and (len(frames) < _FRAMES_MIN or 2 * whole.count(_FEND * 2) < len(frames)):
        return False
    return 2 * data >= len(frames) > 0 and not _BAD_ESCAPE.search(whole.rstrip(_ESCAPE))


def _frames(whole: bytes) -> list[bytes]:
    """The contents of frames, between two FENDs."""
    return [frame for frame in whole.split(_FEND)[1:-1] if frame]


def unwrap_kiss(octets: bytes | memoryview, skip: int) -> Unwrapped:
    """The data of all frames, each from octet `skip` on."""
    whole = bytes(octets)
    frames = _frames(whole)
    data = [
        frame[1:].replace(b"\xdb\xdc", _FEND).replace(b"\xdb\xdd", b"\xdb") for frame in frames if not frame[0] & 0x0F
    ]
    inside = [_behind_ax25(one) for one in data]
    of_ax25 = sum(len(a) != len(b) for a, b in zip(data, inside, strict=True))
    notes = [f"KISS: {len(data)} frames of data, {of_ax25} of them AX.25, {len(frames) - len(data)} others left out"]
    if cut := [part for part in (whole.split(_FEND)[0], whole.split(_FEND)[-1]) if part]:
        notes.append(f"KISS: {sum(map(len, cut))} octets are left out, of a frame that is cut off")
    return Unwrapped.of((one[skip:] for one in inside), notes)


def _behind_ax25(frame: bytes) -> bytes:
    """The information field of an AX.25 UI frame; the octets themselves if they are no such frame."""
    for count in range(2, _ADDRESSES_MAX + 1):
        end = count * _ADDRESS_OCTETS
        addresses, is_last = frame[:end], frame[end - 1 : end]
        if not is_last or any(octet & 1 for octet in addresses[:-1]):
            return frame
        if is_last[0] & 1:
            is_ui = frame[end : end + 2] == _UI and all(
                chr(octet >> 1).isalnum() or octet == 0x40
                for at in range(0, end, _ADDRESS_OCTETS)
                for octet in addresses[at : at + 6]
            )
            return frame[end + 2 :] if is_ui else frame
    return frame
