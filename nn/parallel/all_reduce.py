"""Adding up numbers of several lanes, each a process or a thread: every lane brings some, and gets the sums of all.

    lane 0   ... computes ... | writes a0 | waits for 1 | reads a0 + a1 | ...
    lane 1   ...... computes ...... | writes a1 | --------- | reads a0 + a1 | ...

Numbers lie in memory that the lanes share, in two slots that are used by turns: who writes into one of them has met all
others at the other one, so nobody reads it any more. The order of the sum is that of the lanes, so all get the
same bits, whoever is first.
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

SPINS = 20_000  # looks before sleeping, some milliseconds: to be woken takes longer than most waiting
let_others_run = getattr(os, "sched_yield", lambda: None)  # between two looks, where the system can
PATIENCE = 1.0  # seconds between looks whether the others are still there
SHORT_PATIENCE = 0.05  # where nobody ends the lanes from outside, as with threads


class SharedArray:
    """An array that several processes see; `view()` in each of them.

    Args:
        shape, dtype: as NumPy has them; 0 at first.

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


class LaneError(RuntimeError):
    """Another lane has failed, or the work has been called off."""


class AllReduce:
    """Sums over lanes. One object for all of them, each with its own `number`.

    Args:
        context: `multiprocessing.get_context(...)` for processes, or `multiprocessing.dummy` for threads.
        lanes: how many.
        width: most numbers that are added up at a time.
        serial: let only one lane compute at a time, until it waits for the others.
    """

    def __init__(self, context: Any, lanes: int, width: int, *, serial: bool) -> None:  # noqa: ANN401  no type has both
        self.lanes = lanes
        self._slots = SharedArray((2, lanes, width), np.float64)
        self._arrived = [[context.Semaphore(0) for _ in range(lanes)] for _ in range(lanes)]
        self._ended = SharedArray((), np.bool_)
        self.turn = context.Lock() if serial else None

    def lane(self, number: int, alive: Callable[[], bool]) -> Reduce:
        """Return the function (k,) -> (k,) of a lane that gives the sums over all lanes, once all have called theirs.

        Args:
            number: of the lane, from 0.
            alive: whether the other lanes are still there; if not, the function raises `LaneError`.
        """
        slots, ended = self._slots.view(), self._ended.view()
        others = [other for other in range(self.lanes) if other != number]
        meetings = 0

        def wait(semaphore: Any) -> None:  # noqa: ANN401  of either context
            if self.turn is None and any(semaphore.acquire(False) or let_others_run() for _ in range(SPINS)):
                return
            while not semaphore.acquire(True, PATIENCE if self.turn is None else SHORT_PATIENCE):
                if ended or not alive():
                    raise LaneError("another process of this training has ended")

        def all_reduce(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            nonlocal meetings
            slot = slots[meetings % 2, :, : len(values)]
            meetings += 1
            slot[number] = values
            for other in others:
                self._arrived[number][other].release()
            if self.turn is not None:
                self.turn.release()
            try:
                for other in others:
                    wait(self._arrived[other][number])
            finally:
                if self.turn is not None:
                    self.turn.acquire()
            sums: npt.NDArray[np.float64] = slot.sum(axis=0)
            return sums

        return all_reduce

    def end(self) -> None:
        """Let lanes that wait, or will, raise `LaneError`."""
        self._ended.view()[...] = True
