"""The order of examples: each once in an epoch, and a position to continue from."""

import itertools
import json

import numpy as np
import pytest

from nn.batch_sampler import BatchSampler


def sampler(seed: int = 0, batch_size: int = 4) -> BatchSampler:
    return BatchSampler(batch_size, np.random.default_rng(seed))


def test_each_example_is_in_one_batch_of_an_epoch() -> None:
    one = sampler()
    epochs = []
    for _ in range(3):
        epochs.append(np.concatenate(list(one.epoch(14))))
        assert one.position == 3
        one.end_epoch()
    for rows in epochs:
        assert len(rows) == 12  # the last batch would have two
        assert len(set(rows.tolist())) == 12
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[1] != epochs[2]).any()


@pytest.mark.parametrize("stop", range(10))
def test_it_continues_where_it_was(stop: int) -> None:
    """Three epochs of three batches, stopped after each number of batches; 9: after the last one."""

    def rest(one: BatchSampler, batches: int) -> list[list[int]]:
        given: list[list[int]] = []
        while one.position or len(given) < batches:
            given += [rows.tolist() for rows in one.epoch(14)]
            one.end_epoch()
        return given

    whole, part, other = sampler(), sampler(), sampler(seed=7)
    expected = rest(whole, 9)
    rest(part, stop // 3 * 3)
    assert len(list(itertools.islice(part.epoch(14), stop % 3))) == part.position == stop % 3
    other.restore(json.loads(json.dumps(part.state())))
    assert rest(other, 9 - stop) == expected[stop:]
    assert other.state() == whole.state()
