"""Rollouts: T steps of N games, collected by playing the current policy.

With Gymnasium's next-step autoreset, the step after the one that ends a game starts the next game:

    step            t              t + 1                    t + 2
    observation     before the     last one of the          first one of the
                    last move      ended game               new game
    action          the last       ignored                  the first

So the value of a game's last observation is in row t + 1, where the return of a truncated game needs it. Nothing is
decided in that row, so it is not `valid`, and no learner learns from it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from agents.learning.spaces import spaces_of
from agents.policies.masks import allowed_actions
from agents.policies.symmetry import Symmetry
from agents.types import Arrays, BoolArray, FloatArray, IntArray
from nn.saved_state import check_same_arrays


class ActionChoice(NamedTuple):
    """The actions of a policy for N observations."""

    actions: IntArray  # (N,)
    values: FloatArray  # (N,) expected return from here on
    log_probs: FloatArray | None = None  # (N,) of the actions


Policy = Callable[[NDArray[Any], BoolArray], ActionChoice]  # from observations (N, ...) and masks (N, A)


@dataclass
class Rollout:
    """T steps of N games, as the policy saw them.

    Attributes:
        observations: (T, N, ...) before each step.
        masks: (T, N, A) allowed actions; all of them in a game that allows none.
        actions: (T, N).
        log_probs: (T, N) of the actions, if the policy gave them.
        values: (T + 1, N) expected return before each step and after the last.
        rewards: (T, N).
        terminated: (T, N) whether the step terminated the game.
        ended: (T, N) whether it terminated or truncated the game.
        valid: (T, N) False in the rows in which a game starts anew.
        episode_scores: of the games that ended: `info["score"]`, or the sum of rewards if there is no score.
        episode_rewards: their sums of rewards.
        episode_lengths: their numbers of steps.
    """

    observations: NDArray[Any]
    masks: BoolArray
    actions: IntArray
    log_probs: NDArray[np.float32]
    values: NDArray[np.float32]
    rewards: NDArray[np.float32]
    terminated: BoolArray
    ended: BoolArray
    valid: BoolArray
    episode_scores: list[float] = field(default_factory=list)
    episode_rewards: list[float] = field(default_factory=list)
    episode_lengths: list[float] = field(default_factory=list)

    def metrics(self) -> dict[str, float]:
        """Return the number of games that ended, and the means over them, NaN if none did."""
        return {
            "episode_score": _mean(self.episode_scores),
            "episode_reward": _mean(self.episode_rewards),
            "episode_length": _mean(self.episode_lengths),
            "episodes": len(self.episode_scores),
        }


class Collector:
    """Plays N games, a rollout at a time.

    Args:
        envs: environments with next-step autoreset.
        symmetry: game i is always seen in view i modulo the number of views.
        n_steps: T.
        seed: of the first game; the others get the following seeds.
        masked: whether to obey the environment's action mask, if there is one.

    Raises:
        ValueError: spaces or an autoreset mode that learners do not support.
    """

    def __init__(
        self, envs: VectorEnv[Any, Any, Any], symmetry: Symmetry, *, n_steps: int, seed: int, masked: bool = True
    ) -> None:
        shape, dtype, A = spaces_of(envs)
        T, N = n_steps, envs.num_envs
        self._envs, self._symmetry, self._masked, self._n_actions = envs, symmetry, masked, A
        self._over = np.zeros(N, bool)
        self._episode_rewards = np.zeros(N)
        self._episode_lengths = np.zeros(N, np.int64)
        self.rollout = Rollout(
            observations=np.empty((T, N, *shape), dtype),
            masks=np.empty((T, N, A), bool),
            actions=np.empty((T, N), np.int64),
            log_probs=np.empty((T, N), np.float32),
            values=np.empty((T + 1, N), np.float32),
            rewards=np.empty((T, N), np.float32),
            terminated=np.empty((T, N), bool),
            ended=np.empty((T, N), bool),
            valid=np.empty((T, N), bool),
        )
        self._observe(*envs.reset(seed=seed))

    def collect(self, policy: Policy) -> Rollout:
        """Play T steps of each game; the next call overwrites the rollout that is returned."""
        rollout = self.rollout
        rollout.episode_scores, rollout.episode_rewards, rollout.episode_lengths = [], [], []
        games = np.arange(self._envs.num_envs)
        on_board = self._symmetry.from_view[games % self._symmetry.count]  # (N, A) from actions in a view
        for t in range(len(rollout.actions)):
            choice = policy(self._observations, self._masks)
            rollout.observations[t], rollout.masks[t] = self._observations, self._masks
            rollout.actions[t], rollout.values[t] = choice.actions, choice.values
            if choice.log_probs is not None:
                rollout.log_probs[t] = choice.log_probs
            rollout.valid[t] = ~self._over
            self._episode_lengths += ~self._over
            observations, rewards, terminated, truncated, info = self._envs.step(on_board[games, choice.actions])
            self._over = terminated | truncated
            rollout.rewards[t], rollout.terminated[t], rollout.ended[t] = rewards, terminated, self._over
            self._episode_rewards += rewards
            if self._over.any():
                self._finish_episodes(info)
            self._observe(observations, info)
        rollout.values[-1] = policy(self._observations, self._masks).values
        return rollout

    def state(self) -> Arrays:
        """Return the state of the games, if the environments have `get_state`; otherwise nothing.

        A wrapper has no `get_state`, since it may hold a state of its own.
        """
        envs: Any = self._envs
        if not hasattr(envs, "get_state"):
            return {}
        games = {f"game.{name}": array for name, array in envs.get_state().items()}
        return games | {
            "over": self._over.copy(),
            "episode_rewards": self._episode_rewards.copy(),
            "episode_lengths": self._episode_lengths.copy(),
        }

    def restore(self, arrays: Arrays) -> None:
        """Continue from what `state` returned; if it returned nothing, play the games that have just been started.

        Raises:
            ValueError: other arrays, or a state that the environments refuse.
        """
        games, others = _split(arrays)
        check_same_arrays(others, _split(self.state())[1])
        if not others:
            return
        envs: Any = self._envs
        self._observe(*envs.set_state(games))
        self._over = arrays["over"].copy()
        self._episode_rewards = arrays["episode_rewards"].copy()
        self._episode_lengths = arrays["episode_lengths"].copy()

    def _finish_episodes(self, info: dict[str, Any]) -> None:
        rollout, over = self.rollout, self._over
        rollout.episode_scores += info.get("score", self._episode_rewards)[over].tolist()
        rollout.episode_rewards += self._episode_rewards[over].tolist()
        rollout.episode_lengths += self._episode_lengths[over].tolist()
        self._episode_rewards[over] = 0
        self._episode_lengths[over] = 0

    def _observe(self, observations: NDArray[Any], info: dict[str, Any]) -> None:
        """Keep what the policy sees next, each game in its view."""
        N, K = len(observations), self._symmetry.count
        masks = np.ones((N, self._n_actions), bool)
        if self._masked and "action_mask" in info:
            masks = allowed_actions(info["action_mask"])
        if K > 1:
            views = np.empty_like(observations)
            for k in range(K):
                views[k::K] = self._symmetry.view(k, observations[k::K])
                masks[k::K] = masks[k::K][:, self._symmetry.from_view[k]]
            observations = views
        self._observations, self._masks = observations, masks


def _split(arrays: Arrays) -> tuple[Arrays, Arrays]:
    """Return the state of the games, which the environments check, and the other arrays."""
    games = {name.removeprefix("game."): array for name, array in arrays.items() if name.startswith("game.")}
    return games, {name: array for name, array in arrays.items() if not name.startswith("game.")}


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
