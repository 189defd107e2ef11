"""Which of the agents that a training passes through is kept.

It is part of the checkpoint, last.npz; best.npz is a copy for people.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium as gym

import nn
from agents import evaluate, registry
from agents.agent import LearnedAgent
from agents.evolution.evolution import VALIDATION_SEED
from agents.learning.learner import Learner
from agents.types import Arrays
from nn.from_json import from_json
from scripts.common.run_files import TrainingConfig
from scripts.common.run_folder import RunFolder
from scripts.games.players import check_environment, make_games

COLUMNS = ("validation_score", "validation_full")


@dataclass(frozen=True)
class Validation:
    """The columns of the latest validation; null before the first."""

    validation_score: float | None
    validation_full: float | None


@dataclass(frozen=True)
class BestState:
    """What is saved of a `BestAgent`, beside the arrays of the agent."""

    score: float
    latest: Validation
    header: dict[str, Any]


class BestAgent:
    """Keeps the last agent that is not worse than the best one so far.

    Agents are measured on validation games, on which none is trained. Worse means below the best mean score by more
    than its standard error, since the best of many was lucky, too. A learner that validates its agents itself, such as
    `Evolution`, reports "validation_score"; then its agent is kept whenever this score rises.

    Args:
        folder: of the run.
        n_validations: how often in the training agents are measured.
        validation_games: on how many games.

    Attributes:
        score: the best mean score so far, -1 before the first validation.
        written: whether best.npz holds the agent that is kept, see `write`.
    """

    def __init__(self, folder: RunFolder, n_validations: int, validation_games: int) -> None:
        self._folder, self._n_validations, self._games = folder, n_validations, validation_games
        self._envs: gym.vector.VectorEnv[Any, Any, Any] | None = None
        self._latest = dict.fromkeys(COLUMNS, math.nan)
        self.score, self._validations = -1.0, 0
        self._kept: tuple[Arrays, dict[str, Any]] = {}, {}  # the content of best.npz
        self.written = True

    def update(self, learner: Learner, metrics: dict[str, float], progress: float, seconds: float) -> dict[str, float]:
        """Validate the learner's agent if it is time, and return the columns of the latest validation."""
        if "validation_score" in metrics:
            if metrics["validation_score"] > self.score:
                self.score = metrics["validation_score"]
                self._keep(learner.agent(), learner.num_timesteps, seconds)
            return {name: metrics[name] for name in COLUMNS}
        due = math.floor(progress * self._n_validations)
        if due > self._validations:
            self._validations = due
            self.validate(learner.agent(), learner.num_timesteps, seconds)
        return self._latest

    def validate(self, agent: LearnedAgent, timesteps: int, seconds: float) -> dict[str, float]:
        """Play the validation games with an agent, keep it unless it is worse, and return the columns."""
        if self._envs is None:
            self._envs = make_games(agent, {}, self._games)
        result = evaluate(agent, self._envs, games=self._games, seed=VALIDATION_SEED)
        if result.mean >= self.score - result.scores.std() / math.sqrt(self._games):
            self.score = max(self.score, result.mean)
            self._keep(agent, timesteps, seconds)
        self._latest = {"validation_score": result.mean, "validation_full": result.full}
        return self._latest

    def write(self) -> None:
        """Write best.npz, unless the file is up to date.

        Raises:
            OSError: it cannot be written.
        """
        if not self.written:
            nn.files.write(self._folder.path / "best.npz", *self._kept)
            self.written = True

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return what `restore` needs: arrays, and a header that JSON can hold."""
        latest = {name: None if math.isnan(value) else value for name, value in self._latest.items()}
        arrays, header = self._kept
        return arrays, {"score": self.score, "latest": latest, "header": header}

    def restore(self, arrays: Arrays, state: dict[str, Any], progress: float) -> None:
        """Continue from what `state` returned, at this share of the training, which may be longer than it was.

        Raises:
            ValueError: a field or an array is missing, unknown or wrong.
        """
        saved = from_json(state, BestState, "best")
        if arrays or saved.header:
            check_environment(registry.unpack(arrays, saved.header))
        self.score, self._validations = saved.score, math.floor(progress * self._n_validations)
        self._latest = {name: math.nan if value is None else value for name, value in asdict(saved.latest).items()}
        self._kept, self.written = (arrays, saved.header), not arrays

    def _keep(self, agent: LearnedAgent, timesteps: int, seconds: float) -> None:
        trained = {"kept_timesteps": timesteps, "kept_seconds": round(seconds, 1)}
        self._kept, self.written = agent.pack(self._folder.read_json("config.json", TrainingConfig) | trained), False
