"""Whole transfers in any weather. Safety: what is delivered is the file, and each end hears of the outcome once.
Liveness: class 2 always ends, clean on both sides."""

import random

import pytest

from link.cfdp import Abandoned, ChecksumType, Fault, Settings, TransactionFinished
from tests.link.cfdp.channel import Weather, World

STORM = Weather(loss=0.3, repeat=0.1, delay_ms=40)


def ends(told):
    return [i for i in told if isinstance(i, TransactionFinished | Fault | Abandoned)]


def assert_clean(world):
    assert world.stores[1].files["g"] == world.content
    assert world.quiet
    for told in world.told:
        (end,) = ends(told)
        assert end.delivered, end


def settings_of(dice):
    return Settings(
        checksum=dice.choice(list(ChecksumType)),
        crc=dice.random() < 0.5,
        immediate_nak=dice.random() < 0.5,
        pdu_octets_max=dice.choice([64, 200, 1024]),
        id_octets=dice.randint(1, 8),
        sequence_octets=dice.randint(1, 8),
    )


@pytest.mark.parametrize("seed", range(120))
def test_class_2_ends_clean_in_any_storm(seed):
    dice = random.Random(f"{seed}/settings")
    content = dice.randbytes(dice.choice([0, 1, 100, 5_000, 20_000]))
    world = World(seed, STORM, content, settings_of(dice))
    world.ends[0].put("f", "g", 2)
    world.run()
    assert_clean(world)
