"""Training by gradient descent and by tables: Q-learning and policy gradient, on many games at once."""

import importlib.util
import math
import os
from abc import abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar

import gymnasium as gym
import numpy as np

import agents
import nn
from agents import evaluate
from agents.agent import LearnedAgent
from agents.evolution.evolution import VALIDATION_SEED
from agents.learning import dqn, ppo, pqn, q_learning
from agents.learning.learner import Learner
from agents.learning.spaces import spaces_of
from scripts.common.run_folder import RunFolder
from scripts.games.players import ENVIRONMENT_ID, make_games
from scripts.training.snake_run import Course, Options, begin_run, find_run, read_checkpoint, report
from snake_env.engine.rules import Rules
from snake_env.observations.features import OVERALL, PER_ACTION

BETWEEN_CHECKPOINTS = 20.0  # seconds
TABLED = ("nearest", "tail_distance", "tail_reachable")  # features of each action that a table looks at


@dataclass(frozen=True, kw_only=True)
class LearningOptions(Options):
    """What every learner takes."""

    changeable = ("threads", "watch")
    adjustable = ("budget", "steps", "hunger_limit", "late_starts")
    counted = "steps"

    actions: str = "relative"
    """absolute (up, right, down, left) or relative (left, straight, right)."""
    steps: int | None = None
    """Stop after this many steps of all games instead of a time: then the same seed gives the same weights."""
    threads: int = os.cpu_count() or 1
    """Threads that compute. What is learnt does not depend on them."""
    games: int = 128
    """Games that are played at once."""
    observation: Literal["features", "ego", "planes"] = "ego"
    """What the agent sees: a vector of features of each move, the board around the head, turned so that the snake looks
    up, or the board as it is."""
    moves: bool = True
    """With ego: show also what features tell of each move, on the cell that it leads to."""
    shaping: bool = True
    """Reward steps towards food, by a potential that leaves the best policy as it is."""
    starving: float = 1.0
    """Taken off when a snake starves, so that walking in circles does not pay."""
    late_starts: float = 0.6
    """Training games start with a random snake of up to this share of the board, for practice late in the game; with 0
    always as usual."""
    validations: int = 10
    """How often in the training the agent is measured on fixed games, by which it is chosen what is kept."""
    validation_games: int = 100
    """Games for each of these."""
    discount: float
    """Of rewards, a step (gamma)."""

    @property
    def seen(self) -> str | dict[str, Any]:
        """The environment's observation."""
        return {"name": "ego", "moves": True} if self.observation == "ego" and self.moves else self.observation

    @abstractmethod
    def learner(self, envs: gym.vector.VectorEnv[Any, Any, Any], environment: dict[str, Any]) -> Learner:
        """The learner that these options describe."""


Settings = TypeVar("Settings", q_learning.Settings, dqn.Settings, pqn.Settings, ppo.Settings)


def settings_of(options: LearningOptions, kind: type[Settings]) -> Settings:
    """Those of the options that are a learner's settings.

    Raises:
        ValueError: symmetry where there is none.
    """
    chosen = {field.name: getattr(options, field.name) for field in fields(kind)}
    if chosen.get("symmetric") and options.observation == "ego" and options.actions == "absolute":
        raise ValueError(
            "with actions='absolute' the view of 'ego', which turns with the snake, has no symmetry; "
            "choose --actions relative or --no-symmetric"
        )
    if options.observation == "features" and "symmetric" in chosen:
        chosen["symmetric"] = False  # a vector has no views
    if isinstance(options.seen, dict) and chosen.get("close_up") == 0:
        chosen["close_up"] = len(PER_ACTION) + len(OVERALL)  # the moves' features, around the head
    return kind(**chosen)


@dataclass(frozen=True, kw_only=True)
class Q(q_learning.Settings, LearningOptions):
    """Q-learning with a table: the oldest, and the one to read first."""

    kind = "q"

    observation: Literal["features", "ego", "planes"] = "features"
    """What the agent sees; a table needs a vector: features."""
    levels: tuple[int, ...] = (4,)
    """Numbers that each component is rounded to; one number for all of them."""
    components: tuple[int, ...] = ()
    """Of the observation, by index, that count; none for those that were found to be enough."""

    def learner(self, envs: gym.vector.VectorEnv[Any, Any, Any], environment: dict[str, Any]) -> Learner:
        """See `LearningOptions.learner`."""
        settings = settings_of(self, q_learning.Settings)
        if self.observation == "features" and not self.components:
            blocks = range(0, len(PER_ACTION) * spaces_of(envs).actions, len(PER_ACTION))
            chosen = tuple(block + PER_ACTION.index(name) for block in blocks for name in TABLED)
            settings = replace(settings, components=chosen)
        return q_learning.QLearning(envs, settings, seed=self.seed, environment=environment)


@dataclass(frozen=True, kw_only=True)
class DQN(dqn.Settings, LearningOptions):
    """Deep Q-learning: values of actions, from a replay buffer."""

    kind = "dqn"

    games: int = 64
    """Games that are played at once."""
    symmetric: bool = True
    """See games in all views of the board, and average over them when it counts; for planes."""

    def learner(self, envs: gym.vector.VectorEnv[Any, Any, Any], environment: dict[str, Any]) -> Learner:
        """See `LearningOptions.learner`."""
        return dqn.DQN(envs, settings_of(self, dqn.Settings), seed=self.seed, environment=environment)


@dataclass(frozen=True, kw_only=True)
class PPO(ppo.Settings, LearningOptions):
    """Proximal policy optimisation: a policy network, the strongest learner."""

    kind = "ppo"

    symmetric: bool = True
    """See games in all views of the board, and average over them when it counts; for planes."""

    def learner(self, envs: gym.vector.VectorEnv[Any, Any, Any], environment: dict[str, Any]) -> Learner:
        """See `LearningOptions.learner`."""
        return ppo.PPO(envs, settings_of(self, ppo.Settings), seed=self.seed, environment=environment)


@dataclass(frozen=True, kw_only=True)
class PQN(pqn.Settings, LearningOptions):
    """Parallel Q(lambda): values of actions, without a replay buffer."""

    kind = "pqn"

    symmetric: bool = True
    """See games in all views of the board, and average over them when it counts; for planes."""

    def learner(self, envs: gym.vector.VectorEnv[Any, Any, Any], environment: dict[str, Any]) -> Learner:
        """See `LearningOptions.learner`."""
        return pqn.PQN(envs, settings_of(self, pqn.Settings), seed=self.seed, environment=environment)


KINDS = (Q, DQN, PQN, PPO)


def main(options: LearningOptions) -> dict[str, Any]:
    """Learn, evaluate, and leave a run folder; what it gives back is the folder's result.json."""
    options, folder = find_run(options, KINDS)
    nn.threads.use(options.threads)
    learner = options.learner(_training_games(options), options.rules | {"observation": options.seen})
    choice, rows, before = Choice(options, folder), [], 0.0
    checkpoint = read_checkpoint(folder, "learner")
    if checkpoint is not None:
        arrays, header = checkpoint
        if (hunger := arrays.get("collector.game.hunger")) is not None:  # which may be lower now
            limit = Rules(**options.training_rules).steps_to_starve
            np.minimum(hunger, limit - 1 + arrays["collector.game.over"], out=hunger)
        learner.restore(arrays, header["learner"])
        choice.best, before = header["best"], header["seconds"]
        rows = [dict(row) for row in folder.read_metrics() if row["steps"] <= learner.steps]
    begin_run(options, folder)
    course = Course(folder, rows, before, options.budget, ("steps", options.steps))
    log, saved = tensorboard(folder), course.seconds
    # When the last row was made, the one before it said how far the training was.
    passed = math.floor(course.progress_at(rows[-2]) * options.validations) if len(rows) > 1 else 0

    def save() -> None:
        arrays, header = learner.state()
        about = {"learner": header, "best": choice.best, "seconds": course.seconds}
        nn.files.write(folder.path / "last.npz", arrays, about)
        folder.write_metrics(course.rows)

    def step() -> dict[str, Any]:
        nonlocal saved, passed
        if course.rows and course.seconds - saved > BETWEEN_CHECKPOINTS:
            save()
            saved = course.seconds
        told = learner.step(min(course.progress, 1.0))
        last = course.rows[-1] if course.rows else {"validation": math.nan, "validation_full": math.nan}
        row = {"steps": learner.steps} | told | {name: last[name] for name in ("validation", "validation_full")}
        if (now := math.floor(course.progress * options.validations)) > passed:
            passed = now
            row |= choice.validate(learner.agent(), learner.steps, course.seconds)
        if log is not None:
            for name, value in row.items():
                log.add_scalar(name, value, step=learner.steps)
        return row

    course.run(step, _line, whole=True)
    if not course.rows:
        raise SystemExit("stopped before the first rollout ended; give a larger --budget")
    stopped = course.progress < 1
    if stopped:
        save()  # before a measurement that no run makes which is never stopped
    if choice.steps != learner.steps and (choice.best < 0 or not stopped):
        course.rows[-1] |= choice.validate(learner.agent(), learner.steps, course.seconds)
    if not stopped:
        save()
    best = agents.load(folder.path)
    return report(best, options, folder, course, {"train_steps": learner.steps})


class Choice:
    """Which of the agents that a training passes through is kept: the last that is no worse than the best was.

    They are measured on fixed games, none of which is trained on. Worse is what lies below the best mean by more than
    its standard error, for the best of many was lucky, too.

    Attributes:
        steps: that the last one had learned from.
        best: mean score of the best one.
    """

    def __init__(self, options: LearningOptions, folder: RunFolder) -> None:
        self._options, self._folder = options, folder
        self._envs: gym.vector.VectorEnv[Any, Any, Any] | None = None
        self.steps, self.best = 0, -1.0

    def validate(self, agent: LearnedAgent, steps: int, seconds: float) -> dict[str, float]:
        """Let an agent play the games, and keep it if it is better than those before."""
        games = self._options.validation_games
        if self._envs is None:
            self._envs = make_games(agent, {}, games)
        reached = evaluate(agent, self._envs, games=games, seed=VALIDATION_SEED)
        if reached.mean >= self.best - reached.scores.std() / math.sqrt(games):
            self.best = max(self.best, reached.mean)
            trained = {"kept_steps": steps, "kept_seconds": round(seconds, 1)}
            agent.save(self._folder.path / "best.npz", self._folder.read_json("config.json") | trained)
        self.steps = steps
        return {"validation": reached.mean, "validation_full": reached.full}


def tensorboard(folder: RunFolder) -> Any | None:  # noqa: ANN401  an optional package's class
    """A writer of TensorBoard's files, in the run's folder; None where that is not installed."""
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from tensorboard.summary import Writer

    return Writer(str(folder.path / "tensorboard"))


def _training_games(options: LearningOptions) -> gym.vector.VectorEnv[Any, Any, Any]:
    rules = options.training_rules | {"observation": options.seen}
    rules["reward"] = {"name": "sparse", "starving": options.starving}
    if options.shaping:
        rules["reward"] |= {"name": "distance", "gamma": options.discount}
    longest = int(options.late_starts * len(Rules(**options.rules).open_cells))
    if longest > 3:
        rules["initial_length"] = [3, longest]
    return gym.make_vec(ENVIRONMENT_ID, num_envs=options.games, vectorization_mode="vector_entry_point", **rules)


def _line(row: dict[str, Any], seconds: float) -> str:
    validated = math.isfinite(row["validation"])
    validation = f"validation {row['validation']:.1f}, full {row['validation_full']:.0%}  " if validated else ""
    return (
        f"{row['steps'] / 1e6:.2f}M steps  score {row['score']:.1f}  {validation}"
        f"{row['steps'] / seconds / 1000:.1f}k steps/s"
    )
