"""Playing N games for T steps and remembering what happened: the data of learners that learn from what they just did.

The environments restart a game in the step after the one that ended it (Gymnasium's next-step autoreset):

    step            t              t + 1                    t + 2
    observation     before the     of the ended game,       of the new game
                    last move      its last
    action          the last       ignored                  the first

So the value of what a game ended in stands in the next row, where a truncated game needs it; and that row itself, in
which nothing was decided, is not `valid` and never learned from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from agents.learning.spaces import spaces_of
from agents.policies.masks import allowed_actions
from agents.policies.symmetry import Symmetry

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


class Choice(NamedTuple):
    """What a learner does with N observations."""

    actions: IntArray  # (N,)
    values: FloatArray  # (N,) what it expects from here on
    log_probs: FloatArray | None = None  # (N,) of the actions


@dataclass
class Rollout:
    """T steps of N games, as the learner saw them.

    Attributes:
        observations: (T, N, ...) before each step.
        masks: (T, N, A) which actions were allowed; all of them in a game that allows none.
        actions: (T, N).
        log_probs: (T, N) of the actions, where the learner gave them.
        values: (T + 1, N) what it expected before each step and after the last.
        rewards: (T, N).
        terminated: (T, N) whether the step ended the game for good.
        ended: (T, N) whether it ended or cut it off.
        valid: (T, N) whether there was anything to decide.
        scores: of the games that ended: food eaten, or the sum of rewards where an environment tells no score.
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
    scores: list[float]

    def told(self) -> dict[str, float]:
        """What there is to tell: the mean "score" of the games that ended, nan if none did, and how many "games"."""
        return {"score": float(np.mean(self.scores)) if self.scores else float("nan"), "games": len(self.scores)}


class Collector:
    """Keeps N games going, a rollout at a time.

    Args:
        envs: with next-step autoreset.
        symmetry: game i is shown in view i modulo their number, all the time.
        steps: T.
        seed: of the first game; the others follow.
        masked: whether the environment's action masks are obeyed, where it has any.

    Raises:
        ValueError: spaces or an autoreset that learners do not take.
    """

    def __init__(
        self, envs: VectorEnv[Any, Any, Any], symmetry: Symmetry, *, steps: int, seed: int, masked: bool = True
    ) -> None:
        shape, dtype, A = spaces_of(envs)
        T, N = steps, envs.num_envs
        self._envs, self._symmetry, self._masked, self._actions = envs, symmetry, masked, A
        self._over = np.zeros(N, bool)
        self._returns = np.zeros(N)
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
            scores=[],
        )
        self._see(*envs.reset(seed=seed))

    def collect(self, choose: Callable[[NDArray[Any], BoolArray], Choice]) -> Rollout:
        """Play T steps. What comes back is overwritten by the next call.

        Args:
            choose: from observations (N, ...) and what is allowed (N, A), as the learner sees them.
        """
        rollout = self.rollout
        rollout.scores = []
        games = np.arange(self._envs.num_envs)
        meant = self._symmetry.meant[games % self._symmetry.count]
        for t in range(len(rollout.actions)):
            choice = choose(self._observations, self._masks)
            rollout.observations[t], rollout.masks[t] = self._observations, self._masks
            rollout.actions[t], rollout.values[t] = choice.actions, choice.values
            if choice.log_probs is not None:
                rollout.log_probs[t] = choice.log_probs
            rollout.valid[t] = ~self._over
            observations, rewards, terminated, truncated, info = self._envs.step(meant[games, choice.actions])
            self._over = terminated | truncated
            rollout.rewards[t], rollout.terminated[t], rollout.ended[t] = rewards, terminated, self._over
            self._returns += rewards
            if self._over.any():
                rollout.scores += info.get("score", self._returns)[self._over].tolist()
                self._returns[self._over] = 0
            self._see(observations, info)
        rollout.values[-1] = choose(self._observations, self._masks).values
        return rollout

    def state(self) -> dict[str, NDArray[Any]]:
        """Where the games stand, if the environments tell by `get_state`; a wrapper, which may keep more, cannot."""
        games: Any = self._envs
        if not hasattr(games, "get_state"):
            return {}
        stand = {f"game.{name}": array for name, array in games.get_state().items()}
        return stand | {"over": self._over.copy(), "returns": self._returns.copy()}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave; where it gave nothing, with the new games that this collector has started."""
        if not arrays:
            return
        games: Any = self._envs
        self._see(*games.set_state({n.removeprefix("game."): a for n, a in arrays.items() if n.startswith("game.")}))
        self._over, self._returns = arrays["over"].copy(), arrays["returns"].copy()

    def _see(self, observations: NDArray[Any], info: dict[str, Any]) -> None:
        """Show each game in its view."""
        N, K = len(observations), self._symmetry.count
        masks = np.ones((N, self._actions), bool)
        if self._masked and "action_mask" in info:
            masks = allowed_actions(info["action_mask"])
        if K > 1:
            seen = np.empty_like(observations)
            for k in range(K):
                seen[k::K] = self._symmetry.view(k, observations[k::K])
                masks[k::K] = masks[k::K][:, self._symmetry.meant[k]]
            observations = seen
        self._observations, self._masks = observations, masks
