"""Encodings of texts in XTCE: characters, sizes and terminators (StringDataEncodingType).

A `Variable` text of XTCE 1.3 has a buffer of given size and an end inside it; before 1.3 it had one or the other. A
fixed text without TerminationChar fills its size; padding zeros are removed.
"""

from link.dictionary.kinds import UTF_8, Counted, Encoding, Size, Terminated, Text
from link.dictionary.xtce.document import Element, UnsupportedError, among, content, integer, need, parts
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import System
from link.dictionary.xtce.types.sizes import VALUES, read_size

_ENCODINGS: dict[str, Encoding] = {
    "UTF-8": UTF_8,
    "US-ASCII": "ascii",
    "ISO-8859-1": "latin-1",
    "Windows-1252": "cp1252",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "UTF-32": "utf-32",
    "UTF-32LE": "utf-32-le",
    "UTF-32BE": "utf-32-be",
}


def read_text_kind(library: Library, encoding: Element, system: System) -> Text:
    """Read a StringDataEncoding. Raises UnsupportedError."""
    among(encoding, "bitOrder", "mostSignificantBitFirst", ("mostSignificantBitFirst",))
    among(encoding, "byteOrder", "mostSignificantByteFirst", ("mostSignificantByteFirst",))
    characters = _ENCODINGS[among(encoding, "encoding", "UTF-8", _ENCODINGS)]
    size = need(encoding, ("SizeInBits", "Variable"))
    inside = parts(size, ("Fixed", "DynamicValue", "DiscreteLookupList", "TerminationChar", "LeadingSize"))
    buffer = _buffer(library, inside, system)
    end = inside.get("TerminationChar")
    if "LeadingSize" in inside:
        bits = _leading_bits(library, inside["LeadingSize"])
        return Text(Counted(bits), characters) if buffer is None else Text(buffer, characters, leading_bits=bits)
    if buffer is None:
        if end is None:
            raise UnsupportedError(size, f"{size.tag} needs Fixed, DynamicValue, TerminationChar or LeadingSize")
        tail = _termination(end, Text(0, characters).unit)
        return Text(Terminated(tail[0]) if len(tail) == 1 else Terminated(octets=tail.hex()), characters)
    made = Text(buffer, characters)
    tail = b"" if end is None else _termination(end, made.unit)
    return made if tail == made.tail else Text(buffer, characters, tail.hex())


def _buffer(library: Library, inside: dict[str, Element], system: System) -> Size | None:
    """The size of the text's buffer in the packet; None if it has none."""
    for tag in ("DynamicValue", "DiscreteLookupList"):
        if tag in inside and not _is_ignored(inside[tag]):
            return read_size(library, inside[tag], 8, system)
    return read_size(library, need(inside["Fixed"], VALUES), 8, system) if "Fixed" in inside else None


def _is_ignored(size: Element) -> bool:
    """Whether a buffer size is that by which Yamcs marks a text without a buffer, where schema 1.2 requires a size."""
    return any(one.get("parameterRef") == "_yamcs_ignore" for one in size)


def _leading_bits(library: Library, leading: Element) -> int:
    if library.dialect != "yamcs":
        said = "LeadingSize is not supported: some tools count bits in it, some octets; as octets with --dialect yamcs"
        raise UnsupportedError(leading, said)
    return integer(leading, "sizeInBitsOfSizeTag", 16)


def _termination(element: Element, unit: int) -> bytes:
    """The terminator of a text, in whole characters of `unit` octets."""
    said = content(element) or "00"
    try:
        octets = bytes.fromhex(said)
    except ValueError:
        octets = b""
    if not 1 <= len(octets) <= 16:
        raise UnsupportedError(element, f"TerminationChar {said[:40]}, expected 1 to 16 octets in hexadecimal")
    if len(octets) % unit and any(octets):
        raise UnsupportedError(element, f"TerminationChar {said} is no whole character")
    return octets + bytes(-len(octets) % unit)
