"""Keys: what was signed is known again, and what is no key is refused in one sentence."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from link.bundles.keys import is_signed, new_private_key, public_half, public_key, public_pem, sign

PRIVATE = new_private_key()
PUBLIC = public_key(PRIVATE)
OTHER_KIND = generate_private_key(SECP256R1())


def test_keys():
    assert public_key(public_pem(PRIVATE)) == public_half(PRIVATE) == PUBLIC
    assert is_signed(PUBLIC, sign(PRIVATE, b"this"), b"this")
    assert not is_signed(PUBLIC, sign(PRIVATE, b"this"), b"that")


def test_what_is_no_key_is_refused():
    with pytest.raises(ValueError, match="not a public key"):
        public_key(b"-----BEGIN")
    with pytest.raises(ValueError, match="not a private key"):
        sign(public_pem(PRIVATE), b"")


def test_keys_of_another_kind_are_refused():
    private = OTHER_KIND.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = OTHER_KIND.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        sign(private, b"")
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        public_key(public)
