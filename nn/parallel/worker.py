"""What is done with the shares of a batch: the memory that all processes see, and what a helper does with its share.

    shared memory   | x (B, ...) | y (B, ...) | flat (P,) | gradients (shares, P) |
    who writes        the process that trains                each process its own row

The process that trains adds the gradients up, see `nn/parallel/data_parallel.py`.
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
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.kernels import threads
from nn.layers.batch_norm import BatchNorm, Reduce, single_process
from nn.losses import Loss
from nn.parallel.all_reduce import AllReduce, LaneError, SharedArray
from nn.sequential import Sequential

Examples = npt.NDArray[Any]  # (B, ...)
Augment = Callable[[Examples, np.random.Generator], Examples]


class BatchShares:
    """A batch in memory that all lanes see, and what each of them does with its share."""

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
        shares = all_reduce.lanes
        self.x, self.y = SharedArray(x.shape, x.dtype), SharedArray(y.shape, y.dtype)
        self.flat = SharedArray(network.flat.shape, network.flat.dtype)
        self.gradients = SharedArray((shares, network.flat.size), network.flat.dtype)
        bounds = [len(x) * i // shares for i in range(shares + 1)]
        self.shares = [slice(start, stop) for start, stop in pairwise(bounds)]

    def begin(self, reduce: Reduce, reseed: bool = False) -> bool:
        """Meet before a step; return whether the process that trains has sent seeds to draw chance from."""
        return bool(reduce(np.array([float(reseed)]))[0])

    def learn(self, number: int, network: Sequential, rng: np.random.Generator, reduce: Reduce) -> float:
        """Add to the network's gradient what share `number` says; return the loss of the whole batch."""
        x, y, share = self.x.view(), self.y.view(), self.shares[number]
        with threads.single_threaded():
            examples = x[share] if self.augment is None else self.augment(x[share], rng)
            value, gradient = self.loss(network.forward(examples, training=True), y[share])
            weight = self.loss.weight(y[share]) / self.loss.weight(y)
            network.accumulate_gradients(gradient * gradient.dtype.type(weight))
        return float(reduce(np.array([value * weight]))[0])


def worker_main(
    number: int, batch: BatchShares, config: dict[str, Any], input_shape: tuple[int, ...], pipe: Any
) -> None:
    """Compute share `number` of each batch, until told to end."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that will then end this one
        if hasattr(os, "setsid"):
            os.setsid()  # and so is what else a terminal or job sends to all of its processes
    parent = parent_process()
    reduce = batch.all_reduce.lane(number, lambda: parent is None or parent.is_alive())
    try:
        network = Sequential(**config)
        # What BatchNorm keeps for inference is written into the shared weights, where the next batch's write over it.
        network.bind(input_shape, batch.flat.view(), batch.gradients.view()[number])
    except BaseException as error:  # a layer of one's own that is not imported here
        _report(error, pipe)
        batch.all_reduce.end()
        return
    rng = np.random.default_rng()
    turn = batch.all_reduce.turn or nullcontext()
    with suppress(LaneError, EOFError), joined(network, reduce), np.errstate(over="ignore", invalid="ignore"), turn:
        batch.begin(reduce)
        while True:
            if batch.begin(reduce):
                rng = np.random.default_rng(pipe.recv())
                network.reseed(rng)
            network.gradient = 0
            try:
                batch.learn(number, network, rng, reduce)
            except LaneError:
                raise
            except BaseException as error:
                _report(error, pipe)
                batch.all_reduce.end()
                return


def _report(error: BaseException, pipe: Any) -> None:  # noqa: ANN401  of either kind
    """Send the error with where it came from; its words alone, where another process could not make it anew."""
    where = traceback.format_exc()
    error.add_note(where)
    try:
        copy.copy(error)  # calls its class as the other process would
        pipe.send(error)
    except Exception:  # whatever that class's constructor raises
        pipe.send(RuntimeError(where))


@contextmanager
def joined(network: Sequential, reduce: Reduce) -> Iterator[None]:
    """Let layers that look at the batch as a whole see all shares of it."""
    layers = batch_norms(network)
    for layer in layers:
        layer.all_reduce = reduce
    try:
        yield
    finally:
        for layer in layers:
            layer.all_reduce = single_process


def batch_norms(network: Sequential) -> list[BatchNorm]:
    """The layers that look at a batch as a whole."""
    return [layer for _, layer in network.walk() if isinstance(layer, BatchNorm)]
