"""Play yourself: arrow keys or WASD steer, space pauses, n starts a new game, q quits.

python scripts/play.py

python scripts/play.py --height 12 --width 16 --walls wrap --fps 10
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import tyro

from players import ENVIRONMENT_ID
from snake_env.renderer import render_frame
from snake_env.state import State

KEYS = {"up": 0, "right": 1, "down": 2, "left": 3, "w": 0, "d": 1, "s": 2, "a": 3}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The board and the pace."""

    height: int = 10
    """Rows of the board."""
    width: int = 10
    """Columns of the board."""
    walls: str = "solid"
    """solid, or wrap for joined edges."""
    obstacles: str | None = None
    """Name of a layout: cross, pillars, rooms or corners."""
    food: int = 1
    """Pieces of food at a time."""
    fps: int = 6
    """Moves a second."""
    seed: int | None = None
    """Of the first game; by default a new one each time."""
    games: int | None = None
    """Stop after this many games."""


def main(config: Config) -> list[int]:
    """Play until the window is closed; gives back the score of each game that ended."""
    from snake_env.window import Window

    rules = {name: getattr(config, name) for name in ("height", "width", "walls", "obstacles", "food")}
    env = gym.make(ENVIRONMENT_ID, **rules)
    base: Any = env.unwrapped
    scores: list[int] = []
    window = None
    seed = config.seed
    while config.games is None or len(scores) < config.games:
        _, info = env.reset(seed=seed)
        seed, over, paused = None, False, False
        turns: list[int] = []
        while not over:
            state = State(**base.get_state())
            frame = render_frame(state, wrap=config.walls == "wrap")
            if window is None:
                window = Window("Snake", frame.shape[1::-1], fps=config.fps)
            keys = window.show(frame)
            if window.closed or "q" in keys or "escape" in keys:
                window.close()
                return scores
            if "n" in keys:
                break
            if "space" in keys:
                paused = not paused
            heading = int(state.heading[0])
            # Quick players press two turns within one move; a turn back into the neck is no turn.
            for key in keys:
                direction = KEYS.get(key)
                if direction is not None and (direction - (turns[-1] if turns else heading)) % 2 == 1:
                    turns.append(direction)
            if not paused:
                _, _, terminated, truncated, info = env.step(turns.pop(0) if turns else heading)
                over = terminated or truncated
        else:
            scores.append(info["score"])
            print(f"score {info['score']}" + (", and the board is full" if info["won"] else ""))
            for _ in range(config.fps):  # a second to see how it ended
                assert window is not None
                window.show(render_frame(State(**base.get_state()), wrap=config.walls == "wrap"))
    if window is not None:
        window.close()
    return scores


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    try:
        main(parse(sys.argv[1:]))
    except (ValueError, RuntimeError) as error:
        raise SystemExit(f"error: {error}") from None
    except KeyboardInterrupt:
        sys.exit(0)
