"""Lanes that add up: who gets which sums, and what is told to those who wait for one that has ended."""

import multiprocessing.dummy

import numpy as np
import pytest

from nn.parallel.all_reduce import AllReduce, LaneError


def test_sums_are_those_of_all_lanes_in_their_order() -> None:
    reduce = AllReduce(multiprocessing.dummy, 3, 2, serial=False)
    lanes = [reduce.lane(number, lambda: True) for number in range(3)]
    numbers = [np.array([1.0, 0.1]), np.array([1e-17, 0.2]), np.array([-1.0, 0.3])]

    def several(number: int) -> list[list[float]]:
        return [lanes[number](turn * numbers[number]).tolist() for turn in range(1, 5)]

    with multiprocessing.dummy.Pool(3) as pool:
        found = pool.map(several, range(3), chunksize=1)
    expected = [[turn * 1.0 + turn * 1e-17 - turn, turn * 0.1 + turn * 0.2 + turn * 0.3] for turn in range(1, 5)]
    assert found == [expected] * 3


def test_who_waits_is_told_of_the_end() -> None:
    reduce = AllReduce(multiprocessing.dummy, 2, 1, serial=False)
    reduce.end()
    with pytest.raises(LaneError, match="has ended"):
        reduce.lane(0, lambda: True)(np.zeros(1))
    lonely = AllReduce(multiprocessing.dummy, 2, 1, serial=False).lane(0, lambda: False)
    with pytest.raises(LaneError, match="has ended"):
        lonely(np.zeros(1))
