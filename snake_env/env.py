"""Snake as a Gymnasium environment for one game."""

from collections.abc import Mapping
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from snake_env.engine.game import Game
from snake_env.engine.state import State
from snake_env.observations.planes import Planes
from snake_env.rendering.renderer import render_text
from snake_env.seeds import whole_seed
from snake_env.task import RuleArguments, Task

if TYPE_CHECKING:
    from snake_env.rendering.window import Window

Observation = NDArray[Any]


class SnakeEnv(gym.Env[Observation, np.int64]):
    """Snake on a board of any size.

    ## Description
    A snake moves one cell a step. It grows by one cell with each piece of food, dies where it runs into a wall, an
    obstacle or itself, and wins when it fills the board. It may move into the cell that its tail leaves in the same
    step. New food falls on a free cell, each as likely.

    ## Action Space
    `Discrete(4)` for `actions="absolute"`: 0 up, 1 right, 2 down, 3 left; turning back into the neck is death.
    `Discrete(3)` for `actions="relative"`: 0 left, 1 straight, 2 right.

    ## Observation Space
    By name: `"planes"` (4, H, W), `"ego"` (4, S, S), `"features"` (A * 13 + 2,), `"rgb"` (H * 8, W * 8, 3); or with
    options, such as `{"name": "ego", "radius": 4}`. See `snake_env.observations.planes`, `ego`, `features`.

    ## Rewards
    `"sparse"`: +1 for food, -1 for death, +1 for the full board. `"distance"`: the same, shaped by a potential, the
    distance to food. With numbers: `{"name": "sparse", "food": 1, "death": 0.5, "win": 10}`. See `snake_env.rewards`.

    ## Starting State
    A straight snake of `initial_length` (a bent one where none fits straight), anywhere, with a move that does not kill
    it; with `[least, most]` a random legal body of a length in that range.

    ## Episode End
    `terminated`: the snake died, or filled the board (`info["won"]`). `truncated`: no food for `hunger_limit` steps.

    ## Info
    `score` (food eaten), `length`, `won`, and `action_mask`: (A,) int8, 1 for each action that does not kill at once.
    A trapped snake has none.

    ## Arguments
    All by keyword and JSON: `height`, `width`, `walls`, `obstacles`, `food`, `initial_length`, `hunger_limit`,
    `actions` (see `snake_env.engine.rules.Rules`), `observation`, `reward`, `render_mode` (None, "rgb_array", "ansi",
    "human"). `reset(options={"initial_length": ...})` starts this game from another length.

    ## Version History
    v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array", "ansi", "human"],
        "render_fps": 12,
    }

    def __init__(
        self,
        *,
        observation: str | Mapping[str, Any] = "planes",
        reward: str | Mapping[str, Any] = "sparse",
        render_mode: str | None = None,
        **rules: Unpack[RuleArguments],
    ) -> None:
        task = Task(observation, reward, render_mode, self.metadata["render_modes"], rules)
        self.render_mode = render_mode
        self.action_space = task.action_space
        self.observation_space = task.observe.space
        self._task = task
        self._game = Game(task.rules)
        self._actions = len(task.rules.action_names)
        self._sees_planes = isinstance(task.observe, Planes)
        bits = np.arange(1 << self._actions)[:, None] >> np.arange(self._actions) & 1
        self._masks = list(bits.astype(np.int8))  # by Game.legal
        self._reward_for_death: float = task.reward.outcome(False, True, False)
        self._shaping = task.shaping(1)
        self._generator: np.random.Generator | None = None  # what the game's stream came from
        self._window: Window | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a new game; a seed starts a new random stream.

        Args:
            seed: of the game and of those that follow without a seed.
            options: {"initial_length": length or [least, most]} for this game.

        Raises:
            ValueError: unknown options, or a length without room.
        """
        starts = None
        if options:
            starts = self._task.starts(options)
            if "reset_mask" in options:
                raise ValueError("reset_mask chooses among many games; this environment has one")
        stream = None
        if seed is not None or self._generator is None or self._generator is not self._np_random:
            super().reset(seed=None if seed is None else whole_seed(seed))
            self._generator = self.np_random
            stream = int(self._generator.integers(1 << 64, dtype=np.uint64))
        self._game.start(stream, starts)
        if self._shaping is not None:
            self._shaping.start(self._game.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info()

    def step(self, action: int | np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Move the snake.

        Raises:
            ValueError: an action that is not one of the action space.
            ResetNeeded: the game is over, or was never reset.
        """
        game = self._game
        if game.over:
            raise ResetNeeded("the game is over or was not started; call reset() before step()")
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < self._actions:
            names = ", ".join(f"{i} {name}" for i, name in enumerate(self._task.rules.action_names))
            raise ValueError(f"action is {action!r}; choose one of {names}")
        game.step(number)
        terminated = game.died or game.won
        if game.died:
            reward = self._reward_for_death
        else:
            reward = self._task.reward.outcome(True, False, game.won) if game.ate else 0.0
            if game.starved:
                reward -= self._task.reward.starving
        if self._shaping is not None:
            reward += float(self._shaping.step(game.state(), np.array([terminated]), new=np.array([False]))[0])
        if self.render_mode == "human":
            self.render()
        observation = game.planes.copy() if self._sees_planes else self._observe()
        return observation, reward, terminated, game.starved, self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """(A,) whether each action keeps the snake alive, as sb3-contrib's MaskablePPO asks for it.

        Raises:
            ResetNeeded: there was no game yet.
        """
        self._require_game("action_masks")
        mask: NDArray[np.bool_] = self._masks[self._game.legal].astype(bool)
        return mask

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Everything that the game is, as arrays for N = 1; see `snake_env.engine.state.State`.

        Raises:
            ResetNeeded: there was no game yet.
        """
        self._require_game("get_state")
        return self._game.state()._asdict()

    def set_state(self, state: State | Mapping[str, Any]) -> tuple[Observation, dict[str, Any]]:
        """Go on from a state that `get_state` gave, here or in another environment with these rules.

        Raises:
            ValueError: a state that these rules do not allow; the game goes on as it was.
        """
        self._game.set_state(state)
        self._generator = self.np_random
        if self._shaping is not None:
            self._shaping.start(self._game.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info()

    def render(self) -> NDArray[np.uint8] | str | None:
        """The game as a picture (H', W', 3), as text, or in a window; None without a render mode."""
        if self.render_mode is None:
            gym.logger.warn(
                'render() shows nothing without a render mode; make the environment with render_mode="rgb_array"'
            )
            return None
        self._require_game("render")
        state = self._game.state()
        if self.render_mode == "ansi":
            return render_text(state, wrap=self._task.rules.walls == "wrap")
        frame = self._task.frame(state)
        if self.render_mode == "rgb_array":
            return frame
        if self._window is None:
            from snake_env.rendering.window import Window

            self._window = Window("Snake", frame.shape[1::-1], fps=self.metadata["render_fps"])
        self._window.show(frame)
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: all but the window."""
        return vars(self) | {"_window": None}

    def _require_game(self, method: str) -> None:
        if self._generator is None:
            raise ResetNeeded(f"there is no game yet; call reset() before {method}()")

    def _observe(self) -> Observation:
        if self._sees_planes:
            return self._game.planes.copy()
        observation: Observation = self._task.observe(self._game.state())[0]
        return observation

    def _info(self) -> dict[str, Any]:
        game = self._game
        return {
            "score": game.score,
            "length": game.length,
            "won": game.won,
            "action_mask": self._masks[game.legal].copy(),
        }
