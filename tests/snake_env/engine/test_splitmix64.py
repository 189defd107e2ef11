"""SplitMix64 compared with published numbers, and whole games with hashes that are the same on every machine."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_env import SnakeVectorEnv
from snake_env.engine.splitmix64 import advance_many, below, below_many, draw, halves, outputs

# The first outputs of SplitMix64 for the seed 1234567, from the reference implementation by Sebastiano Vigna.
SEED = 1234567
OUTPUTS = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]
words = st.integers(0, 2**64 - 1)


def test_one_stream_gives_the_published_numbers() -> None:
    state, outputs = SEED, []
    for _ in OUTPUTS:
        state, high, low = draw(state)
        outputs.append(high << 32 | low)
    assert outputs == OUTPUTS


def test_many_streams_give_the_published_numbers() -> None:
    states = np.array([SEED, SEED], dtype=np.uint64)
    assert outputs(states, len(OUTPUTS)).tolist() == [OUTPUTS, OUTPUTS]
    later = advance_many(states, np.array([0, 2]))
    assert outputs(later, 2).tolist() == [OUTPUTS[:2], OUTPUTS[2:4]]


@given(words)
def test_the_halves_of_an_output_are_what_one_stream_draws(state: int) -> None:
    states = np.array([state], dtype=np.uint64)
    after_one, *expected = draw(state)
    assert [int(half[0, 0]) for half in halves(outputs(states, 1))] == expected
    assert advance_many(states, np.array([1])).tolist() == [after_one]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4096))
def test_numbers_below_a_count(bits: int, count: int) -> None:
    number = below(bits, count)
    assert number == int(bits / 2**32 * count)
    many = below_many(np.array([bits, bits], dtype=np.uint64), count)
    each = below_many(np.array([bits], dtype=np.uint64), np.array([count], dtype=np.uint64))
    assert many.tolist() == [number, number]
    assert each.tolist() == [number]
    assert many.dtype == np.int64


def test_all_numbers_below_a_count_occur() -> None:
    assert [below(bits, 5) for bits in (0, 2**32 - 1)] == [0, 4]
    assert {below(i << 27, 5) for i in range(32)} == {0, 1, 2, 3, 4}


KEYS = ("score", "length", "won", "action_mask")


def next_action(mask: npt.NDArray[Any], step: int, game: int) -> int:
    """A legal action, chosen without random numbers."""
    legal = np.flatnonzero(mask)
    return int(legal[(step // 2 + game) % len(legal)]) if len(legal) else 0


def digest_of_games(env: dict[str, Any]) -> str:
    """A hash of everything that 5 games return in 200 steps."""
    envs = SnakeVectorEnv(5, **env)
    digest = hashlib.sha256()

    def add(*arrays: npt.NDArray[Any]) -> None:
        for array in arrays:
            digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())

    observations, info = envs.reset(seed=7)
    add(observations, info["action_mask"])
    for step in range(200):
        actions = np.array([next_action(info["action_mask"][i], step, i) for i in range(5)])
        observations, rewards, terminations, truncations, info = envs.step(actions)
        add(observations, rewards, terminations, truncations, *(info[key] for key in KEYS))
    add(envs.get_state()["stream"])
    return digest.hexdigest()[:16]


FROZEN: list[tuple[dict[str, Any], str]] = [
    ({"height": 6, "width": 5}, "0f47bb6aadb1664f"),
    ({"height": 16, "width": 17, "food": 9, "walls": "wrap", "actions": "relative"}, "044e221f720ad98b"),
    (
        {"height": 5, "width": 7, "obstacles": [0.2, 3], "initial_length": [4, 12], "reward": "distance"},
        "91c980fd541237a8",
    ),
    ({"height": 6, "width": 9, "observation": "features", "obstacles": "pillars"}, "01ec7aa5e08d8dfd"),
    ({"height": 5, "width": 8, "observation": "ego", "hunger_limit": 12, "walls": "wrap"}, "57a12954cc9169e6"),
]


@pytest.mark.parametrize(("env", "digest"), FROZEN, ids=str)
def test_the_same_seeds_give_the_same_bytes_on_every_machine(env: dict[str, Any], digest: str) -> None:
    assert digest_of_games(env) == digest
