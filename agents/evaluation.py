"""How good is an agent? One function for all of them, on the same games, with intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from agents.agent import Actions, Agent

NORMAL_95 = 1.959964  # the normal distribution's 97.5 % point
DEATHS = ("wall", "body", "trapped", "starved")  # how a game of Snake ends, but for a full board

# Looks at environments after a step with these actions (N,) in which games ended, and truncations (N,): (N,) a word
# of at most 16 letters for how each game ended, which counts for those that did.
Ending = Callable[[VectorEnv[Any, Any, Any], Actions, NDArray[np.bool_]], NDArray[np.str_]]


@dataclass(frozen=True)
class Evaluation:
    """What an agent reached in games with the seeds seed, seed + 1, ...

    Attributes:
        agent: its name.
        scores: (G,) food eaten, or the return in an environment that reports no score.
        steps: (G,) length of each game.
        won: (G,) whether it filled the board.
        endings: (G,) how each game ended: one of DEATHS or another word; None if nobody looked.
    """

    agent: str
    scores: NDArray[np.float64]
    steps: NDArray[np.int64]
    won: NDArray[np.bool_]
    endings: NDArray[np.str_] | None = None

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(self.scores.mean())

    @property
    def ci95(self) -> tuple[float, float]:
        """95 % interval of the mean score: mean +- 1.96 * standard deviation / sqrt(G); of one game, all numbers.

        It is for many games: of ten it holds the mean 92 times in 100, of five 88 times.
        """
        if len(self.scores) == 1:
            return -math.inf, math.inf
        half = NORMAL_95 * float(self.scores.std(ddof=1)) / math.sqrt(len(self.scores))
        return self.mean - half, self.mean + half

    @property
    def full(self) -> float:
        """Share of games in which the board was filled."""
        return float(self.won.mean())

    @property
    def full_ci95(self) -> tuple[float, float]:
        """95 % interval of that share (Wilson, "Probable inference", JASA 22, 1927)."""
        return wilson(int(self.won.sum()), len(self.won))

    @property
    def steps_per_food(self) -> float:
        """Steps of all games over food of all games; infinite without food."""
        return float(self.steps.sum() / self.scores.sum()) if self.scores.sum() > 0 else math.inf

    @property
    def deaths(self) -> dict[str, int] | None:
        """Games that each cause ended, but for full boards; None if nobody looked."""
        if self.endings is None:
            return None
        return {cause: int(np.count_nonzero(self.endings == cause)) for cause in DEATHS}

    def row(self) -> dict[str, Any]:
        """The figures, flat and ready for JSON; `deaths` among them if they are known."""
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
    """Wilson's 95 % interval of a share: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    p, z = successes / trials, NORMAL_95
    middle = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def evaluate(
    agent: Agent,
    envs: VectorEnv[Any, Any, Any],
    *,
    games: int = 200,
    seed: int = 0,
    rng: np.random.Generator | None = None,
    masked: bool = True,
    ending: Ending | None = None,
) -> Evaluation:
    """Let an agent play the games with the seeds seed, ..., seed + games - 1, each to its end.

    Every game is played once, whatever its length and however many run at a time, so agents are compared on the same
    games and short ones do not crowd out long ones.

    Environments that take one seed only, such as Gymnasium's native CartPole, get that of the first game that they
    play: then how many run at a time decides which games they are.

    Args:
        agent: the player.
        envs: N games at a time, with next-step autoreset.
        games: how many.
        seed: of the first.
        rng: handed to the agent.
        masked: whether the agent is told which actions are allowed.
        ending: says how games ended, such as `snake_env.endings.find_endings`.

    Raises:
        ValueError: no games, or environments with another autoreset.
    """
    if games < 1:
        raise ValueError(f"games is {games}; play at least one")
    if envs.metadata.get("autoreset_mode") is not AutoresetMode.NEXT_STEP:
        raise ValueError(
            f"the environments have autoreset {envs.metadata.get('autoreset_mode')}; make them with NextStep"
        )
    scores, steps, won = np.zeros(games), np.zeros(games, dtype=np.int64), np.zeros(games, dtype=bool)
    endings = np.full(games, "", dtype="<U16")
    for first in range(0, games, envs.num_envs):
        number = first + np.arange(envs.num_envs)  # the game that each environment plays
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
                if not playing.any():
                    break
    return Evaluation(agent.name, scores, steps, won, endings if ending else None)


def _reset(envs: VectorEnv[Any, Any, Any], seeds: list[int]) -> tuple[Any, dict[str, Any]]:
    """Start games with these seeds."""
    one_each: Any = seeds  # which most environments take, though the base class declares one number
    try:
        return envs.reset(seed=one_each)
    except gym.error.Error:
        return envs.reset(seed=seeds[0])
