"""Managed parameters, which both ends of a link must know beforehand, because no frame has them (CCSDS 132.0-B-3 §5,
232.0-B-4 §5, 131.0-B-4 §12). One frozen value is given to both ends; a combination that breaks a rule is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self

TM_HEADER_OCTETS = 6
TM_OCF_OCTETS = 4
FECF_OCTETS = 2
RS_SYMBOLS = 255
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_QUEUE_MAX = 65_535  # packets of a channel that may wait, and frames of its quota
TM_CHANNELS = 8
TM_IDLE_CHANNEL = 7
"""The virtual channel on which we send frames with only idle data. It is a channel like the others: the first header
pointer marks an idle frame, and packets may come on it too (132.0 §4.1.2.7.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TmChannel:
    """One telemetry virtual channel.

    `queue_packets` bounds its waiting packets. `quota` is how many frames in a row it may take while a channel of
    lower priority waits; then it yields one frame; 0 means any number.
    """

    name: str
    vc: int
    queue_packets: int = 64
    quota: int = 0

    def __post_init__(self) -> None:
        _require(
            bool(_NAME.fullmatch(self.name)),
            f"name = {self.name[:80]!a} of a virtual channel, expected 1 to 40 letters, digits, dots, hyphens",
        )
        _require(0 <= self.vc < 64, f"{self.name}: vc = {self.vc}, expected 0..63")
        _require(
            1 <= self.queue_packets <= _QUEUE_MAX,
            f"{self.name}: queue_packets = {self.queue_packets}, expected 1..{_QUEUE_MAX}",
        )
        _require(0 <= self.quota <= _QUEUE_MAX, f"{self.name}: quota = {self.quota}, expected 0..{_QUEUE_MAX}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """Both directions of one physical channel; `tm_channels` stand in order of priority, the highest first.

    `tm_frame_octets` is the whole transfer frame with its trailer; Reed-Solomon parity, if any, is added to it.
    `long_randomiser` is the sequence of 131071 bits (131.0-B-5 §10.4.1) instead of that of 255. `farm_window` is the
    width of the sliding window, PW + NW. Raises ValueError for what the standards exclude.
    """

    spacecraft_id: int
    tm_channels: tuple[TmChannel, ...]
    tm_frame_octets: int = 1115
    ocf: bool = True
    fecf: bool = True
    rs_parity: int = 32
    interleave: int = 5
    dual_basis: bool = True
    randomise: bool = True
    long_randomiser: bool = False
    tc_channel: int = 0
    tc_frame_octets_max: int = 1024
    tc_fecf: bool = True
    cltu_randomise: bool = True
    farm_window: int = 64

    def __post_init__(self) -> None:
        self._check_tm_frame()
        self._check_channels()
        self._check_coding()
        self._check_tc()

    @property
    def tm_data_octets(self) -> int:
        """Octets of the transfer frame data field."""
        return self.tm_frame_octets - TM_HEADER_OCTETS - TM_OCF_OCTETS * self.ocf - FECF_OCTETS * self.fecf

    @property
    def tm_code_octets(self) -> int:
        """Octets between two sync markers: the frame and its Reed-Solomon parity."""
        return self.tm_frame_octets + self.rs_parity * self.interleave * (self.rs_parity > 0)

    @property
    def virtual_fill(self) -> int:
        """Symbols left out of each Reed-Solomon codeword because the frame is short (131.0 §4.3.7)."""
        return RS_SYMBOLS - self.rs_parity - self.tm_frame_octets // self.interleave if self.rs_parity else 0

    def tm_channel(self, name: str) -> TmChannel:
        """The channel called `name`. Raises ValueError if there is none."""
        for channel in self.tm_channels:
            if channel.name == name:
                return channel
        raise ValueError(f"no virtual channel is called {name!r}; known: {', '.join(c.name for c in self.tm_channels)}")

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists, as TOML and JSON hold them."""
        return {**asdict(self), "tm_channels": [asdict(channel) for channel in self.tm_channels]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`. Raises ValueError naming a key that is unknown, missing or has a wrong value."""
        values = _known(cls, plain)
        channels = values.get("tm_channels")
        if not isinstance(channels, (list, tuple)):
            sentence = f"tm_channels = {channels!r}, expected a list of tables with name and vc"
            raise ValueError(sentence)  # noqa: TRY004  # a person typed it
        return cls(**{**values, "tm_channels": tuple(_channel(channel) for channel in channels)})

    def _check_tm_frame(self) -> None:
        _require(
            0 <= self.spacecraft_id < 1024, f"spacecraft_id = {self.spacecraft_id}, expected 0..1023 (132.0 §4.1.2.2)"
        )
        least = self.tm_frame_octets - self.tm_data_octets + 7
        _require(
            least <= self.tm_frame_octets <= 2048,
            f"tm_frame_octets = {self.tm_frame_octets}, expected {least}..2048 (132.0 §4.1.1)",
        )

    def _check_channels(self) -> None:
        for channel in self.tm_channels:
            _require(
                channel.vc < TM_CHANNELS,
                f"{channel.name}: vc = {channel.vc}, expected 0..{TM_CHANNELS - 1} (132.0 §4.1.2.3)",
            )
        names, numbers = [c.name for c in self.tm_channels], [c.vc for c in self.tm_channels]
        _require(bool(names), "tm_channels is empty, expected at least one virtual channel")
        _require(len(set(names)) == len(names), f"tm_channels: a name occurs twice in {', '.join(names)}")
        _require(
            len(set(numbers)) == len(numbers),
            f"tm_channels: a virtual channel occurs twice in {numbers} (132.0 §2.1.3)",
        )

    def _check_coding(self) -> None:
        _require(self.randomise or not self.long_randomiser, "long_randomiser without randomise (131.0-B-5 §10)")
        if not self.rs_parity:
            _require(self.fecf, "fecf is off without Reed-Solomon: such a frame must carry a FECF (132.0 §4.1.6)")
            return
        _require(self.rs_parity in (16, 32), f"rs_parity = {self.rs_parity}, expected 0, 16 or 32 (131.0 §4.3.1)")
        _require(
            self.interleave in (1, 2, 3, 4, 5, 8),
            f"interleave = {self.interleave}, expected 1, 2, 3, 4, 5 or 8 (131.0 §4.3.5)",
        )
        longest = self.interleave * (RS_SYMBOLS - self.rs_parity)
        _require(
            self.tm_frame_octets <= longest and self.tm_frame_octets % self.interleave == 0,
            f"tm_frame_octets = {self.tm_frame_octets}, with interleave {self.interleave} and {self.rs_parity} parity "
            f"symbols expected a multiple of {self.interleave} up to {longest} (131.0 §4.3.7)",
        )

    def _check_tc(self) -> None:
        _require(0 <= self.tc_channel < 64, f"tc_channel = {self.tc_channel}, expected 0..63 (232.0 §4.1.2.6)")
        _require(
            8 <= self.tc_frame_octets_max <= 1024,
            f"tc_frame_octets_max = {self.tc_frame_octets_max}, expected 8..1024 (232.0 §4.1.1)",
        )
        _require(
            2 <= self.farm_window <= 254 and self.farm_window % 2 == 0,
            f"farm_window = {self.farm_window}, expected an even number 2..254 (232.1 §6.1.8)",
        )


def _require(kept: bool, rule: str) -> None:
    if not kept:
        raise ValueError(rule)


def _channel(plain: Any) -> TmChannel:
    if not isinstance(plain, Mapping):
        sentence = f"tm_channels = {plain!r}, expected a list of tables with name and vc"
        raise ValueError(sentence)  # noqa: TRY004  # a person typed it
    return TmChannel(**_known(TmChannel, plain))


def _known(kind: type[Managed] | type[TmChannel], plain: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `plain`, their keys and the types of their values checked against the fields of `kind`."""
    declared = {field.name: field for field in fields(kind)}
    for key, value in plain.items():
        if key not in declared:
            raise ValueError(f"{key}: unknown; known: {', '.join(declared)}")
        wanted = declared[key].type
        if wanted in (int, bool, str) and type(value) is not wanted:
            raise ValueError(f"{key} = {value!r}, expected {wanted.__name__}")
    required = [name for name, field in declared.items() if field.default is MISSING]
    for key in required:
        if key not in plain:
            raise ValueError(f"{key}: missing")
    return dict(plain)
