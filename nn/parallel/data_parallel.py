"""Data parallelism: each batch is cut into shards, and a process computes the gradient of each.

    batch           | shard 0               | shard 1               |
    computed by       this process            a worker process

    forward           x0 → ... BatchNorm ◄───── summed up ─────► BatchNorm ... ← x1
    backward          ... BatchNorm ◄───────── summed up ──────► BatchNorm ...
    gradient          w0 · g0          +          w1 · g1                            w: size of a shard / of the batch

A layer computes in short NumPy calls, and between them the threads of one process wait for each other, since only one
at a time can run Python. Processes do not. They synchronise at the beginning and the end of a step, and where a layer
needs statistics of the whole batch, as `BatchNorm` does. Sums are computed in the order of the shards, so the result
does not depend on which process computes a shard. It depends on the number of shards only by rounding, and by the
random numbers that each shard draws for itself.
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
from nn.parallel.all_reduce import AllReduce, RankError
from nn.parallel.worker import Augment, SharedBatch, batch_norms, synchronised, worker_main
from nn.sequential import Sequential
from nn.types import Examples

Result = TypeVar("Result")


class DataParallel:
    """Computes a network's gradient for a batch, in several processes at once.

        with DataParallel(network, loss) as parallel:
            network.gradient = 0
            value = parallel.accumulate_gradients(x, y)
            optimiser.step()

    Starting worker processes takes a second or two, and batches of another shape need new ones: leave out a short last
    batch. Start Python with OPENBLAS_NUM_THREADS=1, or each process has BLAS threads for all cores.

    Args:
        network: whose gradient is computed. Workers start with the first batch, and have copies of it.
        loss: of its outputs; must be picklable, since it is sent to other processes.
        augment: (raw examples, generator) -> examples as the network takes them; must be picklable.
        num_shards: into how many parts a batch is cut, at least 1.
        processes: whether a process computes each shard; a script then needs `if __name__ == "__main__":` around its
            work. If False, this process computes them one after the other, to the same bits.
        seed: of the random numbers in augmentation and in the network's layers.

    Attributes:
        rng: draws one number for each batch, which seeds all random numbers of that batch. So its state is all that the
            next batch depends on, and it does not depend on the number of shards.

    Raises:
        ValueError: fewer than 1 shard, or a layer other than `BatchNorm` that measures its inputs, since it would
            measure a single shard.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        augment: Augment | None = None,
        num_shards: int = 2,
        *,
        processes: bool = True,
        seed: int = 0,
    ) -> None:
        if num_shards < 1:
            raise ValueError(f"num_shards is {num_shards}; give 1 or more, at most the number of processor cores")
        for _, layer in network.walk():
            measures = any(not parameter.trainable for parameter in layer.parameters().values())
            if num_shards > 1 and measures and not isinstance(layer, BatchNorm):
                raise ValueError(f"{layer} would measure a single shard of each batch; use num_shards=1")
        self.network, self.loss, self.augment, self.num_shards = network, loss, augment, num_shards
        self.processes = processes
        self._workers: _WorkerGroup | None = None
        self.rng = np.random.default_rng(seed)

    def accumulate_gradients(self, x: Examples, y: Examples) -> float:
        """Add the gradient of the batch to `network.gradient`, as one network would for all of it; return the loss.

        Args:
            x: (B, ...) examples, at least one for each shard.
            y: (B,) or (B, K) targets.

        Raises:
            ValueError: fewer examples than shards; and any error of network, loss and augment.
            RuntimeError: a worker process has died.
        """
        if self.num_shards == 1:
            rng = np.random.default_rng(self.rng.integers(1 << 62))
            self.network.reseed(rng)
            examples = x if self.augment is None else self.augment(x, rng)
            value, gradient = self.loss(self.network.forward(examples, training=True), y)
            self.network.accumulate_gradients(gradient)
            return value
        self.start(x, y)
        assert self._workers is not None
        try:
            return self._workers.accumulate_gradients(x, y, int(self.rng.integers(1 << 62)))
        except BaseException:
            self.close()  # workers may be anywhere in the step; the next one starts with new ones
            raise

    def start(self, x: Examples, y: Examples) -> None:
        """Start workers for batches of this shape, and wait for them; otherwise the first `accumulate_gradients` does.

        Raises:
            ValueError: fewer examples than shards, or Python objects among them.
            RuntimeError: a worker process has died.
        """
        if len(x) < self.num_shards:
            raise ValueError(f"a batch of {len(x)} in {self.num_shards} shards: give at least one example for each")
        if self._workers is not None and not self._workers.fits(x, y):
            self.close()
        if self._workers is None and self.num_shards > 1:
            try:
                self._workers = _WorkerGroup(self, x, y)
                self._workers.start(self)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End the workers. The next batch starts new ones."""
        if self._workers is not None:
            workers, self._workers = self._workers, None
            workers.end()

    def __enter__(self) -> "DataParallel":
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the workers."""
        self.close()


class _WorkerGroup:
    """This process, which is rank 0, and its workers, for batches of one shape."""

    def __init__(self, parallel: DataParallel, x: Examples, y: Examples) -> None:
        self.network = parallel.network
        self.context: Any = multiprocessing.get_context("spawn") if parallel.processes else multiprocessing.dummy
        width = max((2 * layer.features + 1 for layer in batch_norms(self.network)), default=1)
        all_reduce = AllReduce(self.context, parallel.num_shards, width, serial=not parallel.processes)
        self.batch = SharedBatch(self.network, parallel.loss, parallel.augment, all_reduce, x, y)
        self.workers: list[Any] = []
        self.pipes: list[Any] = []
        workers, pipes = self.workers, self.pipes

        def alive() -> bool:
            return all(worker.is_alive() for worker in workers) and not any(pipe.poll() for pipe in pipes)

        self.reduce = all_reduce.reduce_function(0, alive)
        # Called by `close`, or when this object is deleted without it.
        self.end = weakref.finalize(self, _end, os.getpid(), all_reduce, workers)

    def start(self, parallel: DataParallel) -> None:
        """Start the workers, and wait until they are ready."""
        for rank in range(1, parallel.num_shards):
            ours, theirs = self.context.Pipe()
            arguments = (rank, self.batch, self.network.config(), self.network.input_shape, theirs)
            worker = self.context.Process(target=worker_main, args=arguments)
            worker.daemon = True  # it ends with this process
            with _interrupts_ignored():
                worker.start()
            self.workers.append(worker)
            self.pipes.append(ours)
            if parallel.processes:
                theirs.close()  # then `poll` also reports a worker that has died
        self._with_workers(lambda: self.batch.wait_for_all(self.reduce))

    def fits(self, x: Examples, y: Examples) -> bool:
        """Return whether the shared memory has the shapes of this batch."""
        return all((a.shape, a.dtype) == (b.shape, b.dtype) for a, b in ((self.batch.x, x), (self.batch.y, y)))

    def accumulate_gradients(self, x: Examples, y: Examples, seed: int) -> float:
        """See `DataParallel.accumulate_gradients`; seed: of the random numbers of this batch."""
        batch, network = self.batch, self.network
        batch.x.view()[...], batch.y.view()[...], batch.flat.view()[...] = x, y, network.flat
        batch.seed.view()[...] = seed

        def own_shard() -> float:
            batch.wait_for_all(self.reduce)
            with synchronised(network, self.reduce):
                return batch.accumulate_gradients(0, network, self.reduce)

        value = self._with_workers(own_shard)
        for gradient in batch.gradients.view()[1:]:
            network.gradient += gradient
        return value

    def _with_workers(self, work: Callable[[], Result]) -> Result:
        """Return work(), or raise the error that a worker has sent."""
        try:
            with self.batch.all_reduce.lock or nullcontext():
                return work()
        except RankError:
            raise self._error() from None

    def _error(self) -> BaseException:
        for pipe in self.pipes:
            with suppress(EOFError, OSError):
                if pipe.poll():
                    error: BaseException = pipe.recv()
                    return error
        return RuntimeError(
            'a worker process has died; a script that trains needs its work below if __name__ == "__main__":, since '
            "worker processes import it, too; otherwise look for what may have ended it, such as a lack of memory"
        )


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let a process that is started in this block ignore Ctrl-C from the beginning: it is for the one that trains."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(owner: int, all_reduce: AllReduce, workers: list[Any]) -> None:
    """End the workers, wherever they are; in a fork of the process that owns them do nothing."""
    if os.getpid() != owner:
        return
    all_reduce.end()
    for worker in workers:
        if hasattr(worker, "kill"):  # a process, which ignores gentler signals
            worker.kill()
    for worker in workers:
        worker.join()
