"""Options of the learners that train on parallel games, and the learners that they describe."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import gymnasium as gym
from joblib import cpu_count

import nn
from agents.learning import dqn, ppo, pqn, q_learning
from agents.learning.learner import Learner
from agents.policies.networks import NetworkBuilder, actor_critic, q_network
from scripts.common.command_line import check_threads, require_positive
from scripts.games.players import ENVIRONMENT_ID
from scripts.training.snake_options import SnakeOptions
from snake_env.engine.rules import Rules
from snake_env.observations.features import OVERALL, PER_ACTION

MOVE_FEATURES = len(PER_ACTION) + len(OVERALL)  # channels of "ego" that hold the moves' features, in the center only
SHORTEST_START = 3  # cells of the shortest snake that a training game starts with
TABLE_FEATURES = ("nearest", "tail_distance", "tail_reachable")  # features of each move that the table uses
Envs = gym.vector.VectorEnv[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class LearnerOptions(SnakeOptions):
    """Options of every learner on parallel games."""

    not_kept = ("threads", "watch")
    overridable = ("budget", "total_timesteps", "hunger_limit", "late_starts")
    length_option = "total_timesteps"
    group: ClassVar[str] = "Experience"

    actions: Annotated[str, "Board"] = "relative"
    """absolute (up, right, down, left) or relative (left, straight, right)."""
    total_timesteps: Annotated[int | None, "Main"] = None
    """Environment steps of all games together, in place of --budget. Then the same seed gives the same weights."""
    threads: Annotated[int, "Main"] = cpu_count()
    """Threads that compute. The result does not depend on their number."""
    n_envs: int = 128
    """Games that are played in parallel."""
    observation: Literal["features", "ego", "planes"] = "ego"
    """features: a vector of features of each move; ego: planes of the board around the head, turned so that the snake
    looks up; planes: the board as it is."""
    moves: bool = True
    """With ego: add planes that hold each move's features on the cell it leads to."""
    shaping: bool = True
    """Reward steps towards food, by a potential, which does not change the best policy."""
    starving: float = 1.0
    """Penalty for starving, so that circling does not pay."""
    late_starts: float = 0.6
    """Start training games with a random snake of up to this share of the board, to practise the endgame; 0 for short
    snakes."""
    n_validations: int = 10
    """Number of validations during training; the agent that is best in them is kept."""
    validation_games: int = 100
    """Games of each validation."""
    gamma: Annotated[float, "Algorithm"]
    """Discount factor for each step."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        counts = ("threads", "n_envs", "n_validations", "validation_games", "final_games")
        require_positive(self, *counts)
        check_threads(self.threads)
        if not 0 <= self.late_starts < 1:
            raise ValueError(f"late_starts is {self.late_starts}; give a share of the board from 0 to below 1")

    @property
    def until(self) -> tuple[str, int | None]:
        """See `SnakeOptions.until`."""
        return "timesteps", self.total_timesteps

    @property
    def full_observation(self) -> str | dict[str, Any]:
        """The environment's observation argument."""
        return {"name": "ego", "moves": True} if self.observation == "ego" and self.moves else self.observation

    @property
    def environment(self) -> dict[str, Any]:
        """The environment arguments that are saved with the agent."""
        return self.rules | {"observation": self.full_observation}

    def make_envs(self) -> Envs:
        """Return the training games."""
        env_kwargs = self.training_rules | {"observation": self.full_observation}
        shaped = {"name": "distance", "gamma": self.gamma} if self.shaping else {"name": "sparse"}
        env_kwargs["reward"] = shaped | {"starving": self.starving}
        longest = int(self.late_starts * len(Rules(**self.rules).open_cells))
        if longest > SHORTEST_START:
            env_kwargs["initial_length"] = [SHORTEST_START, longest]
        return gym.make_vec(ENVIRONMENT_ID, num_envs=self.n_envs, vectorization_mode="vector_entry_point", **env_kwargs)

    def builder(self, build: Callable[..., nn.Sequential]) -> NetworkBuilder:
        """Return the network builder for the observation: the planes of moves are 0 outside of the center."""
        return partial(build, center_channels=MOVE_FEATURES) if self.observation == "ego" and self.moves else build

    def make_learner(self) -> Learner:
        """See `SnakeOptions.make_learner`."""
        nn.threads.use(self.threads)
        return self.learner(self.make_envs())

    @abstractmethod
    def learner(self, envs: Envs) -> Learner:
        """Return the learner in these environments."""


Settings = TypeVar("Settings", q_learning.QLearningSettings, dqn.DQNSettings, pqn.PQNSettings, ppo.PPOSettings)


def settings_of(options: LearnerOptions, kind: type[Settings]) -> Settings:
    """Return a learner's settings from the options that have their names.

    Raises:
        ValueError: --symmetric was typed for an observation that has no symmetries.
    """
    chosen = {field.name: getattr(options, field.name) for field in fields(kind)}
    turned = options.observation == "ego" and options.actions == "absolute"  # the view turns, the actions do not
    if chosen.get("symmetric") and (options.observation == "features" or turned):
        if "symmetric" in options.given:
            what = "observation ego with absolute actions" if turned else "observation features"
            raise ValueError(f"{what} has no symmetries; leave out --symmetric, or choose another observation")
        chosen["symmetric"] = False
    return kind(**chosen)


@dataclass(frozen=True, kw_only=True)
class SymmetryOption:
    """Turns data augmentation by the board's symmetries on by default."""

    symmetric: bool = True
    """Augment data by the board's symmetries, and average over all of them to play. It is off where an observation has
    none: features, and ego with absolute actions."""


@dataclass(frozen=True, kw_only=True)
class QLearningOptions(q_learning.QLearningSettings, LearnerOptions):
    """Tabular Q-learning: the oldest learner, and the one to read first."""

    kind = "q"

    observation: Literal["features"] = "features"
    """A table needs a vector."""
    n_bins: tuple[int, ...] = (4,)
    """Bins of each component; one number for all."""
    components: tuple[int, ...] = ()
    """Indices of the observation's components that the table uses. [default: three features of each move]"""

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        q_learning.QLearningSettings.__post_init__(self)

    def learner(self, envs: Envs) -> q_learning.QLearning:
        """See `LearnerOptions.learner`."""
        settings = settings_of(self, q_learning.QLearningSettings)
        if not self.components:
            F = len(PER_ACTION)
            blocks = range(0, F * len(Rules(**self.rules).action_names), F)
            chosen = tuple(block + PER_ACTION.index(name) for block in blocks for name in TABLE_FEATURES)
            settings = replace(settings, components=chosen)
        return q_learning.QLearning(envs, settings, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class DQNOptions(SymmetryOption, dqn.DQNSettings, LearnerOptions):
    """Deep Q-network: action values, learned from a replay buffer."""

    kind = "dqn"

    n_envs: Annotated[int, "Experience"] = 64
    """Games that are played in parallel."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        dqn.DQNSettings.__post_init__(self)

    def learner(self, envs: Envs) -> dqn.DQN:
        """See `LearnerOptions.learner`."""
        build = self.builder(partial(q_network, dueling=self.dueling))
        settings = settings_of(self, dqn.DQNSettings)
        return dqn.DQN(envs, settings, build_network=build, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class PQNOptions(SymmetryOption, pqn.PQNSettings, LearnerOptions):
    """Parallel Q(lambda): action values, learned without a replay buffer."""

    kind = "pqn"

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        pqn.PQNSettings.__post_init__(self)

    def learner(self, envs: Envs) -> pqn.PQN:
        """See `LearnerOptions.learner`."""
        build, settings = self.builder(q_network), settings_of(self, pqn.PQNSettings)
        return pqn.PQN(envs, settings, build_network=build, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class PPOOptions(SymmetryOption, ppo.PPOSettings, LearnerOptions):
    """Proximal policy optimisation: a policy network, the strongest learner."""

    kind = "ppo"

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        ppo.PPOSettings.__post_init__(self)

    def learner(self, envs: Envs) -> ppo.PPO:
        """See `LearnerOptions.learner`."""
        build, settings = self.builder(actor_critic), settings_of(self, ppo.PPOSettings)
        return ppo.PPO(envs, settings, build_network=build, seed=self.seed, environment=self.environment)
