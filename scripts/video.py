"""A game as a picture that moves: GIF by Pillow, MP4 by imageio."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from agents import Agent
from players import ENVIRONMENT_ID
from snake_env.renderer import render_frame
from snake_env.state import State

Frame = NDArray[np.uint8]
COLOURS = 64  # of a GIF's palette: enough for the anti-aliased snake, and small


def play_states(agent: Agent, rules: Mapping[str, Any], seed: int) -> Iterator[State]:
    """The states of the game with this seed, from the first to the last."""
    env = gym.make(ENVIRONMENT_ID, **(agent.environment | dict(rules)))
    base: Any = env.unwrapped
    observation, info = env.reset(seed=seed)
    over = False
    yield State(**base.get_state())
    while not over:
        action = agent.act(observation[None], info["action_mask"][None])[0]
        observation, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
        yield State(**base.get_state())


def play_frames(agent: Agent, rules: Mapping[str, Any], seed: int, *, tile: int | None = None) -> Iterator[Frame]:
    """The pictures of the game with this seed, from the first to the last."""
    wrap = (agent.environment | dict(rules)).get("walls") == "wrap"
    for state in play_states(agent, rules, seed):
        yield render_frame(state, tile=tile, wrap=wrap)


def save_video(frames: list[Frame], path: Path, fps: int) -> None:
    """Write frames as .gif or .mp4.

    Raises:
        ValueError: another ending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gif":
        _save_gif(frames, path, fps)
    elif path.suffix == ".mp4":
        import imageio.v3 as imageio

        even = [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames]
        imageio.imwrite(path, np.stack(even), fps=fps, codec="libx264", macro_block_size=2)
    else:
        raise ValueError(f"{path} ends in {path.suffix!r}; choose .gif or .mp4")


def _save_gif(frames: list[Frame], path: Path, fps: int) -> None:
    from PIL import Image

    # One palette for all frames, from the first, the middle and the last: then only pixels that change are stored.
    samples = np.concatenate([frames[i] for i in (0, len(frames) // 2, len(frames) - 1)])
    # Of the colours that there are, each counts once: the food is small and must not lose its own.
    colours = np.unique(samples.reshape(-1, 3), axis=0)[None]
    palette = Image.fromarray(colours).quantize(COLOURS, dither=Image.Dither.NONE)
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    # GIF counts time in hundredths of a second; the last picture stays for two seconds.
    duration = [max(2, round(100 / fps)) * 10] * (len(images) - 1) + [2000]
    images[0].save(path, save_all=True, append_images=images[1:], duration=duration, loop=0, optimize=False)
