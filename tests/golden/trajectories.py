"""Hashes of 2,016 games: every kind of rules, observation and reward, in each autoreset mode.

The moves come from a generator and the action mask. Floating-point numbers are rounded before they are hashed.
"""

import hashlib

import gymnasium as gym
import numpy as np

import snake_env  # noqa: F401  registers the environment

ID = "snake_env/Snake-v1"
SETTINGS = {
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
N, T = 42, 60  # 16 settings x 3 modes x 42 games


def feed(digest, value):
    if isinstance(value, dict):
        for name in sorted(value):
            digest.update(name.encode())
            feed(digest, value[name])
        return
    array = np.asarray(value)
    if array.dtype == object:
        for item in array.reshape(-1).tolist():
            if item is not None:
                feed(digest, item)
        return
    if array.dtype.kind == "f":
        array = np.round(array.astype(np.float64), 4) + 0.0
    digest.update(str(array.shape).encode())
    digest.update(np.ascontiguousarray(array).tobytes())


def policy(rng, mask):
    """Allowed moves mostly, any now and then."""
    noise = rng.random(mask.shape)
    return np.where(
        rng.random(len(mask)) < 0.03, rng.integers(mask.shape[1], size=len(mask)), (mask + noise).argmax(axis=1)
    )


def trajectories():
    found = {}
    for number, (name, arguments) in enumerate(SETTINGS.items()):
        for mode in MODES:
            envs = gym.make_vec(
                ID, num_envs=N, vectorization_mode="vector_entry_point", autoreset_mode=mode, **arguments
            )
            rng = np.random.default_rng(number)
            digest = hashlib.sha256()
            observations, info = envs.reset(seed=1000 * number)
            feed(digest, observations)
            feed(digest, info)
            for _ in range(T):
                observations, rewards, terminated, truncated, info = envs.step(policy(rng, info["action_mask"]))
                for value in (observations, rewards, terminated, truncated, info):
                    feed(digest, value)
                if mode == "Disabled" and (terminated | truncated).any():
                    observations, info = envs.reset(options={"reset_mask": terminated | truncated})
                    feed(digest, observations)
                    feed(digest, info)
            found[f"{name} {mode}"] = digest.hexdigest()[:16]
    return found
