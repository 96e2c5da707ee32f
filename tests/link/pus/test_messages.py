"""Every message type of every service: what it says is read back, and by the dictionary's own codec."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.codec.record import Codec
from link.pus.catalogue import SERVICES, reports_of, requests_of
from link.pus.message import Report
from tests.examples import examples
from tests.link.dictionary.oracle import Oracle
from tests.link.dictionary.strategies import values_of

FORMS = [form for service in SERVICES for form in (*reports_of(service).values(), *requests_of(service).values())]


def test_no_message_type_is_declared_twice():
    kinds = [(form.__service__, form.__subtype__) for form in FORMS]
    assert len(set(kinds)) == len(kinds) > 150


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__service__},{form.__subtype__} {form.__name__}")
def test_every_message_type_says_what_it_is_for(form):
    """In one sentence on one line, which the console and the reference page show: a request says what the node does."""
    assert re.fullmatch(r"[A-Z`][^\n]{15,}\.", form.__doc__ or "")
    assert not form.__doc__.startswith(("What ", "Which ", "Who ", "How ")) or issubclass(form, Report)


@examples(150)
@given(st.sampled_from(FORMS), st.data())
def test_octets_become_an_object_and_the_same_octets(form, data):
    values = data.draw(values_of(form.__fields__))
    octets = Codec(form.__fields__).encode(values)
    assert form.decode(octets).encode() == octets
    assert Oracle(form.__fields__).build(dict(zip([f.name for f in form.__fields__], values, strict=True))) == octets
