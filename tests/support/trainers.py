"""Small trainings for the tests of the trainer."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np

import nn
from nn import (
    SGD,
    AdamW,
    BatchNorm,
    Callback,
    Dense,
    Dropout,
    Optimiser,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
)
from nn.types import Examples

rng = np.random.default_rng(0)
X = rng.normal(size=(70, 5)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.uint8) + (X[:, 2] > 1)  # three classes
HELD_OUT = (rng.normal(size=(30, 5)).astype(np.float32), rng.integers(3, size=30))


def build(seed: int = 0) -> Sequential:
    layers = [Dense(5, 16), BatchNorm(16), ReLU(), Dropout(0.3), Dense(16, 3)]
    return Sequential(layers, (5,), rng=seed)


def worker_processes() -> list[SpawnProcess]:
    """Return the workers of `DataParallel`; other tests in this process may have left workers of another kind."""
    return [process for process in multiprocessing.active_children() if isinstance(process, SpawnProcess)]


def jitter(x: Examples, rng: np.random.Generator) -> Examples:
    return x + rng.normal(0, 0.1, x.shape).astype(np.float32)


def everything(
    seed: int = 3, optimiser: Callable[[Sequential], Optimiser] = AdamW, *, processes: bool = False
) -> Trainer:
    """A trainer with all that has a state: moments, schedule, average, augmentation, dropout, running statistics.

    It cuts each batch into two shards.
    """
    network = build()
    return Trainer(
        network,
        SoftmaxCrossEntropy(0.1),
        optimiser(network),
        nn.schedules.one_cycle(0.01),
        batch_size=16,
        max_grad_norm=1.0,
        ema_decay=0.9,
        augment=jitter,
        num_shards=2,
        processes=processes,
        seed=seed,
    )


def plain(rate: float = 0.1, batch_size: int = 16, **options: Any) -> Trainer:
    network = Sequential([Dense(5, 8), Tanh(), Dense(8, 3)], (5,), rng=0)
    return Trainer(network, SoftmaxCrossEntropy(), SGD(network, rate, 0.9), batch_size=batch_size, **options)


class Do(Callback):
    """A callback of functions."""

    def __init__(self, *, batch: Callable[[Trainer], None] | None = None, epoch: Any = None) -> None:
        self.batch, self.epoch = batch, epoch

    def on_batch(self, trainer: Trainer) -> None:
        if self.batch is not None:
            self.batch(trainer)

    def on_epoch(self, trainer: Trainer, row: dict[str, float]) -> None:
        if self.epoch is not None:
            self.epoch(trainer, row)


def without_time(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]
