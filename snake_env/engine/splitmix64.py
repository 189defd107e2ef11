"""The random stream of a game: SplitMix64, once for one game and once for many.

Each game carries its own 64-bit state, so what happens in it depends on its seed alone: not on its neighbours, on the
batch size or on the machine. A draw gives two independent 32-bit numbers, the halves of one 64-bit output.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (the 64-bit mix is Stafford's
variant 13).
"""

import numpy as np

from snake_env.engine.state import IntArray, StreamArray

_STEP, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK_64, _MASK_32 = (1 << 64) - 1, (1 << 32) - 1
# NumPy's uint64 scalars, made once: a Python int of this size would be converted at every operation.
_STEP_U64, _MIX_1_U64, _MIX_2_U64 = np.uint64(_STEP), np.uint64(_MIX_1), np.uint64(_MIX_2)
_27, _30, _31, _32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_MASK_32_U64 = np.uint64(_MASK_32)


def draw(state: int) -> tuple[int, int, int]:
    """Next state and two 32-bit numbers of one stream."""
    state = (state + _STEP) & _MASK_64
    z = ((state ^ (state >> 30)) * _MIX_1) & _MASK_64
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK_64
    z ^= z >> 31
    return state, z >> 32, z & _MASK_32


def moved(state: int, draws: int) -> int:
    """The state of one stream some draws later, or earlier."""
    return (state + draws * _STEP) & _MASK_64


def outputs(states: StreamArray, count: int) -> StreamArray:
    """(K, count) uint64: the next outputs of K streams, whose states, (K,) uint64, stay as they are.

    Each draw moves a state by the same step, so that many draws cost little more than one. The halves of an output are
    the two numbers that `draw` gives.
    """
    z = after(states[:, None], np.arange(1, count + 1))
    z ^= z >> _30
    z *= _MIX_1_U64
    z ^= z >> _27
    z *= _MIX_2_U64
    z ^= z >> _31
    return z


def after(states: StreamArray, draws: IntArray) -> StreamArray:
    """The states of streams after some draws."""
    return states + draws.astype(np.uint64) * _STEP_U64


def halves(numbers: StreamArray) -> tuple[StreamArray, StreamArray]:
    """The two 32-bit numbers of each output."""
    return numbers >> _32, numbers & _MASK_32_U64


def below(bits: int, count: int) -> int:
    """Map 32 random bits to 0, ..., count - 1 by multiply and shift (Lemire 2019; bias below count / 2**32)."""
    return (bits * count) >> 32


def below_many(bits: StreamArray, count: int | StreamArray) -> IntArray:
    """`below` for many draws: (K,) uint64 to (K,) int64; one count for all, or one for each."""
    return ((bits * count) >> _32).view(np.int64)
