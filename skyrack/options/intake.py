"""Options that `decode` and `tap` share: how packets are wrapped, and the dictionary for them."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, given
from skyrack.options.dictionaries import add_xtce_arguments, definition_in, load_definitions
from skyrack.parser import within

if TYPE_CHECKING:
    from ground.recordings.decoding import Decoder
    from ground.recordings.frames.framing import Framing
    from ground.recordings.frames.tc_intake import TcFraming
    from ground.recordings.recording import Reception
    from link.dictionary import Dictionary
    from link.dictionary.definition import Definition
    from link.managed import Managed

_INTERLEAVES = (1, 2, 3, 4, 5, 8)
_OF_UNITS = ("rs", "interleave", "conventional", "randomiser")
_OF_FRAMES = ("frame_octets", "no_fecf", "ocf", "insert", "suffix", "vc", "bitstream", "cadu", *_OF_UNITS)
_ABOUT_AOS = {"bitstream": "is about AOS, whose frames alone hold bits"}
_ABOUT_TELEMETRY = {
    "frame_octets": "is not needed: TC frames say how long they are",
    **dict.fromkeys(("ocf", "insert", "cadu", "rs", "interleave", "conventional"), "is about telemetry frames"),
}
_NOTHING_TO: dict[str, dict[str, str]] = {
    "tm": {
        "ocf": "is not needed: TM frames say themselves whether they have one",
        "insert": "is about AOS and USLP: TM frames have no insert zone",
        **_ABOUT_AOS,
    },
    "aos": {},
    "uslp": {"ocf": "is not needed: USLP frames say themselves whether they have one", **_ABOUT_AOS},
    "tc": {**_ABOUT_TELEMETRY, "randomiser": "is about CLTUs: say --frames cltu", **_ABOUT_AOS},
    "cltu": {
        **_ABOUT_TELEMETRY,
        **dict.fromkeys(("prefix", "suffix"), "is about frames without code: CLTUs are found wherever they stand"),
        **_ABOUT_AOS,
    },
}
"""Options that have no effect on a kind of frames, and why."""
_OF_XTCE = ("root", "without")
_PARITY = 32


def add_intake_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; `parser` also reads them from a file given as `@FILE`, one per line."""
    packets = parser.add_argument_group("packets")
    packets.add_argument(
        "--dictionary", type=Path, action="append", metavar="X",
        help="what packets mean: a node's dictionary or a definition (JSON), a mission (TOML), XTCE (XML; repeated, or "
             "a folder, for several files as one database) or a ccsdspy table (CSV)",
    )  # fmt: skip
    packets.add_argument("--root", default="", metavar="CONTAINER", help="of XTCE: what each packet begins with")
    add_xtce_arguments(packets)
    packets.add_argument(
        "--apid", type=within(int, 0, 2047), action="append", metavar="N", help="only these; may be repeated"
    )
    packets.add_argument(
        "--crc", action="store_true", help="packets end in a CRC-16: take those that fit, wherever they stand"
    )
    packets.add_argument(
        "--prefix",
        type=within(int, 0, 65535),
        default=0,
        metavar="OCTETS",
        help="something else before each packet, or before each frame (default 0)",
    )
    packets.add_argument("--idle", action="store_true", help="idle packets too, APID 2047")
    packets.add_argument(
        "--drop-duplicates", action="store_true", help="leave out packets whose count and content came before"
    )
    packets.add_argument("--join", action="store_true", help="put the segments of longer packets together")
    frames = parser.add_argument_group("frames", "a node's dictionary says all of this but --frames tm")
    frames.add_argument(
        "--frames", choices=tuple(_NOTHING_TO), help="packets come in transfer frames; cltu: TC frames in CLTUs"
    )
    frames.add_argument("--frame-octets", type=int, metavar="N", help="of a whole frame")
    frames.add_argument("--no-fecf", action="store_true", help="frames end without error control field")
    frames.add_argument("--ocf", action="store_true", help="AOS: frames have an operational control field")
    frames.add_argument(
        "--insert", type=within(int, 0, 65535), default=0, metavar="OCTETS", help="AOS, USLP: insert zone (default 0)"
    )
    frames.add_argument(
        "--suffix", type=within(int, 0, 65535), default=0, metavar="OCTETS",
        help="something else behind each frame, such as parity (default 0)",
    )  # fmt: skip
    frames.add_argument(
        "--vc", type=within(int, 0, 63), action="append", metavar="N", help="packets of these channels only"
    )
    frames.add_argument(
        "--bitstream",
        type=within(int, 0, 62),
        action="append",
        metavar="VC",
        help="AOS: this channel holds bits, in B_PDUs",
    )
    coding = parser.add_argument_group("coding")
    coding.add_argument("--cadu", action="store_true", help="frames come in coded units behind sync markers")
    coding.add_argument("--rs", type=int, choices=(0, 16, 32), help="Reed-Solomon parity (default 32)")
    coding.add_argument("--interleave", type=int, choices=_INTERLEAVES, help="default: the least that holds a frame")
    coding.add_argument("--conventional", action="store_true", help="Reed-Solomon in the conventional basis")
    coding.add_argument("--randomiser", choices=("none", "255", "131071"), help="default: 255 bits")


def reception_of(options: argparse.Namespace) -> "Reception":
    """The reception of packets by the options. Raises UsageError naming what is missing or breaks a rule."""
    from ground.recordings.joining import Joiner
    from ground.recordings.recording import Reception

    with given("options"):
        return Reception(
            framing=_framing(options),
            checked=options.crc,
            apids=options.apid,
            vcs=options.vc,
            prefix_octets=options.prefix,
            idle=options.idle,
            unique=options.drop_duplicates,
            joiner=Joiner() if options.join else None,
            encapsulation=True,
        )


def _framing(options: argparse.Namespace) -> "Framing | TcFraming | None":
    """The format of frames by the options; None for bare packets."""
    from ground.recordings.frames.framing import Framing

    if options.frames is None:
        _refuse_without(options, _OF_FRAMES, "is about frames: say which with --frames tm, aos, uslp, tc or cltu")
        return None
    for name, why in _NOTHING_TO[options.frames].items():
        _refuse_without(options, (name,), why)
    if options.frames in ("tc", "cltu"):
        return _telecommands(options)
    if not options.cadu:
        _refuse_without(options, _OF_UNITS, "is about coded units: say --cadu")
    if options.rs == 0:
        _refuse_without(
            options, ("interleave", "conventional"), "is about Reed-Solomon, which --rs 0 says is not there"
        )
    managed = _managed_of_node(options)
    if managed:
        _refuse_without(options, ("cadu", "no_fecf", *_OF_UNITS), "is what the node's dictionary says, with its frames")
    managed = managed or _managed(options)
    if managed:
        _refuse_without(
            options, ("prefix", "suffix"), "is about frames without code: behind sync markers nothing else is"
        )
    size = managed.tm_frame_octets if managed else options.frame_octets
    if size is None:
        raise UsageError("--frames needs --frame-octets, or the dictionary of a node")
    return Framing(
        kind=options.frames,
        octets=size,
        fecf=managed.fecf if managed else not options.no_fecf,
        ocf=options.ocf,
        insert_octets=options.insert,
        coding=managed,
        prefix_octets=options.prefix,
        suffix_octets=options.suffix,
        bitstreams=frozenset(options.bitstream or ()),
    )


def _telecommands(options: argparse.Namespace) -> "TcFraming":
    from ground.recordings.frames.tc_intake import TcFraming

    if options.randomiser == "131071":
        raise UsageError("--randomiser 131071 is about telemetry: CLTUs have 255 or none")
    return TcFraming(
        kind=options.frames,
        fecf=not options.no_fecf,
        randomised={None: None, "none": False, "255": True}[options.randomiser],
        prefix_octets=options.prefix,
        suffix_octets=options.suffix,
    )


def definition_for(options: argparse.Namespace) -> "Definition":
    """The definition of the packets; without a dictionary, of their headers alone. Raises OSError or ValueError."""
    from link.dictionary.definition import Definition
    from link.dictionary.exchange.ccsdspy import PRIMARY_HEADER
    from link.dictionary.kinds import Field, Integer, Octets, Reference
    from link.dictionary.model import Container

    if options.dictionary:
        loaded = _loaded(options)
        with given(options.dictionary[0]):
            return definition_in(loaded)
    header = tuple(Field(name=name, kind=Integer(bits)) for name, bits in PRIMARY_HEADER)
    data = Field(name="DATA", kind=Octets(Reference(PRIMARY_HEADER[-1][0], offset=1)))
    return Definition(name="packets", packets=(Container(name="packet", fields=(*header, data)),))


def decoder_of(options: argparse.Namespace, time: str = "", origin_ns: int | None = None) -> "Decoder":
    """A decoder of the packets; `time` is the field with their time. Raises OSError or UsageError."""
    from ground.recordings.decoding import Decoder

    if not options.dictionary:
        _refuse_without(options, _OF_XTCE, "is about XTCE: say which with --dictionary")
        if options.dialect != "portable":
            raise UsageError("--dialect is about XTCE: say which with --dictionary")
    definition = definition_for(options)
    with given(options.dictionary[0] if options.dictionary else "--time"):
        decoder = Decoder(definition, time, options.root, origin_ns=origin_ns)
    for name in decoder.timeless:
        said = "counts from an epoch, or in a unit, that is not known: it gives no times"
        print(f"skyrack: {name} {said}", file=sys.stderr)
    return decoder


def _loaded(options: argparse.Namespace) -> "Dictionary | Definition":
    """The node's dictionary, or the definition in a file of another format."""
    return load_definitions(*options.dictionary, without=options.without, dialect=options.dialect, part="telemetry")


def _refuse_without(options: argparse.Namespace, names: tuple[str, ...], instead: str) -> None:
    """Raises UsageError for an option that would have no effect."""
    for name in names:
        if getattr(options, name) not in (None, False, 0, "", []):
            raise UsageError(f"--{name.replace('_', '-')} {instead}")


def _managed_of_node(options: argparse.Namespace) -> "Managed | None":
    """The managed parameters in a node's dictionary, for telemetry frames; None if another length is given."""
    from link.dictionary import Dictionary
    from link.managed import Managed

    if options.dictionary is None or options.frame_octets or options.frames != "tm":
        return None
    loaded = _loaded(options)
    return Managed.from_dict(loaded.managed) if isinstance(loaded, Dictionary) else None


def _managed(options: argparse.Namespace) -> "Managed | None":
    """Managed parameters from the options, for coded units; the ids of spacecraft and channels in them are not used."""
    from link.managed import Managed, TmChannel

    if not options.cadu or options.frame_octets is None:
        return None
    parity = _PARITY if options.rs is None else options.rs
    return Managed(
        spacecraft_id=0,
        tm_channels=(TmChannel(name="any", vc=0),),
        tm_frame_octets=options.frame_octets,
        ocf=options.ocf,
        fecf=not options.no_fecf,
        rs_parity=parity,
        interleave=options.interleave or _least_interleave(options.frame_octets, parity),
        dual_basis=not options.conventional,
        randomise=options.randomiser != "none",
        long_randomiser=options.randomiser == "131071",
    )


def _least_interleave(frame_octets: int, parity: int) -> int:
    """The least interleaving depth whose codewords hold a frame in equal parts; `Managed` refuses impossible ones."""
    fits = (one for one in _INTERLEAVES if frame_octets % one == 0 and frame_octets <= one * (255 - parity))
    return next(fits, _INTERLEAVES[-1])
