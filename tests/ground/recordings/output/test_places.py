"""What `decode --out` replaces: what it wrote before, and nothing that somebody else made."""

import numpy as np
import pytest

from ground.recordings.output.pcap import pcap_header
from ground.recordings.output.places import check_places
from link.dictionary.exchange.ccsdspy import read_csv
from link.packets.space_packet import SpacePacket
from skyrack.cli import main

TABLE = "name,data_type,bit_length\nSECONDS,uint,32\nTEMP,int,16\n"
RECORDING = b"".join(
    SpacePacket(apid, number, bytes(range(6))).encode() for number in range(20) for apid in (5, 9)
)  # fmt: skip


@pytest.fixture
def decode(tmp_path, capsys):
    (tmp_path / "r.rec").write_bytes(RECORDING)
    (tmp_path / "t.csv").write_text(TABLE)

    def decode(out, *words):
        """The exit code, and what was said."""
        code = main(["decode", str(tmp_path / "r.rec"), "--out", str(tmp_path / out), *words])
        return code, capsys.readouterr().err

    return decode


@pytest.mark.parametrize("ending", ["csv", "npz", "pcap", "bin"])
def test_what_was_written_before_is_written_again(decode, tmp_path, ending):
    words = [] if ending == "bin" else ["--apid", "5", "--dictionary", str(tmp_path / "t.csv")]
    (tmp_path / f"out.{ending}").touch()  # as mktemp makes them: nothing is in it
    for _ in range(2):
        assert decode(f"out.{ending}", *words) == (0, "")


@pytest.mark.parametrize("ending", ["csv", "npz", "pcap", "bin"])
@pytest.mark.parametrize("name", ["out.{}", "out.t.{}", "out.9.{}"])
def test_what_somebody_else_made_stays(decode, tmp_path, ending, name):
    """Also under a name that nobody typed; and a name that is none of a part is nothing to decode."""
    place = tmp_path / name.format(ending)
    if ending == "npz":
        np.savez(place, mine=np.arange(5))
    else:
        place.write_text("date,who\n2026-01-01,I\n")
    before = place.read_bytes()
    words = [] if ending == "bin" else ["--apid", "5", "--dictionary", str(tmp_path / "t.csv")]
    code, said = decode(f"out.{ending}", *words)
    part = {"out.t.{}": ending in ("csv", "npz"), "out.9.{}": ending == "bin"}.get(name, True)
    assert (code, said) == (
        (2, f"skyrack decode: {place} exists and holds something else: choose another name with --out\n")
        if part
        else (0, "")
    )
    assert place.read_bytes() == before


def test_only_what_may_be_written_is_in_the_way(decode, tmp_path):
    """A recording that is called as a part would be, but for its APID that is none."""
    recording = tmp_path / "day.first.bin"
    recording.write_bytes(RECORDING)
    assert main(["decode", str(recording), "--out", str(tmp_path / "day.bin")]) == 0
    assert recording.read_bytes() == RECORDING


@pytest.mark.parametrize(
    ("octets", "is_ours"),
    [
        (RECORDING, True),
        (b"\xe0\xfc\x02abc"[:1] + RECORDING, True),
        (bytes(one | 0x20 if not n else one for n, one in enumerate(SpacePacket(5, 1, b"ab").encode())), True),
        (RECORDING[:-1], False),
        (bytes(range(200)), False),
        (RECORDING * 5000, True),
        (bytes(range(256)) * 5000, False),
    ],
    ids=["packets", "encapsulated too", "version 1", "cut", "others", "long", "long, others"],
)
def test_packets_are_known_by_their_lengths(tmp_path, octets, is_ours):
    place = tmp_path / "a.bin"
    place.write_bytes(octets)
    if is_ours:
        check_places(place, [], read_csv(TABLE, "t"))
    else:
        with pytest.raises(ValueError, match="holds something else"):
            check_places(place, [], read_csv(TABLE, "t"))


def test_captures_of_networks_are_not_ours(tmp_path):
    place = tmp_path / "seen.cap"
    place.write_bytes(pcap_header())
    check_places(place, [], read_csv(TABLE, "t"))
    place.write_bytes(pcap_header(1))
    with pytest.raises(ValueError, match="holds something else"):
        check_places(place, [], read_csv(TABLE, "t"))
