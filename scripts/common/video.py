"""A game as a picture that moves: GIF by Pillow, MP4 by imageio."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from agents import Agent
from nn.atomic_file import atomic_file
from scripts.games.players import ENVIRONMENT_ID
from snake_env.engine.state import State

Frame = NDArray[np.uint8]
COLOURS = 63  # of a GIF's palette: enough for the anti-aliased snake; with the transparent one they take six bits
SAMPLED = 16  # frames whose colours the palette is made for


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


def save_video(frames: Sequence[Frame], path: Path, fps: int) -> None:
    """Write frames as .gif or .mp4.

    Args:
        frames: (height, width, 3) each, all of one shape. An MP4 leaves out the last row or column of an odd number.
        path: of the file; its folder is made.
        fps: frames a second; a GIF, which counts in hundredths of a second, takes the nearest it can, 50 at most.

    Raises:
        ValueError: another ending.
    """
    savers = {".gif": _save_gif, ".mp4": _save_mp4}
    if path.suffix not in savers:
        raise ValueError(f"{path} ends in {path.suffix!r}; choose .gif or .mp4")
    with atomic_file(path) as file:
        savers[path.suffix](frames, file, fps)


def _save_mp4(frames: Sequence[Frame], path: Path, fps: int) -> None:
    import imageio.v2 as imageio

    height, width = (side // 2 * 2 for side in frames[0].shape[:2])  # the codec takes even sides alone
    writer: Any = imageio.get_writer(path, fps=fps, codec="libx264", macro_block_size=2)
    with closing(writer):  # by itself it stays open after an error
        for frame in frames:
            writer.append_data(frame[:height, :width])


def _save_gif(frames: Sequence[Frame], path: Path, fps: int) -> None:
    """A frame is stored as the rectangle that changes, and in it what stays the same as one transparent colour."""
    from PIL import Image

    palette = gif_palette(frames)
    table = bytes(palette.getpalette()[: 3 * COLOURS]).ljust(3 * COLOURS + 3, b"\0")  # the last one is the transparent
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    # GIF counts time in hundredths of a second; the last picture stays for two seconds.
    duration = [max(2, round(100 / fps)) * 10] * (len(images) - 1) + [2000]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=duration,
        loop=0,
        palette=table,  # one for the file, where Pillow would write one for each frame
        transparency=COLOURS,
        disposal=1,  # the next frame is drawn over this one
        optimize=True,
    )


def gif_palette(frames: Sequence[Frame]) -> Any:  # noqa: ANN401
    """An image of Pillow's whose palette is good for all frames: then only pixels that change are stored.

    A colour counts by the square root of its pixels. By their number the food would lose its colour to hundreds of
    floors; if each counted alike, the floors would lose theirs to all the shades of smooth edges.
    """
    from PIL import Image

    chosen = {round(i) for i in np.linspace(0, len(frames) - 1, SAMPLED)}
    pixels = np.concatenate([frames[i].reshape(-1, 3) for i in sorted(chosen)])
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    weighted = np.repeat(colours, np.ceil(np.sqrt(counts)).astype(np.int64), axis=0)
    image = Image.fromarray(weighted[None])
    return image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
