"""The training loop: batches, steps, epochs, validation, and resuming an earlier run.

    trainer = Trainer(network, SoftmaxCrossEntropy(), AdamW(network), schedule=one_cycle(0.002), ema_decay=0.999)
    history = trainer.fit(images, labels, epochs=10, validation=(more_images, more_labels))
    logits = predict(network, new_images)

After any step or epoch, `trainer.state()` is everything that the next step depends on. A trainer built with the same
arguments that restores it continues as if there had been no interruption, equal to the last bit.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.averaging import WeightAverage
from nn.batch_sampler import BatchSampler
from nn.best_weights import BestWeights
from nn.callback import Callback, Row
from nn.clipping import clip_by_global_norm
from nn.from_json import from_json
from nn.losses import Loss
from nn.optimisers import Optimiser
from nn.parallel.data_parallel import DataParallel
from nn.parallel.worker import Augment
from nn.prediction import predict
from nn.saved_state import check_same_arrays, restore_generator
from nn.schedules import Schedule
from nn.sequential import Sequential
from nn.trainer_state import TrainerState
from nn.types import Examples


class Trainer:
    """Trains a network by minimising a loss.

    Args:
        network: to train.
        loss: of its outputs.
        optimiser: of this network.
        schedule: from progress to learning rate; without one, the optimiser's learning rate does not change.
        batch_size: examples in a step, at least 1.
        max_grad_norm: gradients with a larger norm are scaled down to it, see `clip_by_global_norm`.
        ema_decay: of a `WeightAverage`, whose weights are then validated and kept instead of the last ones.
        augment: (raw batch, generator) -> batch as the network takes it.
        num_shards: into how many parts each batch is cut, see `DataParallel`.
        processes: whether a process computes each shard, see `DataParallel`.
        seed: of the order of examples, augmentation, and layers that draw random numbers.

    Attributes:
        history: one row for each epoch: epoch, step, seconds, learning_rate, loss, and with validation validation_loss
            and, for classes, validation_accuracy.
        epoch: number of epochs begun.
        step: number of steps done.
        elapsed: seconds of training so far, over all calls of `fit`.
        progress: 0 to 1, the fraction of the epochs, or of the seconds, that is done.
        loss_value: of the last batch.
        ema: the `WeightAverage`, or None.
        best: the `BestWeights` so far.
        stop: set it to True in a callback to end the training after this step, and its epoch with it. To continue that
            epoch instead, keep the `state` of this step.

    Raises:
        ValueError: a batch size below 1 or num_shards, an optimiser of another network, a max_grad_norm or ema_decay
            outside of its range.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        optimiser: Optimiser,
        schedule: Schedule | None = None,
        batch_size: int = 128,
        max_grad_norm: float | None = None,
        ema_decay: float | None = None,
        augment: Augment | None = None,
        num_shards: int = 1,
        processes: bool = True,
        seed: int | np.random.Generator = 0,
    ) -> None:
        if not 1 <= num_shards <= batch_size:
            raise ValueError(
                f"batch_size is {batch_size} and num_shards is {num_shards}: give 1 or more of each, "
                "and at least one example for each shard"
            )
        if optimiser.network is not network:
            raise ValueError("the optimiser belongs to another network: make it with this one")
        if max_grad_norm is not None and not max_grad_norm > 0:
            raise ValueError(f"max_grad_norm is {max_grad_norm}: give a number above 0, such as 1.0, or None")
        self.network, self.loss, self.optimiser, self.schedule = network, loss, optimiser, schedule
        self.batch_size, self.max_grad_norm = batch_size, max_grad_norm
        rng = np.random.default_rng(seed)
        self.sampler = BatchSampler(batch_size, rng)
        self.parallel = DataParallel(
            network, loss, augment, num_shards, processes=processes, seed=int(rng.integers(1 << 63))
        )
        self.ema = None if ema_decay is None else WeightAverage(network, ema_decay)
        self.epoch = self.step = 0
        self.elapsed = self.progress = 0.0
        self.loss_value = math.nan
        self._epoch_loss = 0.0  # mean over the batches of this epoch
        self.history: list[Row] = []
        self.stop = False
        self._last = network.flat.copy()  # training continues from here, whatever weights the network has after `fit`
        self.best = BestWeights(network.flat)

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
        """Train for this many epochs or seconds, counted over all calls of `fit`; return the history.

        At the end the network has the best weights: those of the epoch with the highest validation accuracy, among
        equals with the lowest validation loss; without validation the latest. The next `fit` continues from the latest,
        also from those of an epoch that Ctrl-C interrupted, although it has no row in the history.

        Args:
            x: (N, ...) examples, of any type that `augment` or the network converts to floats.
            y: (N,) or (N, K) targets, as the loss takes them. Each epoch uses all examples once in a new order, except
                those of a last batch that would be too short.
            epochs: when to end; or
            seconds: of training and validation; the last epoch may then be incomplete.
            validation: (x, y) to evaluate after each epoch, as the network and the loss take them.
            patience: end after this many epochs without a new best.
            callbacks: called after each step and epoch.

        Raises:
            ValueError: neither epochs nor seconds, arrays that do not fit together, patience without validation.
            FloatingPointError: a loss or the weights are not finite; the message says when, and what to do.
        """
        self._check(x, y, epochs, seconds, validation, patience)
        total = math.inf if epochs is None else epochs * (len(x) // self.batch_size)
        limit, wait = seconds or math.inf, patience or math.inf
        begin = 0.0

        def ended() -> bool:
            self.elapsed = perf_counter() - begin
            self.progress = max(self.step / total, self.elapsed / limit)
            return self.progress >= 1

        x, y = np.asarray(x), np.asarray(y)
        if self.history or self.sampler.position:
            self.network.flat = self._last
        else:  # the weights may have changed since the trainer was made, or its first epoch was interrupted
            self._last[...] = self.best.flat[...] = self.network.flat
        self.stop = False
        with self.parallel:
            self.parallel.start(x[: self.batch_size], y[: self.batch_size])
            begin = perf_counter() - self.elapsed
            while not (ended() or self.stop or self.epoch - self.best.epoch >= wait) or self.sampler.position:
                if not self.sampler.position:  # otherwise the state that was restored is within an epoch
                    self.epoch += 1
                    self._epoch_loss = 0.0
                try:
                    for rows in self.sampler.epoch(len(x)):
                        self._train_step(x[rows], y[rows])
                        self._epoch_loss += (self.loss_value - self._epoch_loss) / self.sampler.position
                        over = ended()
                        for callback in callbacks:
                            callback.on_batch(self)
                        if over or self.stop:
                            break
                except KeyboardInterrupt:
                    self._last[...] = self.network.flat
                    raise
                finally:
                    self.sampler.end_epoch()
                measured = self._validate(validation)
                ended()
                row: Row = {"epoch": self.epoch, "step": self.step, "seconds": self.elapsed}
                row |= {"learning_rate": self.optimiser.learning_rate, "loss": self._epoch_loss, **measured}
                self.history.append(row)
                for callback in callbacks:
                    callback.on_epoch(self, row)
        if self.history:
            self.network.flat = self.best.flat
        return self.history

    def best_network(self) -> Sequential:
        """Return a copy of the network with the best weights so far, see `fit`."""
        network = copy.deepcopy(self.network)
        if self.history:
            network.flat = self.best.flat
        return network

    def state(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return arrays and header for `nn.files.write`: in `on_batch`, in `on_epoch` or outside of `fit`."""
        last = self.network.flat if self.sampler.position else self._last
        arrays: dict[str, npt.NDArray[Any]] = {"last": last.copy(), "best": self.best.flat.copy()}
        if self.ema is not None:
            arrays["ema"] = self.ema.flat.copy()
        arrays |= {f"optimiser.{name}": array for name, array in self.optimiser.state().items()}
        counts = {"epoch": self.epoch, "step": self.step, "best_epoch": self.best.epoch, "elapsed": self.elapsed}
        return arrays, {
            **counts,
            "epoch_loss": self._epoch_loss,
            "history": [dict(row) for row in self.history],
            "sampler": self.sampler.state(),
            "rng": self.parallel.rng.bit_generator.state,
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> None:
        """Restore what `state` returned; the next `fit` with the same arguments continues the training.

        Raises:
            ValueError: the state of another network, optimiser or ema_decay, or a field of the header is wrong.
        """
        check_same_arrays(arrays, self.state()[0])
        saved = from_json(header, TrainerState)
        self.sampler.restore(saved.sampler)
        restore_generator(self.parallel.rng, saved.rng)
        self.network.flat = arrays["last"]
        self._last[...] = arrays["last"]
        self.epoch, self.step, self.elapsed = saved.epoch, saved.step, saved.elapsed
        self.history = saved.history
        self.best.set(saved.best_epoch, arrays["best"], saved.best_row)
        self._epoch_loss = saved.epoch_loss
        self.optimiser.restore(
            {n.removeprefix("optimiser."): a for n, a in arrays.items() if n.startswith("optimiser.")}
        )
        if self.ema is not None:
            self.ema.flat[...] = arrays["ema"]
            self.ema.updates = self.step

    def _train_step(self, x: Examples, y: Examples) -> None:
        """Make one step."""
        if self.schedule is not None:
            self.optimiser.learning_rate = self.schedule(self.progress)
        self.network.gradient = 0
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported below
            self.loss_value = self.parallel.accumulate_gradients(x, y)
            if not math.isfinite(self.loss_value):
                raise self._diverged(f"the loss is {self.loss_value}")
            if self.max_grad_norm is not None:
                clip_by_global_norm(self.network.gradient, self.max_grad_norm)
            self.optimiser.step()
        if self.ema is not None:
            self.ema.update()
        self.step += 1

    def _validate(self, validation: tuple[Examples, Examples] | None) -> Row:
        """Keep the latest weights, and the best ones; return the metrics on the validation examples."""
        if not np.isfinite(self.network.flat).all():
            raise self._diverged("there are weights that are not finite")
        self._last[...] = self.network.flat
        weights = self._last if self.ema is None else self.ema.flat
        measured: Row = {}
        if validation is not None:
            self.network.flat = weights
            with np.errstate(over="ignore", invalid="ignore"):
                found = self.loss.measure(predict(self.network, validation[0], self.batch_size), validation[1])
            self.network.flat = self._last
            if not math.isfinite(found["loss"]):
                raise self._diverged(f"the validation loss is {found['loss']}")
            measured = {f"validation_{name}": value for name, value in found.items()}
        self.best.update(self.epoch, weights, measured)
        return measured

    def _diverged(self, reason: str) -> FloatingPointError:
        return FloatingPointError(
            f"{reason} after {self.step} steps, in epoch {self.epoch}, with learning rate "
            f"{self.optimiser.learning_rate:.3g}: lower the learning rate, clip gradients (max_grad_norm=1.0), "
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
            raise ValueError("give epochs or seconds, so that training ends")
        if (epochs is not None and epochs < 1) or (seconds is not None and not seconds > 0):
            raise ValueError(f"epochs is {epochs} and seconds is {seconds}: give at least 1 epoch, or a time above 0")
        for name, (examples, targets) in {"": (x, y), "validation ": validation or (x, y)}.items():
            if len(examples) != len(targets) or not len(examples):
                raise ValueError(
                    f"{name}x has {len(examples)} examples and y {len(targets)}: "
                    "give one target for each example, and at least one"
                )
        if len(x) < self.batch_size:
            raise ValueError(f"x has {len(x)} examples, less than a batch of {self.batch_size}: lower batch_size")
        if patience is not None and (validation is None or patience < 1):
            raise ValueError(f"patience is {patience}: give 1 or more epochs, and validation examples")
