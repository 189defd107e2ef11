"""All-reduce: the sums that each rank gets, and the error of a rank that waits for one that has ended."""

import multiprocessing.dummy

import numpy as np
import pytest

from nn.parallel.all_reduce import AllReduce, RankError


def test_every_rank_gets_the_sums_in_the_order_of_the_ranks() -> None:
    reduce = AllReduce(multiprocessing.dummy, 3, 2, serial=False)
    functions = [reduce.reduce_function(rank, lambda: True) for rank in range(3)]
    numbers = [np.array([1.0, 0.1]), np.array([1e-17, 0.2]), np.array([-1.0, 0.3])]

    def several(rank: int) -> list[list[float]]:
        return [functions[rank](turn * numbers[rank]).tolist() for turn in range(1, 5)]

    with multiprocessing.dummy.Pool(3) as pool:
        found = pool.map(several, range(3), chunksize=1)
    expected = [[turn * 1.0 + turn * 1e-17 - turn, turn * 0.1 + turn * 0.2 + turn * 0.3] for turn in range(1, 5)]
    assert found == [expected] * 3


def test_a_rank_that_waits_raises_when_another_has_ended() -> None:
    reduce = AllReduce(multiprocessing.dummy, 2, 1, serial=False)
    reduce.end()
    with pytest.raises(RankError, match="has ended"):
        reduce.reduce_function(0, lambda: True)(np.zeros(1))
    lonely = AllReduce(multiprocessing.dummy, 2, 1, serial=False).reduce_function(0, lambda: False)
    with pytest.raises(RankError, match="has ended"):
        lonely(np.zeros(1))
