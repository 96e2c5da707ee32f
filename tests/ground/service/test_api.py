import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.records import Status, plain
from ground.service import api

ids = st.integers(-(2**63), 2**63 - 1)
names = st.text(max_size=20)
values = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | names
requests = (
    st.builds(api.GetStatus, id=ids)
    | st.builds(api.SendCommand, id=ids, name=names, arguments=st.dictionaries(names, values))
    | st.builds(api.ListEvents, id=ids, since_ns=ids, limit=st.integers(1, api.ROWS_MAX))
    | st.builds(api.GetHistory, id=ids, parameter=names)
    | st.builds(api.Subscribe, id=ids, topics=st.lists(st.sampled_from(api.TOPICS)).map(tuple))
)


@given(requests)
def test_a_request_comes_back_from_its_line(request):
    line = api.encode(request)
    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    assert api.decode_request(line) == request
    assert api.request_id(line) == request.id


@given(st.binary(max_size=60) | requests.map(api.encode).flatmap(lambda line: st.just(line[: len(line) // 2])))
def test_any_line_is_a_request_or_a_value_error(line):
    for decode in (api.decode_request, api.decode_answer):
        with contextlib.suppress(ValueError):
            decode(line)
    api.request_id(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"do": "events", "since_ns": 9223372036854775808}',
        b'{"do": "events", "limit": 100001}',
        b'{"do": "events", "limit": 0}',
        b'{"do": "history", "parameter": "%s"}' % (b"x" * 601),
        b'{"do": "command", "name": "%s"}' % (b"x" * 601),
        b'{"do": "command", "name": "x", "arguments": {"a": 99999999999999999999}}',
        b'{"do": "command", "name": "x", "arguments": {"a": 1e999}}',
        b'{"do": "command", "name": "x", "arguments": {"a": [1]}}',
        b'{"do": "status", "id": -9223372036854775809}',
        b'{"do": ' * 10_000,
        b"[" * 10_000,
        b'{"do": "command", "name": "x", "arguments": {"a": ' + b"[" * 10_000,
    ],
)
def test_what_no_archive_and_no_command_holds_is_refused_as_it_enters(line):
    with pytest.raises(ValueError, match=r"^request not understood: ") as caught:
        api.decode_request(line)
    assert len(str(caught.value)) < 300


def test_a_record_of_the_wrong_form_is_refused_by_key():
    with pytest.raises(ValueError, match="node"):
        api.as_kind({"dictionary": "x"}, Status)


@given(st.binary() | st.floats() | st.integers() | st.text() | st.booleans())
def test_every_value_survives_json(value):
    given = plain(value)
    assert msgspec.json.decode(msgspec.json.encode(given)) == given
