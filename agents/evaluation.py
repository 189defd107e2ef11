"""Evaluation of agents on the same games, with confidence intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from agents.agent import Actions, Agent
from agents.types import BoolArray, IntArray

NORMAL_95 = 1.959964  # the normal distribution's 97.5 % point
DEATHS = ("wall", "body", "trapped", "starved")  # the endings of a game of Snake, except for a full board

# A function (environments, actions, truncations) -> endings, called after a step in which games ended. The ending of
# each game is a word of at most 16 letters. All are (N,); only the endings of games that ended are used.
Ending = Callable[[VectorEnv[Any, Any, Any], Actions, BoolArray], NDArray[np.str_]]


@dataclass(frozen=True)
class Evaluation:
    """Results of an agent in G games.

    Attributes:
        agent: name of the agent.
        scores: (G,) food eaten, or the return in an environment that reports no score.
        steps: (G,) length of each game.
        won: (G,) whether the board was filled.
        endings: (G,) how each game ended: one of DEATHS or another word; None if it was not recorded.
    """

    agent: str
    scores: NDArray[np.float64]
    steps: IntArray
    won: BoolArray
    endings: NDArray[np.str_] | None = None

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(self.scores.mean())

    @property
    def ci95(self) -> tuple[float, float]:
        """95 % interval of the mean score: mean +- 1.96 * standard deviation / sqrt(G); infinite for one game.

        The normal approximation needs many games: with ten the coverage is 92 %, with five 88 %.
        """
        if len(self.scores) == 1:
            return -math.inf, math.inf
        margin = NORMAL_95 * float(self.scores.std(ddof=1)) / math.sqrt(len(self.scores))
        return self.mean - margin, self.mean + margin

    @property
    def full(self) -> float:
        """Share of games in which the board was filled."""
        return float(self.won.mean())

    @property
    def full_ci95(self) -> tuple[float, float]:
        """95 % interval of `full` (Wilson, "Probable inference", JASA 22, 1927)."""
        return wilson(int(self.won.sum()), len(self.won))

    @property
    def steps_per_food(self) -> float:
        """Steps of all games divided by food of all games; infinite without food."""
        return float(self.steps.sum() / self.scores.sum()) if self.scores.sum() > 0 else math.inf

    @property
    def deaths(self) -> dict[str, int] | None:
        """Number of games for each cause of death; None if endings were not recorded."""
        if self.endings is None:
            return None
        return {cause: int(np.count_nonzero(self.endings == cause)) for cause in DEATHS}

    def row(self) -> dict[str, Any]:
        """Return all figures, ready for JSON; with `deaths` if endings were recorded."""
        figures = {
            "agent": self.agent,
            "games": len(self.scores),
            "mean": self.mean,
            "ci95": list(self.ci95) if len(self.scores) > 1 else None,
            "median": float(np.median(self.scores)),
            "best": float(self.scores.max()),
            "full": self.full,
            "full_ci95": list(self.full_ci95),
            "steps_per_food": self.steps_per_food if math.isfinite(self.steps_per_food) else None,
        }
        return figures if self.deaths is None else figures | {"deaths": self.deaths}


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    p, z = successes / trials, NORMAL_95
    middle = p + z * z / (2 * trials)
    margin = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - margin) / scale), min(1.0, (middle + margin) / scale)


def evaluate(
    agent: Agent,
    envs: VectorEnv[Any, Any, Any],
    *,
    games: int = 200,
    seed: int = 0,
    rng: np.random.Generator | None = None,
    masked: bool = True,
    ending: Ending | None = None,
    callback: Callable[[int], None] | None = None,
) -> Evaluation:
    """Play the games with the seeds seed, ..., seed + games - 1 to their ends.

    Every game is played exactly once, whatever its length and however many run in parallel. So all agents are compared
    on the same games, and short games do not crowd out long ones.

    Environments that take only one seed, such as Gymnasium's native CartPole, get the seed of the first game that they
    play: then the number of parallel games decides which games are played.

    Args:
        agent: the agent that plays.
        envs: N parallel games, with next-step autoreset.
        games: number of games.
        seed: of the first game.
        rng: random numbers for the agent; None for a new generator with this seed, so that a call can be repeated.
        masked: whether the agent receives action masks.
        ending: returns how games ended, such as `snake_env.endings.find_endings`; None to record no endings.
        callback: called after each step with the number of games that have ended so far.

    Raises:
        ValueError: fewer than one game, or environments with another autoreset mode.
    """
    if games < 1:
        raise ValueError(f"games is {games}; play at least one")
    if envs.metadata.get("autoreset_mode") is not AutoresetMode.NEXT_STEP:
        raise ValueError(
            f"the environments have autoreset {envs.metadata.get('autoreset_mode')}; make them with NextStep"
        )
    rng = rng or np.random.default_rng(seed)
    scores, steps, won = np.zeros(games), np.zeros(games, dtype=np.int64), np.zeros(games, dtype=bool)
    endings = np.full(games, "", dtype="<U16")
    for first in range(0, games, envs.num_envs):
        number = first + np.arange(envs.num_envs)  # of the game that each environment plays
        playing = number < games
        observations, info = _reset(envs, (seed + number).tolist())
        returns = np.zeros(envs.num_envs)
        for step in range(1, 1 << 62):
            actions = agent.act(observations, info.get("action_mask") if masked else None, rng=rng)
            observations, rewards, terminations, truncations, info = envs.step(actions)
            returns += rewards
            ended = playing & (terminations | truncations)
            if ended.any():
                scores[number[ended]] = info["score"][ended] if "score" in info else returns[ended]
                won[number[ended]] = info["won"][ended] if "won" in info else False
                steps[number[ended]] = step
                if ending is not None:
                    endings[number[ended]] = ending(envs, actions, truncations)[ended]
                playing &= ~ended
            if callback is not None:
                callback(int(np.count_nonzero(steps)))
            if not playing.any():
                break
    return Evaluation(agent.name, scores, steps, won, endings if ending else None)


def _reset(envs: VectorEnv[Any, Any, Any], seeds: list[int]) -> tuple[Any, dict[str, Any]]:
    """Start games with these seeds, or with the first of them where the environments take only one."""
    one_each: Any = seeds  # most environments take a list, though the base class declares one integer
    try:
        return envs.reset(seed=one_each)
    except gym.error.Error:
        return envs.reset(seed=seeds[0])
