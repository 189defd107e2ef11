"""Snake as a Gymnasium vector environment: N games at once, natively."""

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
from snake_env.seeds import seed_each
from snake_env.task import RuleArguments, Task

if TYPE_CHECKING:
    from snake_env.rendering.window import Window

TILED_GAMES = 16  # games that the tiled picture shows

Observation = NDArray[Any]
Step = tuple[Observation, NDArray[np.float64], BoolArray, BoolArray, dict[str, Any]]


class SnakeVectorEnv(VectorEnv[Observation, IntArray, NDArray[Any]]):
    """N games of Snake under the same rules, each with its own random stream.

    Game i of `reset(seed=s)` is, bit for bit, the game of a `SnakeEnv` after `reset(seed=s + i)`, at any N. Spaces,
    rewards, info and arguments are those of `SnakeEnv`, with a leading axis of N games.

    Args:
        num_envs: N.
        autoreset_mode: "NextStep" (a game that is over starts anew with the next step, whose action is ignored and
            whose reward is 0), "SameStep" (it starts anew at once; `info["final_obs"]` and `info["final_info"]` hold
            how it ended), or "Disabled" (call `reset(options={"reset_mask": ...})`).
        observation: see `SnakeEnv`.
        reward: see `SnakeEnv`.
        render_mode: "rgb_array" (a picture of each game, as Gymnasium's wrappers ask for), "tiled" (one picture of the
            first 16 games) or "human" (that picture in a window).
        rules: see `SnakeEnv`.

    Attributes:
        rules: those of the games.
        autoreset_mode: how games start anew.

    Raises:
        ValueError: an argument outside what is allowed.
        TypeError: an argument that there is not.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array", "tiled", "human"],
        "render_fps": 12,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

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
            raise ValueError(f"num_envs is {num_envs!r}; choose a whole number from 1")
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
        self._ready = False  # all have started
        self._given = np.ones((4, self.num_envs), dtype=bool)
        self._actions = np.uint64(len(task.rules.action_names))
        self._window: Window | None = None

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start new games; seeds start new random streams.

        Args:
            seed: s for s, s + 1, ..., or one for each game; games without a seed go on with their stream. Without one
                at the start, `np_random_seed` is what can be given to see the same games again.
            options: {"initial_length": length or [least, most]} for these games, {"reset_mask": (N,) bool} for those
                that start; the others stay as they are.

        Raises:
            ValueError: unknown options, a length without room, a mask or seeds that are not one for each game.
        """
        starts = self._task.starts(options)
        rows = self._rows_to_reset(options)
        seeds = seed_each(seed, self.num_envs)
        streams = self._batch.chance.states
        if isinstance(seed, int | np.integer):
            super().reset(seed=seeds[0])
        elif seed is not None:
            self._np_random_seed = -1  # Gymnasium's word for an unknown one
        base = self.np_random_seed  # drawn now if there never was one
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
        return self._observe(), self._info(self._won())

    def step(self, actions: IntArray | Sequence[int]) -> Step:
        """Move every game by one action.

        Args:
            actions: (N,) whole numbers of the action space.

        Raises:
            ValueError: another shape, or an action outside the action space.
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
        """(N, A) whether each action keeps the snake alive.

        Raises:
            ResetNeeded: a game was never started.
        """
        self._require_games("action_masks")
        return self._batch.action_mask.copy()

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Everything that the N games are, as arrays; see `snake_env.engine.state.State`.

        Raises:
            ResetNeeded: a game was never started.
        """
        self._require_games("get_state")
        return {name: array.copy() for name, array in self._batch.state()._asdict().items()}

    def set_state(self, state: State | Mapping[str, Any]) -> tuple[Observation, dict[str, Any]]:
        """Go on from a state that `get_state` gave, here or in another environment with these rules and N.

        Raises:
            ValueError: a state that these rules do not allow; the games go on as they were.
        """
        self._batch.set_state(state)
        self._started[:] = self._ready = True
        if self._shaping is not None:
            self._shaping.start(self._batch.state())
        if self.render_mode == "human":
            self.render()
        return self._observe(), self._info(self._won())

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """A picture of each game, or one of the first games; None in a window, and without a render mode."""
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
        picture = tile_frames(frames)
        if self.render_mode == "tiled":
            return (picture,)
        if self._window is None:
            from snake_env.rendering.window import Window

            self._window = Window("Snake", picture.shape[1::-1], fps=self.metadata["render_fps"])
            self.closed = False  # after a `close` there is something to close again
        self._window.show(picture)
        return None

    def close_extras(self, **_: object) -> None:
        """Close the window, if there is one; arguments such as `terminate` are for environments in processes."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: all but the window."""
        return vars(self) | {"_window": None}

    def _require_games(self, method: str) -> None:
        if not self._ready:
            raise ResetNeeded(f"there are no games yet, or not all of them; call reset() before {method}()")

    def _observe(self) -> Observation:
        observe = self._task.observe
        return observe.draw(*self._batch.board()) if isinstance(observe, Planes) else observe(self._batch.state())

    def _won(self) -> BoolArray:
        won: BoolArray = ~self._batch.playing & (self._batch.length == len(self.rules.open_cells))
        return won

    def _info(self, won: BoolArray) -> dict[str, Any]:
        batch = self._batch
        given = self._given.copy()  # Gymnasium's form: _key says which games have the key
        return {
            "score": batch.length - batch.start_length,
            "_score": given[0],
            "length": batch.length.copy(),
            "_length": given[1],
            "won": won,
            "_won": given[2],
            "action_mask": batch.action_mask.astype(np.int8),
            "_action_mask": given[3],
        }

    def _restart(self, rows: IntArray, won: BoolArray) -> dict[str, Any]:
        """Start the games that ended with this step, and give how they ended."""
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
        given = actions = np.asarray(actions)
        if given.shape == (self.num_envs,) and given.dtype.kind in "iu":
            given = given.astype(np.int64, copy=False)
            if given.view(np.uint64).max() < self._actions:  # a negative number is a huge one here
                return given
        names = ", ".join(f"{i} {name}" for i, name in enumerate(self._task.rules.action_names))
        if given.shape != (self.num_envs,) or given.dtype.kind not in "iu":
            raise ValueError(
                f"actions have shape {given.shape} and dtype {given.dtype}; "
                f"give {self.num_envs} whole numbers, one for each game: {names}"
            )
        raise ValueError(f"actions lie between {actions.min()} and {actions.max()}; choose of {names}")

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
