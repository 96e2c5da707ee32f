"""Attributes that no schema knows: refused where they would say how a value is written, else passed over, reported."""

import pytest

from tests.link.dictionary.xtce.files import (
    container,
    database,
    decoded,
    entries,
    parameters,
    refused,
    system,
    telemetry,
)


def file(encoding, more="", attributes=""):
    kind = f'<IntegerParameterType name="k"{attributes}>{encoding}{more}</IntegerParameterType>'
    return system("S", telemetry(kind, parameters("p", of="k"), container("P", entries("p"))))


@pytest.mark.parametrize("said", ["sizeInBit", "sizeInbits", "sizeinbits"])
def test_a_misspelt_size_is_not_taken_for_the_default(said):
    assert refused(file(f'<IntegerDataEncoding {said}="16"/>')) == [
        f"line 1: IntegerDataEncoding: attribute {said} is not supported; did you mean sizeInBits?"
    ]


def test_a_misspelt_size_that_is_the_default_changes_nothing():
    whole = file('<IntegerDataEncoding sizeInbits="8"/>')
    assert database(whole).skipped == ("line 1: attribute sizeInbits of IntegerDataEncoding is passed over",)
    assert decoded(whole, b"\x07") == {"p": 7}


def test_an_attribute_like_no_other():
    assert refused(file('<IntegerDataEncoding LSBfirst="true"/>')) == [
        "line 1: IntegerDataEncoding: attribute LSBfirst is not supported"
    ]


def test_attributes_that_do_not_say_how_values_are_written():
    whole = file("<IntegerDataEncoding/>", '<ValidRange minimum="3"/>', ' colour="red"')
    assert database(whole).skipped == (
        "line 1: attribute colour of IntegerParameterType is passed over",
        "line 1: attribute minimum of ValidRange is passed over",
    )


def test_attributes_of_other_namespaces_say_nothing_here():
    whole = file('<IntegerDataEncoding xmlns:x="urn:x" x:sizeInBits="16"/>', "<AncillaryDataSet odd='1'/>")
    assert database(whole).skipped == ()


def test_without_commands_theirs_do_not_count():
    commands = '<CommandMetaData><MetaCommandSet><MetaCommand name="M" base="N"/></MetaCommandSet></CommandMetaData>'
    whole = system("S", telemetry() + commands)
    assert refused(whole) == ["line 1: MetaCommand M: attribute base is not supported"]
    assert refused(whole, part="telemetry") == []
