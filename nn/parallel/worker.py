"""Worker processes of a `DataParallel`: the memory that all processes share, and the loop of a worker.

    shared memory   | x (B, ...) | y (B, ...) | seed | flat (P,) | gradients (shards, P) |
    written by        the process that trains                       each process its own row

Rank 0 is the process that trains; it adds the gradients up, see `nn/parallel/data_parallel.py`.
"""

import copy
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import pairwise
from multiprocessing import parent_process
from typing import Any, TypeAlias

import numpy as np

from nn.kernels import threads
from nn.layers.batch_norm import BatchNorm, Reduce, single_process
from nn.losses import Loss
from nn.parallel.all_reduce import AllReduce, RankError, SharedArray
from nn.sequential import Sequential
from nn.types import Examples, Shape

Connection: TypeAlias = Any  # of `multiprocessing` or `multiprocessing.dummy`
Augment: TypeAlias = Callable[[Examples, np.random.Generator], Examples]


class SharedBatch:
    """A batch in memory that all ranks share, cut into one shard for each."""

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        augment: Augment | None,
        all_reduce: AllReduce,
        x: Examples,
        y: Examples,
    ) -> None:
        self.loss, self.augment, self.all_reduce = loss, augment, all_reduce
        ranks = all_reduce.ranks
        self.x, self.y = SharedArray(x.shape, x.dtype), SharedArray(y.shape, y.dtype)
        self.seed = SharedArray((), np.int64)
        self.flat = SharedArray(network.flat.shape, network.flat.dtype)
        self.gradients = SharedArray((ranks, network.flat.size), network.flat.dtype)
        bounds = [len(x) * i // ranks for i in range(ranks + 1)]
        self.shards = [slice(start, stop) for start, stop in pairwise(bounds)]

    def wait_for_all(self, reduce: Reduce) -> None:
        """Wait for all ranks before a step."""
        reduce(np.zeros(1))

    def accumulate_gradients(self, rank: int, network: Sequential, reduce: Reduce) -> float:
        """Add the gradient of this rank's shard to the network's gradient; return the loss of the whole batch."""
        rng = np.random.default_rng(int(self.seed.view()) + rank)
        network.reseed(rng)
        x, y, shard = self.x.view(), self.y.view(), self.shards[rank]
        with threads.single_threaded():
            examples = x[shard] if self.augment is None else self.augment(x[shard], rng)
            value, gradient = self.loss(network.forward(examples, training=True), y[shard])
            weight = self.loss.weight(y[shard]) / self.loss.weight(y)
            network.accumulate_gradients(gradient * gradient.dtype.type(weight))
        return float(reduce(np.array([value * weight]))[0])


def worker_main(rank: int, batch: SharedBatch, config: dict[str, Any], input_shape: Shape, pipe: Connection) -> None:
    """Compute the gradient of one shard of each batch, until the process that trains ends this one."""
    if threading.current_thread() is threading.main_thread():
        # Signals are for the process that trains, which then ends this one, whoever else a terminal or a job asks.
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        if hasattr(os, "setsid"):
            os.setsid()
    parent = parent_process()
    reduce = batch.all_reduce.reduce_function(rank, lambda: parent is None or parent.is_alive())
    try:
        network = Sequential(**config)
        # BatchNorm writes running statistics into the shared weights, where the next batch's weights replace them.
        network.bind(input_shape, batch.flat.view(), batch.gradients.view()[rank])
    except BaseException as error:  # for example a user's layer that is not imported here
        _send(error, pipe)
        batch.all_reduce.end()
        return
    lock = batch.all_reduce.lock or nullcontext()
    numpy_errors = np.errstate(over="ignore", invalid="ignore")
    with suppress(RankError), synchronised(network, reduce), numpy_errors, lock:
        batch.wait_for_all(reduce)
        while True:
            batch.wait_for_all(reduce)
            network.gradient = 0
            try:
                batch.accumulate_gradients(rank, network, reduce)
            except RankError:
                raise
            except BaseException as error:
                _send(error, pipe)
                batch.all_reduce.end()
                return


def _send(error: BaseException, pipe: Connection) -> None:
    """Send an error with its traceback; as a RuntimeError, where another process could not unpickle it."""
    where = traceback.format_exc()
    error.add_note(where)
    try:
        copy.copy(error)  # calls its constructor, as unpickling does
        pipe.send(error)
    except Exception:  # whatever that constructor raises
        pipe.send(RuntimeError(where))


@contextmanager
def synchronised(network: Sequential, reduce: Reduce) -> Iterator[None]:
    """Let the network's batch normalisations compute the statistics of all shards together."""
    layers = batch_norms(network)
    for layer in layers:
        layer.all_reduce = reduce
    try:
        yield
    finally:
        for layer in layers:
            layer.all_reduce = single_process


def batch_norms(network: Sequential) -> list[BatchNorm]:
    """Return the layers that need statistics of the whole batch."""
    return [layer for _, layer in network.walk() if isinstance(layer, BatchNorm)]
