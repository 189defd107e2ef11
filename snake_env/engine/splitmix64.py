"""SplitMix64 random numbers, for one stream in plain Python and for many streams in NumPy.

Each game has a stream of its own with a 64-bit state. What happens in a game depends on its seed alone, and neither on
the other games, nor on their number, nor on the machine. A draw gives two independent 32-bit numbers: the upper and the
lower half of one 64-bit output.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (the 64-bit mix is Stafford's
variant 13).
"""

import numpy as np

from snake_env.engine.state import IntArray, StreamArray

_STEP, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK_64, _MASK_32 = (1 << 64) - 1, (1 << 32) - 1
# NumPy's uint64 scalars, made once: a Python integer would be converted in every operation.
_STEP_U64, _MIX_1_U64, _MIX_2_U64 = np.uint64(_STEP), np.uint64(_MIX_1), np.uint64(_MIX_2)
_27, _30, _31, _32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_MASK_32_U64 = np.uint64(_MASK_32)


def draw(state: int) -> tuple[int, int, int]:
    """Return the next state of a stream, and two 32-bit numbers."""
    state = (state + _STEP) & _MASK_64
    z = ((state ^ (state >> 30)) * _MIX_1) & _MASK_64
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK_64
    z ^= z >> 31
    return state, z >> 32, z & _MASK_32


def advance(state: int, draws: int) -> int:
    """The state of a stream after a number of draws; a negative number goes back."""
    return (state + draws * _STEP) & _MASK_64


def outputs(states: StreamArray, count: int) -> StreamArray:
    """The next `count` outputs of K streams: (K, count) uint64 from (K,) uint64 states, which are not changed.

    Each draw adds the same step to a state, so all states are computed at once. The halves of an output are the two
    numbers that `draw` returns.
    """
    z = advance_many(states[:, None], np.arange(1, count + 1))
    z ^= z >> _30
    z *= _MIX_1_U64
    z ^= z >> _27
    z *= _MIX_2_U64
    z ^= z >> _31
    return z


def advance_many(states: StreamArray, draws: IntArray) -> StreamArray:
    """`advance` for many streams; states and draws are broadcast against each other."""
    return states + draws.astype(np.uint64) * _STEP_U64


def halves(numbers: StreamArray) -> tuple[StreamArray, StreamArray]:
    """The upper and the lower 32 bits of each output."""
    return numbers >> _32, numbers & _MASK_32_U64


def below(bits: int, count: int) -> int:
    """Map 32 random bits to 0, ..., count - 1 by multiply and shift (Lemire 2019; bias below count / 2**32)."""
    return (bits * count) >> 32


def below_many(bits: StreamArray, count: int | StreamArray) -> IntArray:
    """`below` for many draws: (K,) uint64 to (K,) int64; one count for all draws, or one for each."""
    return ((bits * count) >> _32).view(np.int64)
