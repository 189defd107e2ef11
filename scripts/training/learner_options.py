"""Options of the learners that train on parallel games, and the learners that they describe."""

import os
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import gymnasium as gym

import nn
from agents.learning import dqn, ppo, pqn, q_learning
from agents.learning.learner import Learner
from agents.policies.networks import NetworkBuilder, actor_critic, q_network
from scripts.games.players import ENVIRONMENT_ID
from scripts.training.run import require_positive
from scripts.training.snake_options import SnakeOptions
from snake_env.engine.rules import Rules
from snake_env.observations.features import OVERALL, PER_ACTION

MOVE_FEATURES = len(PER_ACTION) + len(OVERALL)  # channels of "ego" with moves that are 0 outside of the center
TABLE_FEATURES = ("nearest", "tail_distance", "tail_reachable")  # features of each move that the table uses
Games = gym.vector.VectorEnv[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class LearnerOptions(SnakeOptions):
    """Options of every learner on parallel games."""

    changeable = ("threads", "watch")
    adjustable = ("budget", "total_timesteps", "hunger_limit", "late_starts")
    counted = "total_timesteps"
    group: ClassVar[str] = "Experience"

    actions: Annotated[str, "Board"] = "relative"
    """absolute (up, right, down, left) or relative (left, straight, right)."""
    total_timesteps: Annotated[int | None, "Main"] = None
    """Stop after this number of steps of all games instead of a time; then the same seed gives the same weights."""
    threads: Annotated[int, "Main"] = os.cpu_count() or 1
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
    """Times in the training that the agent is measured on validation games, which decide which agent is kept."""
    validation_games: int = 100
    """Games of each validation."""
    gamma: Annotated[float, "Algorithm"]
    """Discount factor for each step."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        counts = ("threads", "n_envs", "n_validations", "validation_games", "final_games")
        require_positive(self, *counts)
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

    def make_games(self) -> Games:
        """Return the training games."""
        rules = self.training_rules | {"observation": self.full_observation}
        rules["reward"] = {"name": "sparse", "starving": self.starving}
        if self.shaping:
            rules["reward"] |= {"name": "distance", "gamma": self.gamma}
        longest = int(self.late_starts * len(Rules(**self.rules).open_cells))
        if longest > 3:
            rules["initial_length"] = [3, longest]
        return gym.make_vec(ENVIRONMENT_ID, num_envs=self.n_envs, vectorization_mode="vector_entry_point", **rules)

    def builder(self, build: Callable[..., nn.Sequential]) -> NetworkBuilder:
        """Return the network builder for the observation: the planes of moves are 0 outside of the center."""
        return partial(build, center_channels=MOVE_FEATURES) if isinstance(self.full_observation, dict) else build

    def make_learner(self) -> Learner:
        """See `SnakeOptions.make_learner`."""
        nn.threads.use(self.threads)
        return self.learner(self.make_games())

    @abstractmethod
    def learner(self, games: Games) -> Learner:
        """Return the learner on these games."""


Settings = TypeVar("Settings", q_learning.QLearningSettings, dqn.DQNSettings, pqn.PQNSettings, ppo.PPOSettings)


def settings_of(options: LearnerOptions, kind: type[Settings]) -> Settings:
    """Return a learner's settings from the options that have their names.

    Raises:
        ValueError: symmetry for an observation that has none.
    """
    chosen = {field.name: getattr(options, field.name) for field in fields(kind)}
    if chosen.get("symmetric") and options.observation == "ego" and options.actions == "absolute":
        raise ValueError(
            "with absolute actions, the observation 'ego' has no symmetric views, since it turns with the snake; "
            "choose --actions relative or --no-symmetric"
        )
    if options.observation == "features" and "symmetric" in chosen:
        chosen["symmetric"] = False  # a vector has no views
    return kind(**chosen)


@dataclass(frozen=True, kw_only=True)
class Symmetric:
    """The option that image observations have a good default for."""

    symmetric: bool = True
    """Train each game in one of the board's symmetric views, and average over all views to play. Image observations
    only."""


@dataclass(frozen=True, kw_only=True)
class QLearningOptions(q_learning.QLearningSettings, LearnerOptions):
    """Tabular Q-learning: the oldest learner, and the one to read first."""

    kind = "q"

    observation: Literal["features", "ego", "planes"] = "features"
    """What the agent sees; a table needs a vector: features."""
    n_bins: tuple[int, ...] = (4,)
    """Bins of each component; one number for all."""
    components: tuple[int, ...] = ()
    """Indices of the observation's components that the table uses. [default: three features of each move]"""

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        q_learning.QLearningSettings.__post_init__(self)

    def learner(self, games: Games) -> q_learning.QLearning:
        """See `LearnerOptions.learner`."""
        settings = settings_of(self, q_learning.QLearningSettings)
        if self.observation == "features" and not self.components:
            F = len(PER_ACTION)
            blocks = range(0, F * len(Rules(**self.rules).action_names), F)
            chosen = tuple(block + PER_ACTION.index(name) for block in blocks for name in TABLE_FEATURES)
            settings = replace(settings, components=chosen)
        return q_learning.QLearning(games, settings, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class DQNOptions(Symmetric, dqn.DQNSettings, LearnerOptions):
    """Deep Q-network: action values, learned from a replay buffer."""

    kind = "dqn"

    n_envs: Annotated[int, "Experience"] = 64
    """Games that are played in parallel."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        dqn.DQNSettings.__post_init__(self)

    def learner(self, games: Games) -> dqn.DQN:
        """See `LearnerOptions.learner`."""
        build = self.builder(partial(q_network, dueling=self.dueling))
        settings = settings_of(self, dqn.DQNSettings)
        return dqn.DQN(games, settings, build_network=build, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class PQNOptions(Symmetric, pqn.PQNSettings, LearnerOptions):
    """Parallel Q(lambda): action values, learned without a replay buffer."""

    kind = "pqn"

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        pqn.PQNSettings.__post_init__(self)

    def learner(self, games: Games) -> pqn.PQN:
        """See `LearnerOptions.learner`."""
        build, settings = self.builder(q_network), settings_of(self, pqn.PQNSettings)
        return pqn.PQN(games, settings, build_network=build, seed=self.seed, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class PPOOptions(Symmetric, ppo.PPOSettings, LearnerOptions):
    """Proximal policy optimisation: a policy network, the strongest learner."""

    kind = "ppo"

    def __post_init__(self) -> None:
        """Check the numbers."""
        LearnerOptions.__post_init__(self)
        ppo.PPOSettings.__post_init__(self)

    def learner(self, games: Games) -> ppo.PPO:
        """See `LearnerOptions.learner`."""
        build, settings = self.builder(actor_critic), settings_of(self, ppo.PPOSettings)
        return ppo.PPO(games, settings, build_network=build, seed=self.seed, environment=self.environment)
