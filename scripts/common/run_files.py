"""The fields of config.json and result.json, and their types: each command asks for those that it needs."""

from dataclasses import dataclass
from typing import Annotated

from nn.from_json import AtLeast, Count

Seconds = Annotated[float, AtLeast(0)]
Side = Annotated[int, AtLeast(1)]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of config.json of any run."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class PlayerConfig(Config):
    """Of config.json of a Snake player."""

    height: Side
    width: Side


@dataclass(frozen=True, kw_only=True)
class ShippedConfig(Config):
    """Of config.json of a run whose agent is shipped."""

    seed: Count
    command: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """Of config.json of a run that is continued: what stands beside the options of its kind."""

    command: str
    out: str | None = None
    images_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlayerResult:
    """Of result.json of a Snake player; what is missing is not shown."""

    mean: float | None = None
    best: float | None = None
    full: float | None = None
    steps_per_food: float | None = None
    total_timesteps: Count | None = None
    train_seconds: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class ShownResult:
    """What the window of a run shows."""

    mean: float
    full: float


@dataclass(frozen=True, kw_only=True)
class ShippedResult:
    """What the notes of a shipped agent hold."""

    total_timesteps: Count
    train_seconds: Seconds


@dataclass(frozen=True, kw_only=True)
class ClassifierResult:
    """Of result.json of an image classifier; what is missing is not shown."""

    test_accuracy: float | None = None
    validation_accuracy: float | None = None
    parameters: Count | None = None
    epochs: Count | None = None
    train_seconds: Seconds | None = None
