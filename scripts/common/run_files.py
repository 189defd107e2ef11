"""The fields that commands read from the files of a run, config.json and result.json, and their types."""

from dataclasses import dataclass
from typing import Annotated

from nn.from_json import AtLeast, Count

Seconds = Annotated[float, AtLeast(0)]
Side = Annotated[int, AtLeast(1)]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of config.json of any run; the options of its kind stand beside these."""

    kind: str
    command: str
    seed: Count
    out: str | None = None
    images_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlayerConfig(Config):
    """Of config.json of a Snake player."""

    height: Side
    width: Side


@dataclass(frozen=True, kw_only=True)
class PlayerResult:
    """Of result.json of a Snake player."""

    mean: float
    best: float
    full: float
    steps_per_food: float | None
    total_timesteps: Count
    train_seconds: Seconds


@dataclass(frozen=True, kw_only=True)
class ClassifierResult:
    """Of result.json of an image classifier."""

    test_accuracy: float
    validation_accuracy: float | None = None
    parameters: Count
    epochs: Count
    train_seconds: Seconds
