"""Software bundles and what is seen of any bundle: what is signed comes back, and nothing else is taken for one."""

import json
import random
import struct
import subprocess
import sys
import zipfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.bundles.contents import BundleContents, bundle_contents, bundle_kind, target_of
from link.bundles.deltas import make_delta
from link.bundles.envelope import digest_of, key_name, seal, sha256_of
from link.bundles.keys import new_private_key, public_key
from link.bundles.software import Software, SoftwareManifest, make_software
from link.errors import DecodeError
from tests.link.models.bundles import PRIVATE, PUBLIC, bundle

KEYS = (PUBLIC,)
SOFTWARE = make_software("coastwatch", "1.2", b"print('flying')")
OCTETS = SOFTWARE.encode(PRIVATE)


def test_decode_inverts_encode():
    assert Software.decode(OCTETS, KEYS) == SOFTWARE
    assert SOFTWARE.encode(PRIVATE) == OCTETS
    assert bundle_contents(OCTETS, KEYS) == BundleContents("software", "coastwatch", "1.2", sha256_of(OCTETS))


def test_a_model_is_seen_the_same_way():
    octets = bundle(version="3.1").encode(PRIVATE)
    assert bundle_contents(octets, KEYS) == BundleContents("forest", "stump", "3.1", sha256_of(octets))
    with pytest.raises(DecodeError, match="version 'best', expected whole numbers"):
        bundle_contents(bundle(version="best").encode(PRIVATE), KEYS)


def test_a_bundle_says_which_target_it_is_for():
    model = bundle().encode(PRIVATE)
    assert [target_of(octets) for octets in (OCTETS, model)] == ["software", "stump"]
    assert target_of(make_delta("stump", "2", model, b"").encode(PRIVATE)) == "software"
    strange = seal(PRIVATE, b'{"kind":"forest"}', [])
    for read in (target_of, lambda octets: bundle_contents(octets, KEYS)):
        with pytest.raises(DecodeError, match=r"manifest: .*name"):
            read(strange)


def test_no_bit_may_change_and_no_octet_miss():
    dice = random.Random(1)
    for _ in range(300):
        bit, cut = dice.randrange(8 * len(OCTETS)), dice.randrange(len(OCTETS))
        flipped = OCTETS[: bit // 8] + bytes([OCTETS[bit // 8] ^ 1 << bit % 8]) + OCTETS[bit // 8 + 1 :]
        for changed in (flipped, OCTETS[:cut], OCTETS + b"?"):
            with pytest.raises(DecodeError):
                bundle_contents(changed, KEYS)


@given(st.binary(max_size=200), st.booleans())
def test_contents_are_total(octets, genuine):
    head = struct.pack("<4s8sI", b"SRB1", key_name(PUBLIC), len(octets)) if genuine else b""
    with pytest.raises(DecodeError):
        bundle_contents(head + octets + bytes(64), KEYS)


def test_only_trusted_keys_count():
    stranger = new_private_key()
    with pytest.raises(DecodeError, match="signed by key"):
        bundle_contents(SOFTWARE.encode(stranger), KEYS)
    assert bundle_contents(SOFTWARE.encode(stranger), (PUBLIC, public_key(stranger))).version == "1.2"
    with pytest.raises(DecodeError, match="there are none"):
        bundle_contents(OCTETS, ())


def test_a_signed_manifest_is_read_with_care_all_the_same():
    said = json.loads(msgspec.json.encode(SOFTWARE.manifest))
    for manifest, sentence in [
        (json.dumps(said).encode(), "canonical form"),
        (msgspec.json.encode({**said, "more": 1}), "manifest: .*more"),
        (msgspec.json.encode({**said, "parts": []}), "manifest: .*parts"),
        (msgspec.json.encode({**said, "kind": 1}), "manifest: .*kind"),
        (b"\xff", "manifest: "),
        (msgspec.json.encode({**said, "version": "new"}), "version 'new'"),
    ]:
        with pytest.raises(DecodeError, match=sentence):
            bundle_contents(seal(PRIVATE, manifest, [SOFTWARE.image]), KEYS)
    with pytest.raises(DecodeError, match="octets of parts"):
        bundle_contents(seal(PRIVATE, msgspec.json.encode(said), [b"other"]), KEYS)
    with pytest.raises(DecodeError, match="part image: its SHA-256"):
        bundle_contents(seal(PRIVATE, msgspec.json.encode(said), [SOFTWARE.image[::-1]]), KEYS)


@pytest.mark.parametrize(("name", "version", "sentence"), [("../up", "1", "name"), ("node", "v1", "version 'v1'")])
def test_what_breaks_a_rule_is_not_made(name, version, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_software(name, version, b"")


@pytest.mark.parametrize(("octets", "sentence"), [(b"SRB0....", "of this version"), (b"PK", "not a signed bundle$")])
def test_other_files_are_told_apart(octets, sentence):
    with pytest.raises(DecodeError, match=sentence):
        bundle_kind(octets)


def test_a_manifest_without_a_kind_is_refused():
    with pytest.raises(DecodeError, match=r"manifest: .*kind"):
        bundle_kind(seal(PRIVATE, b"{}", []))


def test_a_zip_application_starts_as_it_lies_in_its_bundle(tmp_path):
    application = tmp_path / "application.pyz"
    with zipfile.ZipFile(application, "w") as file:
        file.writestr("__main__.py", "print('it flies')")
    path = tmp_path / "bundle"
    path.write_bytes(make_software("node", "1", application.read_bytes()).encode(PRIVATE))
    said = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout
    assert said == "it flies\n"


def test_a_manifest_holds_what_is_asked_of_it():
    manifest = SoftwareManifest(name="n", version="1", kind="software", parts=(digest_of("image", b"x"),))
    assert Software.decode(seal(PRIVATE, msgspec.json.encode(manifest), [b"x"]), KEYS).image == b"x"


def test_a_manifest_that_nobody_signed_is_not_read_beyond_bounds():
    """What an upload says to be is looked at before its signature is: it must not end who looks."""
    octets = seal(PRIVATE, b'{"x":' + b"[" * 100_000, [])
    for read in (bundle_kind, target_of, lambda octets: bundle_contents(octets, KEYS)):
        with pytest.raises(DecodeError, match="nested too deep"):
            read(octets)
