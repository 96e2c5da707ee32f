"""One frame at a time, which needs no numpy, gives what many at once give."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.coding.tm_encoder import TmEncoder
from tests.link.coding.test_tm import BARE, CODED


@pytest.mark.parametrize(
    "managed", [BARE, CODED, replace(CODED, randomise=False), replace(CODED, long_randomiser=True)]
)
@given(data=st.data())
def test_one_frame_is_coded_as_a_row_of_many(managed, data):
    size = managed.tm_frame_octets
    frame = data.draw(st.binary(min_size=size, max_size=size))
    encoder = TmEncoder(managed)
    assert encoder.encode(frame) == encoder.encode_rows(np.frombuffer(frame, np.uint8)[np.newaxis]).tobytes()
