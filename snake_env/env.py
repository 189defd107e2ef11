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
from snake_env.seeds import check_seed
from snake_env.task import RuleArguments, Task

if TYPE_CHECKING:
    from snake_env.rendering.window import Window

Observation = NDArray[Any]


class SnakeEnv(gym.Env[Observation, np.int64]):
    """Snake on a board of any size.

    ## Description
    A snake moves by one cell in each step. It grows by one cell when it eats food, dies when it runs into a wall, an
    obstacle or itself, and wins when it fills the board. It may move into the cell that its tail leaves in the same
    step. New food appears on a free cell, chosen uniformly at random.

    ## Action Space
    `Discrete(4)` for `actions="absolute"`: 0 up, 1 right, 2 down, 3 left; a reversal into the neck is fatal
    (a snake of length 1 has no neck, and can go anywhere that is free).
    `Discrete(3)` for `actions="relative"`: 0 left, 1 straight, 2 right.

    ## Observation Space
    A `Box`, chosen by name: `"planes"` (4, H, W), `"ego"` (4, S, S), `"features"` (A * 13 + 2,), `"rgb"`
    (H * 8, W * 8, 3); or by name and options, such as `{"name": "ego", "radius": 4}`. See
    `snake_env.observations.planes`, `ego`, `features` and `rgb`.

    ## Rewards
    `"sparse"`: +1 for food, -1 for death, +1 more for the full board. `"distance"`: the same, with potential-based
    shaping by the distance to food. With options: `{"name": "sparse", "food": 1, "death": 0.5, "win": 10}`. See
    `snake_env.rewards`.

    ## Starting State
    A straight snake of `initial_length` (a bent one if no straight one fits) at a random place, with at least one
    action that is not fatal. With `[least, most]`, a random legal body with a length in that range.

    ## Episode End
    `terminated`: the snake died, or filled the board (`info["won"]`). `truncated`: no food for `hunger_limit` steps.

    ## Info
    `score` (food eaten), `length`, `won`, and `action_mask`: (A,) int8, 1 for each action that keeps the snake alive in
    the next step. If the snake is trapped, the mask is all 0.

    ## Arguments
    Keyword arguments that JSON can hold: `height`, `width`, `walls`, `obstacles`, `food`, `initial_length`,
    `hunger_limit`, `actions` (see `snake_env.engine.rules.Rules`), `observation`, `reward`, `render_mode` (None,
    "rgb_array", "ansi", "human"). `reset(options={"initial_length": ...})` changes the length for one game.

    ## Version History
    v1: first version. Since release 0.2.0, a snake of length 1 can turn back with absolute actions, as it has no neck:
    its reversal was fatal before. Games with longer snakes are the same.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array", "ansi", "human"],
        "render_fps": 12,
    }

    _window: "Window | None" = None  # opened by the first `render`; set here for a `close` after a refused argument

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
        self._num_actions = len(task.rules.action_names)
        self._observes_planes = isinstance(task.observe, Planes)
        bits = np.arange(1 << self._num_actions)[:, None] >> np.arange(self._num_actions) & 1
        self._masks = list(bits.astype(np.int8))  # indexed by Game.legal
        self._reward_for_death: float = task.reward.outcome(False, True, False)
        self._shaping = task.shaping(1)
        self._generator: np.random.Generator | None = None  # the generator that the stream of the game came from

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a new game.

        Args:
            seed: starts a new random stream, for this game and the following games without a seed.
            options: {"initial_length": length or [least, most]} for this game.

        Raises:
            ValueError: an unknown option, or a length that does not fit on the board.
        """
        starts = None
        if options:
            starts = self._task.starts(options)
            if "reset_mask" in options:
                raise ValueError("reset_mask is an option of the vector environment; this environment has one game")
        stream = None
        if seed is not None or self._generator is None or self._generator is not self._np_random:
            super().reset(seed=None if seed is None else check_seed(seed))
            self._generator = self.np_random
            stream = int(self._generator.integers(1 << 64, dtype=np.uint64))
        self._game.start(stream, starts)
        if self._shaping is not None:
            self._shaping.start(self._game.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info()

    def step(self, action: int | np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Move the snake by one action.

        Raises:
            ValueError: the action is not in the action space.
            ResetNeeded: the game is over, or was never reset.
        """
        game = self._game
        if game.over:
            raise ResetNeeded("the game is over or was not started; call reset() before step()")
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < self._num_actions:
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
        observation = game.planes.copy() if self._observes_planes else self._observe()
        return observation, reward, terminated, game.starved, self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """Return whether each action keeps the snake alive: (A,) bool, the method that sb3-contrib's MaskablePPO calls.

        Raises:
            ResetNeeded: the environment was never reset.
        """
        self._require_game("action_masks")
        mask: NDArray[np.bool_] = self._masks[self._game.legal].astype(bool)
        return mask

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the complete state of the game as arrays with N = 1; see `snake_env.engine.state.State`.

        Raises:
            ResetNeeded: the environment was never reset.
        """
        self._require_game("get_state")
        return self._game.state()._asdict()

    def set_state(self, state: State | Mapping[str, Any]) -> tuple[Observation, dict[str, Any]]:
        """Continue from a state of `get_state`, from this or another environment with the same rules.

        Raises:
            ValueError: a state that these rules do not allow; the game is not changed.
        """
        self._game.set_state(state)
        self._generator = self.np_random
        if self._shaping is not None:
            self._shaping.start(self._game.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info()

    def render(self) -> NDArray[np.uint8] | str | None:
        """Render the game as an image (H', W', 3), as text, or in a window.

        Returns:
            The image or the text; None with a window or without a render mode.
        """
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
        """The attributes without the window, which cannot be copied."""
        return vars(self) | {"_window": None}

    def _require_game(self, method: str) -> None:
        if self._generator is None:
            raise ResetNeeded(f"there is no game yet; call reset() before {method}()")

    def _observe(self) -> Observation:
        if self._observes_planes:
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
