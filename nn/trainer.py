"""The loop around everything: batches, steps, epochs, validation, and going on where an earlier run stopped.

    trainer = Trainer(network, SoftmaxCrossEntropy(), AdamW(network), schedule=one_cycle(0.002), average=0.999)
    history = trainer.fit(images, labels, epochs=10, validation=(more_images, more_labels))
    logits = predict(network, new_images)

After an epoch, `trainer.state()` is all that the next epoch depends on. A trainer built in the same way that restores
it goes on with the same numbers, to the last bit, as if there had been no interruption.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.averaging import WeightAverage
from nn.clipping import clip_by_global_norm
from nn.losses import Loss
from nn.optimisers import Optimiser, require_alike
from nn.parallel.data_parallel import DataParallel
from nn.parallel.worker import Augment, Examples
from nn.prediction import predict
from nn.schedules import Schedule
from nn.sequential import Sequential

Row = dict[str, float]


class Callback:
    """What happens besides: override one method or both."""

    def on_batch(self, trainer: "Trainer") -> None:
        """Called after each step."""

    def on_epoch(self, trainer: "Trainer", row: Row) -> None:
        """Called after each epoch, when row has become the last of `trainer.history`."""


class Trainer:
    """Makes a network's loss small.

    Args:
        network: whose weights are learned.
        loss: of its outputs.
        optimiser: of this network.
        schedule: from progress to learning rate; without one, the optimiser's stays as it is.
        batch: examples a step, at least 1.
        clip: longest gradient; longer ones are shortened to it (see `clip_by_global_norm`).
        average: decay of a `WeightAverage`; then its weights are what is validated and kept.
        augment: (raw batch, generator) -> batch as the network takes it.
        shares, processes: whether several processes learn from each batch, and how, see `DataParallel`.
        seed: of the order of examples, augmentation, and layers with chance.

    Attributes:
        history: a row an epoch: epoch, step, seconds, learning_rate, loss, and with validation validation_loss and, for
            classes, validation_accuracy.
        epoch, step: how many were begun and made.
        elapsed: seconds of training so far, of all parts.
        progress: 0 to 1, the share of the epochs, or of the seconds, that is done.
        loss_value: of the last batch.
        stop: a callback sets it to end the training after this step.

    Raises:
        ValueError: a batch below 1 or shares, an optimiser of another network, a clip or average outside of its range.
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
        shares: int = 1,
        processes: bool = True,
        seed: int | np.random.Generator = 0,
    ) -> None:
        if not 1 <= shares <= batch:
            raise ValueError(
                f"batch is {batch} and shares is {shares}: give 1 or more of each, and no fewer examples than shares"
            )
        if optimiser.network is not network:
            raise ValueError("the optimiser is that of another network: make it with this one")
        if clip is not None and not clip > 0:
            raise ValueError(f"clip is {clip}: give a length above 0, such as 1.0, or None")
        self.network, self.loss, self.optimiser, self.schedule = network, loss, optimiser, schedule
        self.batch, self.clip = batch, clip
        self.parallel = DataParallel(network, loss, augment, shares, processes=processes)
        self.average = None if average is None else WeightAverage(network, average)
        self.rng = np.random.default_rng(seed)
        self.epoch = self.step = self.best_epoch = 0
        self.elapsed = self.progress = 0.0
        self.loss_value = math.nan
        self.history: list[Row] = []
        self.stop = False
        self._last = network.flat.copy()  # training goes on from here, whatever the network holds after `fit`
        self._best = network.flat.copy()

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
    ) -> list[Row]:
        """Train until so many epochs or seconds, in all and not from now on, are over; return the history.

        In the end the network holds the best weights: those of the epoch with the highest validation accuracy, among
        equals with the lowest validation loss; without validation the latest. The next `fit` goes on from the latest;
        what an epoch learned that Ctrl-C broke off counts, though it has no row in the history.

        Args:
            x: (N, ...) examples, of any type that `augment` or the network turns into floats.
            y: (N,) or (N, K) targets, as the loss takes them. In each epoch all are used once in a new order, but for
                those that would make a short last batch.
            epochs: when to end; or
            seconds: of training and validation; the epoch that has begun is then cut short.
            validation: (x, y) to measure after each epoch, as the network and the loss take them.
            patience: end after so many epochs without a new best.
            callbacks: called after each step and epoch.

        Raises:
            ValueError: neither epochs nor seconds, arrays that do not fit together, patience without validation.
            FloatingPointError: a loss or the weights are no numbers any more; says when, and what to do.
        """
        self._check(x, y, epochs, seconds, validation, patience)
        total = math.inf if epochs is None else epochs * (len(x) // self.batch)
        limit = math.inf if seconds is None else seconds
        begin = 0.0

        def ended() -> bool:
            self.elapsed = perf_counter() - begin
            self.progress = max(self.step / total, self.elapsed / limit)
            return self.progress >= 1

        x, y = np.asarray(x), np.asarray(y)
        if self.history:
            self.network.flat = self._last
        else:  # whatever the weights were when the trainer was made, or when its first epoch was broken off
            self._last[...] = self._best[...] = self.network.flat
        self.stop = False
        with self.parallel:
            self.parallel.start(x[: self.batch], y[: self.batch])
            begin = perf_counter() - self.elapsed
            while not (ended() or self.stop or (patience and self.epoch - self.best_epoch >= patience)):
                self.epoch += 1
                self.parallel.reseed(self.rng)
                order = self.rng.permutation(len(x))
                losses = []
                try:
                    for start in range(0, len(x) - self.batch + 1, self.batch):
                        rows = order[start : start + self.batch]
                        self._learn(x[rows], y[rows])
                        losses.append(self.loss_value)
                        over = ended()
                        for callback in callbacks:
                            callback.on_batch(self)
                        if over or self.stop:
                            break
                except KeyboardInterrupt:
                    self._last[...] = self.network.flat
                    raise
                measured = self._measure(validation)
                ended()
                row: Row = {"epoch": self.epoch, "step": self.step, "seconds": self.elapsed}
                row |= {"learning_rate": self.optimiser.learning_rate, "loss": float(np.mean(losses)), **measured}
                self.history.append(row)
                for callback in callbacks:
                    callback.on_epoch(self, row)
        if self.history:
            self.network.flat = self._best
        return self.history

    def best_network(self) -> Sequential:
        """Return a copy of the network with the best weights so far, as `fit` leaves them in the end."""
        network = copy.deepcopy(self.network)
        if self.history:
            network.flat = self._best
        return network

    def state(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return arrays and header for `nn.files.write`: in `on_epoch` or outside of `fit`, not within an epoch."""
        arrays: dict[str, npt.NDArray[Any]] = {"last": self._last.copy(), "best": self._best.copy()}
        if self.average is not None:
            arrays["average"] = self.average.flat.copy()
        arrays |= {f"optimiser.{name}": array for name, array in self.optimiser.state().items()}
        counts = {"epoch": self.epoch, "step": self.step, "best_epoch": self.best_epoch, "elapsed": self.elapsed}
        history = [dict(row) for row in self.history]
        return arrays, {**counts, "history": history, "rng": self.rng.bit_generator.state}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> None:
        """Take the place of the trainer whose `state` this was; call `fit` as there, and it goes on.

        Raises:
            ValueError: the state of a trainer of another network or optimiser, or with or without an average.
        """
        require_alike(arrays, self.state()[0])
        missing = self.state()[1].keys() - header.keys()
        if missing:
            raise ValueError(f"this is no whole state of a trainer: its header lacks {', '.join(sorted(missing))}")
        self.network.flat = arrays["last"]
        self._last[...], self._best[...] = arrays["last"], arrays["best"]
        self.epoch, self.step, self.best_epoch = header["epoch"], header["step"], header["best_epoch"]
        self.elapsed = header["elapsed"]
        self.history = [dict(row) for row in header["history"]]
        self.rng.bit_generator.state = header["rng"]
        prefix = "optimiser."
        self.optimiser.restore({n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)})
        if self.average is not None:
            self.average.flat[...] = arrays["average"]
            self.average.updates = self.step

    def _learn(self, x: Examples, y: Examples) -> None:
        """One step."""
        if self.schedule is not None:
            self.optimiser.learning_rate = self.schedule(self.progress)
        self.network.gradient = 0
        with np.errstate(over="ignore", invalid="ignore"):  # what has diverged is told in our own words
            self.loss_value = self.parallel.accumulate_gradients(x, y)
            if not math.isfinite(self.loss_value):
                raise self._diverged(f"the loss is {self.loss_value}")
            if self.clip is not None:
                clip_by_global_norm(self.network.gradient, self.clip)
            self.optimiser.step()
        if self.average is not None:
            self.average.update()
        self.step += 1

    def _measure(self, validation: tuple[Examples, Examples] | None) -> Row:
        """Keep the latest weights, and the best; return what is measured on the validation examples, by name."""
        if not np.isfinite(self.network.flat).all():
            raise self._diverged("there are weights that are no numbers")
        self._last[...] = self.network.flat
        weights = self._last if self.average is None else self.average.flat
        measured: Row = {}
        if validation is not None:
            self.network.flat = weights
            with np.errstate(over="ignore", invalid="ignore"):
                found = self.loss.measure(predict(self.network, validation[0], self.batch), validation[1])
            self.network.flat = self._last
            if not math.isfinite(found["loss"]):
                raise self._diverged(f"the validation loss is {found['loss']}")
            measured = {f"validation_{name}": value for name, value in found.items()}
        # Not the row of this number: an epoch that an error or Ctrl-C broke off has none.
        best = next((row for row in self.history if row["epoch"] == self.best_epoch), {})
        if validation is None or _merit(measured) > _merit(best):
            self._best[...] = weights
            self.best_epoch = self.epoch
        return measured

    def _diverged(self, what: str) -> FloatingPointError:
        return FloatingPointError(
            f"{what} after {self.step} steps, in epoch {self.epoch}, with learning rate "
            f"{self.optimiser.learning_rate:.3g}: lower the learning rate, clip gradients (clip=1.0), "
            "or look for NaN and very large numbers in x"
        )

    def _check(
        self,
        x: Examples,
        y: Examples,
        epochs: int | None,
        seconds: float | None,
        validation: tuple[Examples, Examples] | None,
        patience: int | None,
    ) -> None:
        if epochs is None and seconds is None:
            raise ValueError("say when to end: give epochs or seconds")
        if (epochs is not None and epochs < 1) or (seconds is not None and not seconds > 0):
            raise ValueError(f"epochs is {epochs} and seconds is {seconds}: give at least 1 epoch, or a time above 0")
        for name, (examples, targets) in {"": (x, y), "validation ": validation or (x, y)}.items():
            if len(examples) != len(targets) or not len(examples):
                raise ValueError(
                    f"{name}x has {len(examples)} examples and y {len(targets)}: give one for one, and some"
                )
        if len(x) < self.batch:
            raise ValueError(f"x has {len(x)} examples, which fill no batch of {self.batch}: choose a smaller batch")
        if patience is not None and (validation is None or patience < 1):
            raise ValueError(f"patience is {patience}: give 1 or more epochs, and validation to measure by")


def _merit(row: Row) -> tuple[float, float]:
    """Better epochs have the larger one; one that was not validated has the least."""
    return row.get("validation_accuracy", -math.inf), -row.get("validation_loss", math.inf)
