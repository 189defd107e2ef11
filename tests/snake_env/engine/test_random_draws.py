"""Random draws of N games and of one game, compared with the streams that they come from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_env import Rules
from snake_env.engine.random_draws import AHEAD, FEW, MANY, GameRandomDraws, RandomDraws
from snake_env.engine.splitmix64 import below, draw

words = st.integers(0, 2**64 - 1)


@settings(max_examples=25)
@given(st.lists(words, min_size=1, max_size=5), st.integers(0, 2**32), st.data())
def test_the_tables_hold_the_draws_of_each_stream(given_states: list[int], seed: int, data: st.DataObject) -> None:
    rules = Rules(height=4, width=5, obstacles="..#..\n.....\n#....\n.....")
    N, open_cells = len(given_states), rules.open_cells.tolist()
    draws, states = RandomDraws(rules, N), list(given_states)
    draws.set(np.arange(N), np.array(states, dtype=np.uint64))
    rng = np.random.default_rng(seed)
    eager = data.draw(st.integers(0, N - 1))  # one that draws much more than the others
    for turn in range(4 * AHEAD):
        if turn == AHEAD + 3:
            states[-1] = seed
            draws.set(np.array([N - 1]), np.array([seed], dtype=np.uint64))
        rows = np.flatnonzero((rng.random(N) < 0.3) | (np.arange(N) == eager))
        drawn = draws.draw(rows)
        starts, cells, last = draws.starts.take(drawn), draws.cells.take(drawn), draws.last(rows)
        for i, row in enumerate(rows.tolist()):
            states[row], bits, food_bits = draw(states[row])
            assert [int(half[i]) for half in last] == [bits, food_bits]
            assert starts[i] == below(bits, rules.starts.count)
            assert cells[i] == row * rules.cells + open_cells[below(food_bits, len(open_cells))]
    assert draws.states.tolist() == states


@settings(max_examples=25)
@given(words, words, st.integers(0, FEW + 2 * MANY), st.sampled_from([3, (2, 9)]))
def test_the_draws_of_one_game_are_those_of_its_stream(
    state: int, other: int, change: int, initial_length: int | tuple[int, int]
) -> None:
    rules = Rules(height=4, width=5, obstacles="..#..\n.....\n#....\n.....", initial_length=initial_length)
    open_cells = rules.open_cells.tolist()
    draws = GameRandomDraws(rules)
    draws.set(state)
    for turn in range(FEW + 2 * MANY + 3):
        if turn == change:
            state = other
            draws.set(other)
        start, cell = draws.draw()
        state, bits, food_bits = draw(state)
        assert (start, cell) == (below(bits, rules.starts.count), open_cells[below(food_bits, len(open_cells))])
        assert (draws.state, draws.last()) == (state, (bits, food_bits))
