"""What `decode` says of recordings that are not what they were taken for: the options that explain them, or why there
is nothing in them.
"""

from dataclasses import replace

import numpy as np
import pytest

from link.coding.tm import TmEncoder
from link.frames.tc import TcFrame
from link.packets.space_packet import SpacePacket
from skyrack.cli import main
from tests.skyrack.commands.test_decode import MANAGED, packet, tm_frames


def test_what_is_not_plausible_is_said_with_the_likeliest_options(tmp_path, capsys):
    frames = tm_frames(MANAGED, [packet(number, size=200) for number in range(60)])
    path, size = tmp_path / "frames.bin", str(MANAGED.tm_frame_octets)
    path.write_bytes(b"".join(frames))
    main(["decode", str(path)])
    options = f"--frames tm --frame-octets {size}" + " --no-fecf" * (not MANAGED.fecf)
    assert capsys.readouterr().err.endswith(f"; this looks like {options}\n")
    for words in (["--frames", "aos", "--frame-octets", size], ["--frames", "tm", "--frame-octets", "300"]):
        main(["decode", str(path), *words])
        assert f"this looks like {options}" in capsys.readouterr().err
    assert main(["decode", str(path), *options.split()]) == 0
    assert capsys.readouterr().err == ""


@pytest.fixture
def said(tmp_path, capsys):
    """What is said on stderr of a recording, read with these options."""

    def said(octets, *words):
        path = tmp_path / "said.bin"
        path.write_bytes(octets)
        main(["decode", str(path), *words])
        return capsys.readouterr().err.removeprefix("skyrack decode: ").strip()

    return said


def test_hints_are_no_options_that_were_given(said):
    code = replace(MANAGED, interleave=1, rs_parity=32, tm_frame_octets=200)
    encoder = TmEncoder(code)
    frames = tm_frames(code, [packet(number, size=120) for number in range(90)])
    units = b"".join(map(encoder.encode, frames))
    words = ["--frames", "tm", "--frame-octets", "200", "--cadu"] + ["--no-fecf"] * (not code.fecf)
    cut = len(units) - 100
    assert said(units[:cut], *words) == ""  # a recording may end within a unit
    assert said(units[:100], *words) == "100 octets are less than one frame, which takes 236"
    damaged = b"".join(units[n : n + 236] if n % 708 else units[n : n + 4] + bytes(232) for n in range(0, cut, 236))
    assert "looks like" not in said(damaged, *words)
    assert said(units, *words, "--randomiser", "none").endswith(f"{' '.join(words)} --interleave 1")


def test_what_was_left_out_on_request_is_no_fault_of_the_recording(said):
    octets = b"".join(packet(number) for number in range(30))
    apid = int.from_bytes(octets[:2]) & 2047
    assert said(octets, "--apid", "7") == f"no packet of APID 7, but of {apid}"
    assert said(b"", "--apid", "7") == "the recording is empty"
    assert said(octets, "--skip", "99999") == "--skip 99999 passes over all that is in it"
    frames = b"".join(tm_frames(MANAGED, [packet(number) for number in range(30)]))
    words = ["--frames", "tm", "--frame-octets", str(MANAGED.tm_frame_octets)] + ["--no-fecf"] * (not MANAGED.fecf)
    assert said(frames, *words, "--vc", "6") == "no packet on channel 6, but on 0"


def test_packets_without_their_crc_are_there_without_the_option(said):
    octets = b"".join(SpacePacket(5, number, bytes(range(40))).encode() for number in range(30))
    assert said(octets, "--crc") == "no packet ends in its CRC-16; without --crc there are some"


def test_an_error_control_field_taken_for_data_is_noticed(said):
    """It cuts packets in two; the frames are all there, so it is not they that are lost."""
    code = replace(MANAGED, fecf=True, tm_frame_octets=900, interleave=5)
    frames = b"".join(tm_frames(code, [packet(number, size=120) for number in range(200)]))
    words = ["--frames", "tm", "--frame-octets", "900"]
    assert said(frames, *words) == ""
    assert said(frames, *words, "--no-fecf") == (
        f"packets are lost, although no frame is; this looks like {' '.join(words)}"
    )


def test_what_stands_before_each_packet_is_named(said):
    octets = b"".join(b"time" + packet(number) for number in range(30))
    assert said(octets).endswith("this looks like --prefix 4")


def test_noise_is_said_to_be_nothing_known(tmp_path, capsys):
    path = tmp_path / "noise.bin"
    path.write_bytes(np.random.default_rng(5).bytes(3000))
    main(["decode", str(path)])
    assert "if these are frames, say which with --frames" in capsys.readouterr().err
    main(["decode", str(path), "--frames", "aos", "--frame-octets", "100"])
    assert "are --frames, --frame-octets, --no-fecf, --insert and --cadu what they should" in capsys.readouterr().err


def test_a_table_is_not_silently_of_every_packet(said, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("name,data_type,bit_length\nSECONDS,uint,32\n")
    octets = b"".join(packet(number, apid=apid) for number in range(9) for apid in (5, 9))
    sentence = (
        "a table does not say whose packets it is about, and those of APID 5, 9 are read by it: choose with --apid N"
    )
    assert said(octets, "--dictionary", str(table)) == sentence
    assert said(octets, "--dictionary", str(table), "--apid", "9") == ""


def test_a_recording_that_ends_within_a_packet(said):
    octets = b"".join(packet(number, size=200) for number in range(12))
    sentence = "the recording ends within a packet: its last 100 octets are of one of 212"
    assert said(octets[:-112]) == sentence
    assert (
        said(b"".join(b"time" + packet(number, size=200) for number in range(12))[:-116], "--prefix", "4") == sentence
    )
    assert "within a packet" not in said(octets[:2120] + bytes(90) + octets[2120:])
    assert "looks like" not in said(octets[:50])


def test_telecommand_frames_are_no_packet_that_was_cut_off(said):
    """Read as packets, the last of them promises more than there is."""
    frames = [TcFrame(spacecraft_id=9, channel=1, sequence=n, data=packet(n, size=90)).encode() for n in range(20)]
    assert said(b"".join(frames)).endswith("this looks like --frames tc")
