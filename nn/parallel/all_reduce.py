"""All-reduce: every rank, a process or a thread, contributes numbers and receives their sums over all ranks.

    rank 0   ... computes ... | writes a0 | waits for 1 | reads a0 + a1 | ...
    rank 1   ...... computes ...... | writes a1 | --------- | reads a0 + a1 | ...

The numbers lie in shared memory, in two slots that are used alternately: a rank that writes into one slot has met all
others at the other slot since, so no rank still reads it. The sum is computed in the order of the ranks, so all get the
same bits, whichever is first.
"""

import math
import os
from collections.abc import Callable
from multiprocessing.sharedctypes import RawArray
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.kernels import tuning
from nn.layers.batch_norm import Reduce

yield_processor = getattr(os, "sched_yield", lambda: None)  # between two polls, where the system can
ALIVE_INTERVAL = 1.0  # seconds between checks whether the other ranks still run
SERIAL_ALIVE_INTERVAL = 0.05  # for threads, which no other process ends


class SharedArray:
    """An array in memory that several processes share; each calls `view()`.

    Args:
        shape: as in NumPy.
        dtype: as in NumPy. The array is 0 at first.

    Raises:
        ValueError: a dtype of Python objects, which lie in the memory of one process.
    """

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        if self.dtype.hasobject:
            raise ValueError(f"an array of {self.dtype} cannot be shared among processes: give numbers or text")
        self._memory = RawArray("b", max(1, math.prod(shape) * self.dtype.itemsize))

    def view(self) -> npt.NDArray[Any]:
        """Return the array."""
        return np.ndarray(self.shape, self.dtype, self._memory)


class RankError(RuntimeError):
    """Another rank has failed, or the training has been ended."""


class AllReduce:
    """Sums over ranks. All ranks share one object.

    Args:
        context: `multiprocessing.get_context(...)` for processes, or `multiprocessing.dummy` for threads.
        ranks: how many.
        width: largest number of values that are summed at a time.
        serial: let only one rank compute at a time, until it waits for the others.
    """

    def __init__(self, context: Any, ranks: int, width: int, *, serial: bool) -> None:  # noqa: ANN401  no type has both
        self.ranks = ranks
        self._slots = SharedArray((2, ranks, width), np.float64)
        self._arrived = [[context.Semaphore(0) for _ in range(ranks)] for _ in range(ranks)]
        self._ended = SharedArray((), np.bool_)
        self.lock = context.Lock() if serial else None  # held by the rank that computes

    def reduce_function(self, rank: int, alive: Callable[[], bool]) -> Reduce:
        """Return the function (k,) -> (k,) of a rank that returns the sums over all ranks, once all have called theirs.

        Args:
            rank: from 0.
            alive: whether the other ranks still run; if not, the function raises `RankError`.
        """
        slots, ended = self._slots.view(), self._ended.view()
        others = [other for other in range(self.ranks) if other != rank]
        calls = 0

        def wait(semaphore: Any) -> None:  # noqa: ANN401  of either context
            polls = range(tuning.ALL_REDUCE_POLLS)
            if self.lock is None and any(semaphore.acquire(False) or yield_processor() for _ in polls):
                return
            while not semaphore.acquire(True, ALIVE_INTERVAL if self.lock is None else SERIAL_ALIVE_INTERVAL):
                if ended or not alive():
                    raise RankError("another process of this training has ended")

        def all_reduce(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            nonlocal calls
            slot = slots[calls % 2, :, : len(values)]
            calls += 1
            slot[rank] = values
            for other in others:
                self._arrived[rank][other].release()
            if self.lock is not None:
                self.lock.release()
            try:
                for other in others:
                    wait(self._arrived[other][rank])
            finally:
                if self.lock is not None:
                    self.lock.acquire()
            sums: npt.NDArray[np.float64] = slot.sum(axis=0)
            return sums

        return all_reduce

    def end(self) -> None:
        """Make all ranks that wait, now or later, raise `RankError`."""
        self._ended.view()[...] = True
