"""Settings that several learners share, and how settings are checked."""

import math
from dataclasses import dataclass

from nn.schedules import Annealing


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Settings of every learner with a neural network.

    Raises:
        ValueError: a number outside of its range.
    """

    gamma: float = 0.99
    """Discount factor for each step."""
    learning_rate: float = 1e-3
    """Learning rate of Adam at the start of training."""
    final_learning_rate: float = 0.0
    """Learning rate at the end of training."""
    schedule: Annealing = "linear"
    """How settings with a final value change from the start to the end of training."""
    max_grad_norm: float = 10.0
    """Gradients with a larger norm are scaled down to this norm."""
    channels: tuple[int, ...] = (32, 64, 64)
    """Channels of each convolution, for image observations."""
    hidden: tuple[int, ...] = (256,)
    """Units of each dense layer, after the convolutions if there are any."""
    masked: bool = True
    """Choose only actions that the environment's action mask allows."""
    symmetric: bool = False
    """Augment data by the board's symmetries, and average over all of them to play. Image observations only."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_shares(self, "gamma")
        require_amounts(self, "learning_rate", "final_learning_rate", "max_grad_norm")


def require_counts(settings: object, *names: str) -> None:
    """Raise a ValueError if one of these settings is below 1."""
    for name in names:
        if getattr(settings, name) < 1:
            raise ValueError(f"{name} is {getattr(settings, name)}; give 1 or more")


def require_shares(settings: object, *names: str) -> None:
    """Raise a ValueError if one of these settings is not between 0 and 1."""
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f"{name} is {getattr(settings, name)}; give a number from 0 to 1")


def require_amounts(settings: object, *names: str) -> None:
    """Raise a ValueError if one of these settings is negative, infinite or NaN."""
    for name in names:
        if not 0 <= getattr(settings, name) < math.inf:
            raise ValueError(f"{name} is {getattr(settings, name)}; give a number from 0 on")
