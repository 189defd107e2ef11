"""Snake as a Gymnasium vector environment: N games at once in NumPy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from snake_env.engine.batch import Batch
from snake_env.engine.state import BoolArray, IntArray, State
from snake_env.observations.planes import Planes
from snake_env.rendering.renderer import tile_frames
from snake_env.seeds import expand_seeds
from snake_env.task import RuleArguments, Task

if TYPE_CHECKING:
    from snake_env.rendering.window import Window

TILED_GAMES = 16  # games that the tiled image shows

Observation = NDArray[Any]
Step = tuple[Observation, NDArray[np.float64], BoolArray, BoolArray, dict[str, Any]]


class SnakeVectorEnv(VectorEnv[Observation, IntArray, NDArray[Any]]):
    """N games of Snake under the same rules, each with its own random stream.

    Game i after `reset(seed=s)` is, bit for bit, the game of a `SnakeEnv` after `reset(seed=s + i)`, for any N. Spaces,
    rewards, info and arguments are those of `SnakeEnv`, with a leading axis of N games.

    Args:
        num_envs: N.
        autoreset_mode: "NextStep" (a game that is over is reset by the next step, which ignores its action and returns
            reward 0), "SameStep" (it is reset in the same step; `info["final_obs"]` and `info["final_info"]` hold its
            last observation and info), or "Disabled" (call `reset(options={"reset_mask": ...})`).
        observation: see `SnakeEnv`.
        reward: see `SnakeEnv`.
        render_mode: "rgb_array" (an image of each game, as Gymnasium's wrappers require), "tiled" (one image of the
            first 16 games) or "human" (that image in a window).
        rules: see `SnakeEnv`.

    Attributes:
        rules: of the games.
        autoreset_mode: when games that are over are reset.

    Raises:
        ValueError: an invalid argument.
        TypeError: an unknown argument.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array", "tiled", "human"],
        "render_fps": 12,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    _window: "Window | None" = None  # opened by the first `render`; set here for a `close` after a refused argument

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        observation: str | Mapping[str, Any] = "planes",
        reward: str | Mapping[str, Any] = "sparse",
        render_mode: str | None = None,
        **rules: Unpack[RuleArguments],
    ) -> None:
        if not isinstance(num_envs, int | np.integer) or num_envs < 1:
            raise ValueError(f"num_envs is {num_envs!r}; choose a positive integer")
        try:
            self.autoreset_mode = AutoresetMode(autoreset_mode)
        except ValueError:
            modes = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ValueError(f"autoreset_mode is {autoreset_mode!r}; choose one of {modes}") from None
        self._task = task = Task(observation, reward, render_mode, self.metadata["render_modes"], rules)
        self.rules = task.rules
        self.metadata = self.metadata | {"autoreset_mode": self.autoreset_mode}  # type: ignore[misc]
        self.render_mode = render_mode
        self.num_envs = int(num_envs)
        self.single_action_space = task.action_space
        self.single_observation_space = task.observe.space
        self.action_space = batch_space(task.action_space, self.num_envs)
        self.observation_space = batch_space(task.observe.space, self.num_envs)
        self._batch = Batch(task.rules, self.num_envs)
        self._shaping = task.shaping(self.num_envs)
        self._started = np.zeros(self.num_envs, dtype=bool)
        self._ready = False  # whether all games have started
        self._present = np.ones((4, self.num_envs), dtype=bool)  # the "_key" masks of info: all games have each key
        self._num_actions = np.uint64(len(task.rules.action_names))

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start new games.

        Args:
            seed: starts new random streams: an integer s for the seeds s, s + 1, ..., or a seed for each game. Games
                without a seed continue with their stream. If the first reset has no seed, `np_random_seed` holds the
                one that was drawn, with which the games can be repeated.
            options: {"initial_length": length or [least, most]} changes the length for these games;
                {"reset_mask": (N,) bool} selects the games that start, and the others are not changed.

        Raises:
            ValueError: an unknown option, a length that does not fit on the board, or a mask or seeds of the wrong
                number or type.
        """
        starts = self._task.starts(options)
        rows = self._rows_to_reset(options)
        seeds = expand_seeds(seed, self.num_envs)
        streams = self._batch.random_draws.states
        if isinstance(seed, int | np.integer):
            super().reset(seed=seeds[0])
        elif seed is not None:
            self._np_random_seed = -1  # as Gymnasium marks an unknown seed
        base = self.np_random_seed  # drawn now if there was no seed before
        for i in rows.tolist():
            one = seeds[i]
            if one is None and not self._started[i] and base is not None and base >= 0:
                one = base + i
            if one is not None or not self._started[i]:
                streams[i] = np_random(one)[0].integers(1 << 64, dtype=np.uint64)
        self._started[rows] = True
        self._ready = bool(self._started.all())
        self._batch.start(rows, streams[rows], starts)
        if self._shaping is not None:
            self._shaping.start(self._batch.state(), rows)
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info(self._batch.won)

    def step(self, actions: IntArray | Sequence[int]) -> Step:
        """Move every snake by one action.

        Args:
            actions: (N,) integers of the action space.

        Raises:
            ValueError: a wrong shape, or an action outside the action space.
            ResetNeeded: a game was never reset, or is over while autoreset is disabled.
        """
        batch = self._batch
        if not self._ready or (self.autoreset_mode is AutoresetMode.DISABLED and not batch.playing.all()):
            raise ResetNeeded("some games are over or were not started; call reset() before step()")
        played = batch.playing
        outcome = batch.step(self._checked(actions))
        won, starved = outcome.won, outcome.starved
        rewards = self._task.reward.outcomes(outcome.meals, outcome.deaths, won, starved)
        terminations = outcome.died | won
        if self._shaping is not None:
            rewards += self._shaping.step(batch.state(), terminations, ~played)
        info: dict[str, Any] = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            rows = np.flatnonzero(~batch.playing)
            if len(rows):
                info = self._restart(rows, won)
                won = np.zeros_like(won)
        if self.render_mode == "human":
            self.render()
        return self._observe(), rewards, terminations, starved, info | self._info(won)

    def action_masks(self) -> BoolArray:
        """Return whether each action keeps the snake alive: (N, A) bool.

        Raises:
            ResetNeeded: a game was never started.
        """
        self._require_games("action_masks")
        return self._batch.action_mask.copy()

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the complete state of the N games as arrays; see `snake_env.engine.state.State`.

        Raises:
            ResetNeeded: a game was never started.
        """
        self._require_games("get_state")
        return {name: array.copy() for name, array in self._batch.state()._asdict().items()}

    def set_state(self, state: State | Mapping[str, Any]) -> tuple[Observation, dict[str, Any]]:
        """Continue from a state of `get_state`, from this or another environment with the same rules and N.

        Raises:
            ValueError: a state that these rules do not allow; the games are not changed.
        """
        self._batch.set_state(state)
        self._started[:] = self._ready = True
        if self._shaping is not None:
            self._shaping.start(self._batch.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info(self._batch.won)

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Render an image of each game, or one image of the first games.

        Returns:
            The images (H', W', 3); None with a window or without a render mode.
        """
        if self.render_mode is None:
            gym.logger.warn(
                'render() shows nothing without a render mode; make the environments with render_mode="tiled"'
            )
            return None
        if not self._started.any():
            raise ResetNeeded("there are no games yet; call reset() before render()")
        state = self._batch.state()
        shown = self.num_envs if self.render_mode == "rgb_array" else min(self.num_envs, TILED_GAMES)
        frames = tuple(self._task.frame(state, game) for game in range(shown))
        if self.render_mode == "rgb_array":
            return frames
        image = tile_frames(frames)
        if self.render_mode == "tiled":
            return (image,)
        if self._window is None:
            from snake_env.rendering.window import Window

            self._window = Window("Snake", image.shape[1::-1], fps=self.metadata["render_fps"])
            self.closed = False  # for a window that is opened after a `close`
        self._window.show(image)
        return None

    def close_extras(self, **_: object) -> None:
        """Close the window, if there is one; arguments such as `terminate` are for other vector environments."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the window, which cannot be copied."""
        return vars(self) | {"_window": None}

    def _require_games(self, method: str) -> None:
        if not self._ready:
            raise ResetNeeded(f"there are no games yet, or not all of them; call reset() before {method}()")

    def _observe(self) -> Observation:
        observe = self._task.observe
        return observe.draw(*self._batch.board()) if isinstance(observe, Planes) else observe(self._batch.state())

    def _info(self, won: BoolArray) -> dict[str, Any]:
        batch = self._batch
        present = self._present.copy()  # as Gymnasium has it: "_key" says which games have the key
        return {
            "score": batch.length - batch.start_length,
            "_score": present[0],
            "length": batch.length.copy(),
            "_length": present[1],
            "won": won,
            "_won": present[2],
            "action_mask": batch.action_mask.astype(np.int8),
            "_action_mask": present[3],
        }

    def _restart(self, rows: IntArray, won: BoolArray) -> dict[str, Any]:
        """Start the games that ended with this step; return their last observations and info."""
        ended = ~self._batch.playing
        final_info = self._info(won)
        for array in final_info.values():
            array[~ended] = 0
        final = np.full(self.num_envs, None, dtype=object)
        for i, observation in zip(rows.tolist(), self._task.observe(self._batch.state().only(rows)), strict=True):
            final[i] = observation
        self._batch.start(rows)
        if self._shaping is not None:
            self._shaping.start(self._batch.state(), rows)
        return {"final_obs": final, "_final_obs": ended, "final_info": final_info, "_final_info": ended.copy()}

    def _checked(self, actions: IntArray | Sequence[int]) -> IntArray:
        actions = np.asarray(actions)
        valid_type = actions.shape == (self.num_envs,) and actions.dtype.kind in "iu"
        if valid_type:
            checked: IntArray = actions.astype(np.int64, copy=False)
            if checked.view(np.uint64).max() < self._num_actions:  # as uint64, a negative number is larger
                return checked
        names = ", ".join(f"{i} {name}" for i, name in enumerate(self._task.rules.action_names))
        if not valid_type:
            raise ValueError(
                f"actions have shape {actions.shape} and dtype {actions.dtype}; "
                f"give {self.num_envs} integers, one for each game: {names}"
            )
        raise ValueError(f"actions lie between {actions.min()} and {actions.max()}; choose from {names}")

    def _rows_to_reset(self, options: Mapping[str, Any] | None) -> IntArray:
        if not options or "reset_mask" not in options:
            return np.arange(self.num_envs)
        mask = np.asarray(options["reset_mask"])
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"reset_mask has shape {mask.shape} and dtype {mask.dtype}; "
                f"give {self.num_envs} booleans, true for at least one game"
            )
        return np.flatnonzero(mask)
