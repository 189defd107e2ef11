"""Hashes of 2,016 games: every kind of rules, observation and reward, in each autoreset mode.

The actions come from a generator and the action mask. Floating-point numbers are rounded before they are hashed.
"""

import hashlib
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import snake_env  # noqa: F401  registers the environment

ID = "snake_env/Snake-v1"
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "small": {"height": 4, "width": 5},
    "tall": {"height": 9, "width": 5, "observation": "features"},
    "wrap": {"height": 6, "width": 7, "walls": "wrap", "food": 2},
    "wrap-ego": {"height": 6, "width": 5, "walls": "wrap", "observation": "ego", "actions": "relative"},
    "cross": {"height": 9, "width": 11, "obstacles": "cross", "observation": "features"},
    "pillars": {"height": 10, "width": 12, "obstacles": "pillars", "food": 3},
    "random-obstacles": {"height": 8, "width": 7, "obstacles": [0.15, 3], "observation": "ego"},
    "relative": {"height": 7, "width": 6, "actions": "relative", "observation": {"name": "ego", "moves": True}},
    "random-starts": {"height": 6, "width": 8, "initial_length": [3, 30], "observation": "features"},
    "hungry": {
        "height": 6,
        "width": 6,
        "hunger_limit": 12,
        "reward": {"name": "sparse", "starving": 0.5, "death": 2.0},
    },
    "distance": {
        "height": 8,
        "width": 8,
        "actions": "relative",
        "reward": {"name": "distance", "gamma": 0.99, "starving": 1.0},
    },
    "large": {"height": 17, "width": 18, "initial_length": [4, 60]},
    "rgb": {"height": 4, "width": 6, "observation": "rgb"},
    "ego-radius": {"height": 8, "width": 8, "observation": {"name": "ego", "radius": 3}},
    "rooms": {
        "height": 11,
        "width": 11,
        "obstacles": "rooms",
        "walls": "wrap",
        "observation": "features",
        "actions": "relative",
    },
}
MODES = ("NextStep", "SameStep", "Disabled")
N, T = 42, 60  # games of each of the 16 settings in each mode, and their steps


def trajectories() -> dict[str, str]:
    """Return a hash of all observations, rewards, endings and infos for each setting and mode."""
    return {
        f"{name} {mode}": _hash_games(arguments, mode, seed)
        for seed, (name, arguments) in enumerate(SETTINGS.items())
        for mode in MODES
    }


def _hash_games(arguments: dict[str, Any], mode: str, seed: int) -> str:
    envs = gym.make_vec(ID, num_envs=N, vectorization_mode="vector_entry_point", autoreset_mode=mode, **arguments)
    rng = np.random.default_rng(seed)
    digest = hashlib.sha256()
    observations, info = envs.reset(seed=1000 * seed)
    _update(digest, observations, info)
    for _ in range(T):
        observations, rewards, terminated, truncated, info = envs.step(_actions(rng, info["action_mask"]))
        _update(digest, observations, rewards, terminated, truncated, info)
        over = terminated | truncated
        if mode == "Disabled" and over.any():
            observations, info = envs.reset(options={"reset_mask": over})
            _update(digest, observations, info)
    return digest.hexdigest()[:16]


def _actions(rng: np.random.Generator, mask: NDArray[np.int8]) -> NDArray[np.int64]:
    """Allowed actions mostly, and any action now and then."""
    noise = rng.random(mask.shape)
    explore = rng.random(len(mask)) < 0.03
    return np.where(explore, rng.integers(mask.shape[1], size=len(mask)), (mask + noise).argmax(axis=1))


def _update(digest: Any, *values: Any) -> None:
    """Add arrays, and dictionaries of arrays, to a hash."""
    for value in values:
        if isinstance(value, dict):
            for name in sorted(value):
                digest.update(name.encode())
                _update(digest, value[name])
            continue
        array = np.asarray(value)
        if array.dtype == object:  # final observations, None for games that go on
            _update(digest, *(item for item in array.reshape(-1).tolist() if item is not None))
            continue
        if array.dtype.kind == "f":
            array = np.round(array.astype(np.float64), 4) + 0.0
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
