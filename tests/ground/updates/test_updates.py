"""Bundles to update with, and what it takes to send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.updates.making import delta_bundle, software_bundle
from ground.updates.plan import Passes, sending
from link.bundles.contents import bundle_contents
from link.bundles.deltas import Delta
from link.bundles.keys import new_private_key, public_key
from link.coding.cltu import encode_cltu
from link.dictionary import Dictionary
from link.frames.tc import TcFrame
from link.pus.services.functions import PerformFunction
from link.pus.source import TcSource
from tests.link.models.bundles import PRIVATE, PUBLIC, bundle

EMPTY_ZIP = b"PK\5\6" + bytes(18)  # a zip file is read from its end, whatever stands before
OLD = software_bundle("coastwatch", "1", b"code " * 400 + EMPTY_ZIP, PRIVATE)
NEW = software_bundle("coastwatch", "2", b"code " * 300 + b"Code " * 100 + EMPTY_ZIP, PRIVATE)
PASSES = Passes(rate_bps=9600, pass_s=480, a_day=4)


def test_software_is_bundled_once():
    assert bundle_contents(NEW.octets, (PUBLIC,)) == NEW.contents
    with pytest.raises(ValueError, match="a signed bundle already"):
        software_bundle("coastwatch", "2", NEW.octets, PRIVATE)
    with pytest.raises(ValueError, match="not a zip file of Python packages"):
        software_bundle("coastwatch", "2", b"notes", PRIVATE)


def test_a_delta_makes_the_new_one_of_the_old_one():
    made = delta_bundle(NEW.octets, OLD.octets, PRIVATE)
    assert made.contents == NEW.contents
    assert Delta.decode(made.octets, (PUBLIC,)).expand(OLD.octets, 10_000) == NEW.octets
    assert len(made.octets) < len(NEW.octets)


def test_a_model_is_packed():
    octets = bundle(version="2").encode(PRIVATE)
    made = delta_bundle(octets, b"", PRIVATE)
    assert made.contents.kind == "forest"
    assert Delta.decode(made.octets, (PUBLIC,)).expand(b"", 10_000) == octets


def test_what_is_no_bundle_of_ours_is_refused():
    stranger = new_private_key()
    with pytest.raises(ValueError, match="not a signed bundle"):
        delta_bundle(b"code", b"", PRIVATE)
    with pytest.raises(ValueError, match="signed by key"):
        delta_bundle(NEW.octets, OLD.octets, stranger)
    assert delta_bundle(NEW.octets, OLD.octets, stranger, [public_key(PRIVATE)]).contents == NEW.contents
    with pytest.raises(ValueError, match="a delta, expected the bundle"):
        delta_bundle(delta_bundle(NEW.octets, b"", PRIVATE).octets, b"", PRIVATE)


def wire_octets(octets, chunk_octets, target):
    """What a station puts on the wire for a file, command by command."""
    from fsw.update import app

    dictionary, source, total = Dictionary.of("node", 1, {}, (app,)), TcSource(1), 0
    for at in range(0, octets, chunk_octets):
        size = min(chunk_octets, octets - at)
        arguments = {"target": target, "slot": "A", "offset": at, "octets": bytes(size)}
        number, encoded = dictionary.encode_command("update.write", arguments)
        packet = source.packet(PerformFunction(function=number, arguments=encoded)).encode()
        frame = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=packet).encode(fecf=True)
        total += len(encode_cltu(frame, randomise=True))
    return total


@given(st.integers(1, 5000), st.integers(60, 1024), st.sampled_from(["software", "clouds"]))
@pytest.mark.requirement("GND-OPS-008")
def test_the_plan_is_what_is_sent(octets, frame_octets_max, target):
    plan = sending(octets, target, PASSES, frame_octets_max)
    assert plan.wire_octets == wire_octets(octets, plan.chunk_octets, target)
    assert plan.commands == -(-octets // plan.chunk_octets)


def test_chunks_fill_their_frames():
    with pytest.raises(ValueError, match="a TC frame holds"):
        wire_octets(5000, sending(5000, "software", PASSES).chunk_octets + 1, "software")


@pytest.mark.requirement("GND-OPS-008")
def test_passes_and_days():
    """By hand: a pass of 480 s at 9600 bit/s takes 576000 octets; a command of 1024 octets is a CLTU of 1186."""
    plan = sending(1_000_000, "software", PASSES)
    full = 10 + -(-1024 // 7) * 8
    assert plan.chunk_octets == 1024 - 7 - 13 - 2 - 9 - 7
    assert plan.commands == 1015
    assert plan.passes == -(-1015 // (576_000 // full)) == 3
    assert plan.days == 0.75
    assert plan.seconds == pytest.approx(8 * plan.wire_octets / 9600)
    assert PASSES.octets_a_day == 2_304_000


def test_what_cannot_be_sent_is_said():
    with pytest.raises(ValueError, match="frames of 30 octets, of which a command to write takes 3"):
        sending(100, "software", PASSES, 30)
    with pytest.raises(ValueError, match=r"a pass of 0\.1 s takes less than one command"):
        sending(5000, "software", Passes(9600, 0.1, 1))
