"""Data parallelism: every batch in shares, a process for each; what is learned is what one process would learn.

    batch           | share 0               | share 1               |
    computed by       this process            a helper

    forward           x0 → ... BatchNorm ◄─── sums added up ───► BatchNorm ... ← x1
    backward          ... BatchNorm ◄──────── here, too ───────► BatchNorm ...
    gradient          w0 · g0          +          w1 · g1                            w: how much of the batch a share is

A layer computes in short calls of NumPy, and between them the threads of one process wait for each other, since Python
runs in one of them at a time. Processes do not. They meet at the beginning and the end of a step, and where a layer
looks at the batch as a whole, as `BatchNorm` does. Sums are made in the order of the shares, so who computes them makes
no difference, and how many there are only by rounding, and by the chance that each draws for itself.
"""

import multiprocessing
import multiprocessing.dummy
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, TypeVar

import numpy as np

from nn.layers.batch_norm import BatchNorm
from nn.losses import Loss
from nn.parallel.all_reduce import AllReduce, LaneError
from nn.parallel.worker import Augment, BatchShares, Examples, batch_norms, joined, worker_main
from nn.sequential import Sequential

Result = TypeVar("Result")


class DataParallel:
    """Computes a network's gradient for a batch, in several processes at once.

        with DataParallel(network, loss) as parallel:
            network.gradient = 0
            value = parallel.accumulate_gradients(x, y)      # as loss(network.forward(x, training=True), y) and network.accumulate_gradients
            optimiser.step()

    New helpers take a second or two, and batches of another shape need new ones: rather leave out a short last batch.
    Start Python with OPENBLAS_NUM_THREADS=1, or each process has BLAS threads for all cores.

    Args:
        network: that learns. The helpers start with the first batch, and have copies of it.
        loss: of its outputs; it must be possible to pickle it, as what is sent to another process is.
        augment: (raw examples, generator) -> examples as the network takes them; likewise.
        shares: into how many parts a batch is cut, at least 1.
        processes: whether a process computes each share; a script then needs `if __name__ == "__main__":` around its
            work. Otherwise this one computes them by turns, to the same bits.
        seed: of the chance in augmentation and in the network's layers, see `reseed`.

    Raises:
        ValueError: fewer than 1 share, or a layer other than `BatchNorm` that measures what it sees, which would be one
            share alone.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        augment: Augment | None = None,
        shares: int = 2,
        *,
        processes: bool = True,
        seed: int = 0,
    ) -> None:
        if shares < 1:
            raise ValueError(f"a batch in {shares} shares; give 1 or more, at best the number of processor cores")
        for _, layer in network.walk():
            measures = any(not parameter.trainable for parameter in layer.parameters().values())
            if shares > 1 and measures and not isinstance(layer, BatchNorm):
                raise ValueError(f"{layer} would measure one share of each batch alone; use shares=1")
        self.network, self.loss, self.augment, self.shares = network, loss, augment, shares
        self.processes = processes
        self._team: _Team | None = None
        self.reseed(np.random.default_rng(seed))

    def reseed(self, rng: np.random.Generator) -> None:
        """Let the chance of each share, in augmentation and layers, come from a generator that rng starts."""
        seed = int(rng.integers(1 << 63))  # one number, so that rng goes on alike whatever the number of shares
        self._rng = np.random.default_rng(seed)
        self.network.reseed(self._rng)
        self._seeds: list[int] | None = [seed + number for number in range(1, self.shares)]

    def accumulate_gradients(self, x: Examples, y: Examples) -> float:
        """Add to `network.gradient` what the batch says, as one network would that sees all of it; return the loss.

        Args:
            x: (B, ...) examples, at least one for each share.
            y: (B,) or (B, K) targets.

        Raises:
            ValueError: fewer examples than shares; and whatever network, loss and augment raise.
            RuntimeError: a helper has died.
        """
        if self.shares == 1:
            examples = x if self.augment is None else self.augment(x, self._rng)
            value, gradient = self.loss(self.network.forward(examples, training=True), y)
            self.network.accumulate_gradients(gradient)
            return value
        self.start(x, y)
        assert self._team is not None
        try:
            seeds, self._seeds = self._seeds, None
            return self._team.accumulate_gradients(x, y, self._rng, seeds)
        except BaseException:
            self.close()  # the helpers may be anywhere in the step; the next one starts with new ones
            raise

    def start(self, x: Examples, y: Examples) -> None:
        """Start the helpers for batches like this one, and wait for them; otherwise the first `accumulate_gradients` does.

        Raises:
            ValueError: fewer examples than shares, or Python objects among them.
            RuntimeError: a helper has died.
        """
        if len(x) < self.shares:
            raise ValueError(f"a batch of {len(x)} in {self.shares} shares: give at least one example for each")
        if self._team is not None and not self._team.suits(x, y):
            self.close()
        if self._team is None and self.shares > 1:
            try:
                self._team = _Team(self, x, y)
                self._team.start(self)
            except BaseException:
                self.close()  # a team that has not come to life is none
                raise

    def close(self) -> None:
        """End the helpers. The next batch starts new ones, which do not draw again what the old ones have drawn."""
        if self._team is not None:
            self._seeds = self._rng.integers(1 << 63, size=self.shares - 1).tolist()
            team, self._team = self._team, None
            team.end()

    def __enter__(self) -> "DataParallel":
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the helpers."""
        self.close()


class _Team:
    """This process and its helpers, at work on batches of one shape."""

    def __init__(self, parallel: DataParallel, x: Examples, y: Examples) -> None:
        self.network = parallel.network
        self.context: Any = multiprocessing.get_context("spawn") if parallel.processes else multiprocessing.dummy
        width = max((2 * layer.features + 1 for layer in batch_norms(self.network)), default=1)
        meet = AllReduce(self.context, parallel.shares, width, serial=not parallel.processes)
        self.batch = BatchShares(self.network, parallel.loss, parallel.augment, meet, x, y)
        self.helpers: list[Any] = []
        self.pipes: list[Any] = []
        helpers, pipes = self.helpers, self.pipes

        def all_well() -> bool:
            return all(helper.is_alive() for helper in helpers) and not any(pipe.poll() for pipe in pipes)

        self.reduce = self.batch.all_reduce.lane(0, all_well)
        # Also when nobody uses the team any more, and has not ended it.
        self.end = weakref.finalize(self, _end, os.getpid(), self.batch.all_reduce, helpers)

    def start(self, parallel: DataParallel) -> None:
        """Start the helpers, and wait until they have come to life."""
        for number in range(1, parallel.shares):
            ours, theirs = self.context.Pipe()
            work = (number, self.batch, self.network.config(), self.network.input_shape, theirs)
            helper = self.context.Process(target=worker_main, args=work)
            helper.daemon = True  # it ends with this process
            with _deaf_to_interrupts():
                helper.start()
            self.helpers.append(helper)
            self.pipes.append(ours)
            if parallel.processes:
                theirs.close()  # then a pipe without an end tells of a helper without life
        self._with_helpers(lambda: self.batch.begin(self.reduce))

    def suits(self, x: Examples, y: Examples) -> bool:
        """Whether the shared memory is made for such a batch."""
        return all((a.shape, a.dtype) == (b.shape, b.dtype) for a, b in ((self.batch.x, x), (self.batch.y, y)))

    def accumulate_gradients(
        self, x: Examples, y: Examples, rng: np.random.Generator, seeds: list[int] | None
    ) -> float:
        """See `DataParallel.learn`; the helpers draw from these seeds, or go on with what they have."""
        batch, network = self.batch, self.network
        batch.x.view()[...], batch.y.view()[...], batch.flat.view()[...] = x, y, network.flat

        def own_share() -> float:
            for pipe, seed in zip(self.pipes, seeds or [], strict=seeds is not None):
                with suppress(BrokenPipeError):  # a dead helper will be missed in a moment
                    pipe.send(seed)
            self.batch.begin(self.reduce, seeds is not None)
            with joined(network, self.reduce):
                return batch.learn(0, network, rng, self.reduce)

        value = self._with_helpers(own_share)
        for gradient in batch.gradients.view()[1:]:
            network.gradient += gradient
        return value

    def _with_helpers(self, work: Callable[[], Result]) -> Result:
        """Return work(), or raise what a helper has ended with."""
        try:
            with self.batch.all_reduce.turn or nullcontext():
                return work()
        except LaneError:
            raise self._error() from None

    def _error(self) -> BaseException:
        for pipe in self.pipes:
            with suppress(EOFError, OSError):
                if pipe.poll():
                    error: BaseException = pipe.recv()
                    return error
        return RuntimeError(
            'a helper process has died; a script that trains needs its work below if __name__ == "__main__":, since '
            "helpers import it, too; otherwise look for what may have ended it, such as a lack of memory"
        )


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process that is started now ignore Ctrl-C from its first moment: it is for the one that trains."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(owner: int, all_reduce: AllReduce, helpers: list[Any]) -> None:
    """End the helpers, wherever they are; a fork of the process that owns them has no say in it."""
    if os.getpid() != owner:
        return
    all_reduce.end()
    for helper in helpers:
        if hasattr(helper, "terminate"):  # a process
            helper.terminate()
    for helper in helpers:
        helper.join()
