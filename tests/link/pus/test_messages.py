"""Every message type of every service: what it says is read back, and by the dictionary's own codec."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link.dictionary.codec.record import Codec
from link.pus.catalogue import SERVICES, reports_of, requests_of
from tests.link.dictionary.oracle import Oracle
from tests.link.dictionary.strategies import values_of

FORMS = [form for service in SERVICES for form in (*reports_of(service).values(), *requests_of(service).values())]


def test_no_message_type_is_declared_twice():
    kinds = [(form.__service__, form.__subtype__) for form in FORMS]
    assert len(set(kinds)) == len(kinds) > 150


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__service__},{form.__subtype__} {form.__name__}")
def test_every_message_type_says_what_it_is_for(form):
    assert (form.__doc__ or "").strip().endswith((".", "?"))
    assert "(" not in form.__doc__.partition("\n")[0][:1]


@settings(max_examples=150)
@given(st.sampled_from(FORMS), st.data())
def test_octets_become_an_object_and_the_same_octets(form, data):
    values = data.draw(values_of(form.__fields__))
    octets = Codec(form.__fields__).encode(values)
    assert form.decode(octets).encode() == octets
    assert Oracle(form.__fields__).build(dict(zip([f.name for f in form.__fields__], values, strict=True))) == octets
