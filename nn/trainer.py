"""The loop that trains: batches, loss, gradients, steps, and after each epoch a look at the validation examples."""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.averaging import WeightAverage
from nn.layer import Array
from nn.losses import Loss
from nn.optimisers import Optimiser, clip_by_global_norm
from nn.schedules import Schedule
from nn.sequential import Sequential

Examples: TypeAlias = npt.NDArray[Any]
Augment: TypeAlias = Callable[[Examples, np.random.Generator], Examples]


class Callback:
    """What is told how training goes; override what is of interest."""

    def on_batch(self, trainer: "Trainer") -> None:
        """Called after each step."""

    def on_epoch(self, trainer: "Trainer", row: dict[str, float]) -> None:
        """Called after each epoch, with what is appended to `trainer.history`."""


class Trainer:
    """Trains one network on examples.

    Args:
        network: changed in place.
        loss: of the network's outputs and the targets.
        optimiser: of this network.
        schedule: the learning rate by progress (`nn.schedules`); by default the optimiser's own stays.
        batch: examples a step; what is left over at an epoch's end waits for another epoch.
        clip: the greatest length of a gradient; by default any.
        average: decay of an average of the weights (`nn.averaging`), which is then what is validated and kept.
        augment: (examples of a batch, generator) -> the batch that the network sees.
        seed: of the order of examples, augmentation and dropout.

    Attributes:
        step: steps so far.
        elapsed: seconds of training so far, validation included.
        progress: from 0 to 1, the end.
        loss_value: of the last batch.
        history: one row an epoch: epoch, step, seconds, learning_rate, loss, validation_loss, validation_accuracy.
        stop: set it to True to end `fit` after the current batch.

    The same seed gives the same weights, as long as epochs and not seconds limit the training.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        optimiser: Optimiser,
        schedule: Schedule | None = None,
        batch: int = 128,
        clip: float | None = None,
        average: float | None = None,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        if optimiser.network is not network:
            raise ValueError("the optimiser moves another network: make it with the network that is trained")
        if batch < 1:
            raise ValueError(f"batch is {batch}; give at least 1 example a step")
        self.network, self.loss, self.optimiser, self.schedule = network, loss, optimiser, schedule
        self.batch, self.clip, self.augment = batch, clip, augment
        self.average = None if average is None else WeightAverage(network, average)
        self.rng = np.random.default_rng(seed)
        self.step, self.elapsed, self.progress, self.loss_value, self.stop = 0, 0.0, 0.0, math.nan, False
        self.history: list[dict[str, float]] = []
        self._best: Array | None = None  # the weights of the best epoch on the validation examples
        self._best_row: dict[str, float] = {}
        self._last: Array | None = None  # the weights to go on from, while the network holds the best

    def fit(
        self,
        x: Examples,
        y: Examples,
        *,
        epochs: int | None = None,
        seconds: float | None = None,
        validation: tuple[Examples, Examples] | None = None,
        patience: int | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> list[dict[str, float]]:
        """Train, and leave the best weights in the network: of the best epoch, without validation the last (average).

        Args:
            x: (N, ...) examples, as `augment` or the network takes them.
            y: (N, ...) targets, as the loss takes them.
            epochs: passes over the examples, counted from the very start, also after `restore`.
            seconds: instead of epochs, time, counted like that.
            validation: examples (as the network takes them) and targets; the accuracy counts, then the loss.
            patience: stop after so many epochs without a better one.
            callbacks: told of each step and epoch.

        Raises:
            ValueError: neither or both of epochs and seconds, fewer examples than a batch, or than targets.
            FloatingPointError: a loss that is not a number.
        """
        if (epochs is None) == (seconds is None):
            raise ValueError(f"epochs is {epochs} and seconds {seconds}: give one of them")
        if len(x) != len(y) or len(x) < self.batch:
            raise ValueError(f"{len(x)} examples and {len(y)} targets: give as many of each, at least {self.batch}")
        if self._last is not None:
            self.network.flat, self._last = self._last, None
        self.stop = False
        self._began = time.perf_counter() - self.elapsed
        self._seconds, self._steps = seconds, (epochs or 0) * (len(x) // self.batch)
        while not self.stop and not self._over():
            losses = self._epoch(x, y, callbacks)
            row = {
                "epoch": len(self.history) + 1.0,
                "step": float(self.step),
                "seconds": self.elapsed,
                "learning_rate": self.optimiser.learning_rate,
                "loss": float(np.mean(losses)),
            }
            if validation is not None:
                row |= self._validate(*validation)
            self.history.append(row)
            self.elapsed = time.perf_counter() - self._began
            for callback in callbacks:
                callback.on_epoch(self, row)
            if patience is not None and row["epoch"] - self._best_row.get("epoch", row["epoch"]) >= patience:
                break
        self._last = self.network.flat.copy()
        self.network.flat = self._chosen()
        return self.history

    def best_network(self) -> Sequential:
        """Return a copy of the network with the weights that `fit` would leave in it now."""
        network = copy.deepcopy(self.network)
        network.flat = self._chosen()
        return network

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return arrays, and a header that JSON can hold, for `restore`, as `nn.files.write` takes them."""
        flat = self.network.flat if self._last is None else self._last
        arrays = {"flat": flat.copy()}
        arrays |= {f"optimiser.{name}": array for name, array in self.optimiser.state().items()}
        if self.average is not None:
            arrays["average"] = self.average.flat.copy()
        if self._best is not None:
            arrays["best"] = self._best.copy()
        header = {
            "step": self.step,
            "elapsed": self.elapsed,
            "history": self.history,
            "best": self._best_row,
            "rng": self.rng.bit_generator.state,
        }
        return arrays, header

    def restore(self, arrays: Mapping[str, Array], header: Mapping[str, Any]) -> None:
        """Go on from what `state` returned, after an epoch, as if nothing had happened in between.

        Raises:
            ValueError: the state of another network, optimiser or average.
        """
        if arrays["flat"].shape != self.network.flat.shape or ("average" in arrays) != (self.average is not None):
            raise ValueError("the state belongs to another network, or to training with another average")
        self.optimiser.restore({k.removeprefix("optimiser."): v for k, v in arrays.items() if "optimiser." in k})
        self.network.flat = arrays["flat"]
        self._last = None
        self.step, self.elapsed, self.history = header["step"], header["elapsed"], list(header["history"])
        if self.average is not None:
            self.average.flat[...] = arrays["average"]
            self.average.steps = self.step
        self._best, self._best_row = arrays.get("best"), dict(header["best"])
        self.rng.bit_generator.state = header["rng"]

    def _epoch(self, x: Examples, y: Examples, callbacks: Sequence[Callback]) -> list[float]:
        """Take a step for each batch of the examples, in a new order."""
        self.network.reseed(self.rng)
        order = self.rng.permutation(len(x))
        losses = []
        for start in range(0, len(x) - self.batch + 1, self.batch):
            chosen = order[start : start + self.batch]
            examples = x[chosen] if self.augment is None else self.augment(x[chosen], self.rng)
            self._step(examples, y[chosen])
            losses.append(self.loss_value)
            over = self._over()
            for callback in callbacks:
                callback.on_batch(self)
            if self.stop or over:
                break
        return losses

    def _step(self, examples: Examples, targets: Examples) -> None:
        if self.schedule is not None:
            self.optimiser.learning_rate = self.schedule(self.progress)
        self.network.gradient = 0
        self.loss_value, gradient = self.loss(self.network.forward(examples, training=True), targets)
        if not math.isfinite(self.loss_value):
            raise FloatingPointError(
                f"the loss is {self.loss_value} at step {self.step + 1}, with a learning rate of "
                f"{self.optimiser.learning_rate:.2g}: use a lower one, or clip the gradient (clip=1.0)"
            )
        self.network.learn(gradient)
        if self.clip is not None:
            clip_by_global_norm(self.network.gradient, self.clip)
        self.optimiser.step()
        if self.average is not None:
            self.average.update()
        self.step += 1

    def _over(self) -> bool:
        """Measure progress, and say whether it is complete."""
        self.elapsed = time.perf_counter() - self._began
        self.progress = min(1.0, self.step / self._steps if self._seconds is None else self.elapsed / self._seconds)
        return self.progress >= 1

    def _validate(self, x: Examples, y: Examples) -> dict[str, float]:
        """Measure the average, or else the network, and keep its weights if it is the best so far."""
        current = self.network.flat.copy()
        if self.average is not None:
            self.network.flat = self.average.flat
        outputs = predict(self.network, x)
        row = {"epoch": len(self.history) + 1.0, "validation_loss": self.loss(outputs, y)[0]}
        rank = -row["validation_loss"]
        if np.ndim(y) == 1 and outputs.ndim == 2:  # classes
            row["validation_accuracy"] = float(np.mean(outputs.argmax(axis=1) == y))
            rank = row["validation_accuracy"] - 1e-6 * row["validation_loss"]
        if self._best is None or rank > self._best_row["rank"]:
            self._best, self._best_row = self.network.flat.copy(), {"epoch": row["epoch"], "rank": rank}
        self.network.flat = current
        return row

    def _chosen(self) -> Array:
        if self._best is not None:
            return self._best
        if self.average is not None:
            return self.average.flat
        return self.network.flat if self._last is None else self._last


def predict(network: Sequential, x: Examples, batch: int = 256) -> Array:
    """Return the network's outputs (N, ...) for x (N, ...), a batch at a time."""
    return np.concatenate([network.forward(x[start : start + batch]) for start in range(0, max(len(x), 1), batch)])
