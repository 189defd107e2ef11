"""Matrix products in blocks: the same blocks for one thread as for many, and small ones for small batches.

A product a b, of (n, k) and (k, m), is cut along one of its axes. What the blocks have in common is then read, or added
up, once for each, so the axis is the one where that is the smallest:

    rows of a                columns of b                the axis that is summed
    +----+                                               +---+---+  +---+
    | a0 |                                               |   |   |  | b0|
    +----+ b  in common: b   a +----+----+  in common: a | a0| a1|  +---+   in common: the result,
    | a1 |                     | b0 | b1 |               |   |   |  | b1|   a0 b0 + a1 b1
    +----+                     +----+----+               +---+---+  +---+

BLAS copies large matrices into another order before it multiplies, which for few rows takes longer than to multiply.
Small ones, up to `tuning.SMALL_PRODUCT`, it multiplies as they lie. So there are many small blocks if a cut leaves them
long enough for vector instructions; if not, there are two halves. BLAS takes another path for a matrix of another size,
which can change the last bit: the blocks do not depend on how many threads share them.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nn.kernels import threads, tuning
from nn.kernels.workspace import Workspace
from nn.types import Array


def matmul(a: Array, b: Array, out: Array, total: Array | None = None, workspace: Workspace | None = None) -> None:
    """Write the product of the matrices a (n, k) and b (k, m) to out (n, m), and add it to total (n, m) if given.

    Args:
        a: of float32 or float64, as the others.
        b: likewise.
        out: overwritten.
        total: added to.
        workspace: holds partial sums; without it they lie in new memory.
    """
    (n, k), m = a.shape, b.shape[1]
    if n * k * m <= tuning.SMALL_PRODUCT or threads.uses_blas_threads():
        np.matmul(a, b, out=out)
        if total is not None:
            total += out
    elif k % 2 == 0 and n * m < k * min(n, m):
        _cut_sum(a, b, out, workspace)
        if total is not None:
            total += out
    elif n < m:  # columns of a product are rows of the transposed one
        _cut_rows(b.T, a.T, out.T, None if total is None else total.T)
    else:
        _cut_rows(a, b, out, total)


def affine(x: Array, weight: Array, bias: Array, workspace: Workspace | None = None) -> Array:
    """Return x W + b, for x (N, K), W (K, L), b (1, L): in the workspace if given, else in new memory."""
    N = len(x)
    if workspace is None and N * weight.size <= tuning.SMALL_PRODUCT:
        y: Array = x.dot(weight)  # the same as @ for two matrices, with less overhead
        y += _repeated(bias.tobytes(), bias.dtype, N) if N > 1 and y.size <= tuning.MAX_REPEATED_BIAS else bias
        return y
    shape = N, weight.shape[1]
    y = np.empty(shape, x.dtype) if workspace is None else workspace.array("y", shape, x.dtype)
    matmul(x, weight, y, workspace=workspace)
    y += bias
    return y


def batched_matmul(a: Array, b: Array, out: Array) -> None:
    """Write the products a b of matrices (..., n, k) and (..., k, m) to out (..., n, m), in blocks of columns.

             m columns                       blocks
         +-------------+               +----+----+----+
    a ·  |      b      |    becomes    | a· | a· | a· |    each of them small, side by side in the same memory
         +-------------+               +----+----+----+
    """
    blocks = _column_blocks(b.shape[-1], a.shape[-2] * a.shape[-1])
    np.matmul(a[..., None, :, :], _cut_columns(b, blocks), out=_cut_columns(out, blocks))


def batched_matmul_transposed(a: Array, b: Array, out: Array) -> None:
    """Write the products a bᵀ of matrices (..., k, m) and (..., n, m) to out (..., k, n), in blocks of rows."""
    *batch, k, m = a.shape
    n = b.shape[-2]
    rows = _block_rows(k, n, m)
    cut_a, cut_out = a.reshape(*batch, k // rows, rows, m), out.reshape(*batch, k // rows, rows, n)
    np.matmul(cut_a, b[..., None, :, :].swapaxes(-2, -1), out=cut_out)


def _cut_rows(a: Array, b: Array, out: Array, total: Array | None) -> None:
    (n, k), m = a.shape, b.shape[1]
    rows = _block_length(n, tuning.SMALL_PRODUCT // (k * m))
    if rows and out.flags.c_contiguous:
        b = np.ascontiguousarray(b)
        blocks = [array.reshape(n // rows, rows, array.shape[1]) for array in (a, out, out if total is None else total)]

        def multiply_blocks(part: slice) -> None:
            of_a, of_out, of_total = (array[part] for array in blocks)
            np.matmul(of_a, b, out=of_out)
            if total is not None:
                of_total += of_out

        threads.parallel_for(multiply_blocks, n // rows, 2 * n * k * m)
        return
    halves = [slice(0, n // 2), slice(n // 2, None)]

    def multiply_halves(part: slice) -> None:
        for half in halves[part]:
            np.matmul(a[half], b, out=out[half])
            if total is not None:
                total[half] += out[half]

    threads.parallel_for(multiply_halves, 2, 2 * n * k * m)


def _cut_sum(a: Array, b: Array, out: Array, workspace: Workspace | None) -> None:
    (n, k), m = a.shape, b.shape[1]
    rows = min(n, tuning.ROWS_AT_A_TIME)
    length = _block_length(k, tuning.SMALL_PRODUCT // (rows * m))
    least = tuning.MIN_BLOCK_LENGTH if n <= tuning.ROWS_AT_A_TIME else tuning.MIN_LENGTH_OF_FEW_ROWS
    if length < least or k // length * rows * m >= tuning.MAX_PARTIAL_SUMS:
        rows, length = n, k // 2
    blocks_of_a, blocks_of_b = a.reshape(n, -1, length).swapaxes(0, 1), b.reshape(-1, length, m)
    shape = (k // length, rows, m)
    workspace = Workspace() if workspace is None else workspace
    if rows < n:

        def multiply_few_rows(part: slice) -> None:
            sums = workspace.array("partial sums", shape, out.dtype, start=part.start)
            for start in range(rows * part.start, min(n, rows * part.stop), rows):
                few = slice(start, min(n, start + rows))
                of_few = sums[:, : few.stop - start]
                np.matmul(blocks_of_a[:, few], blocks_of_b, out=of_few)
                np.add.reduce(of_few, axis=0, out=out[few])

        threads.parallel_for(multiply_few_rows, -(-n // rows), 2 * n * k * m)
        return
    sums = workspace.array("partial sums", shape, out.dtype)

    def multiply_blocks(part: slice) -> None:
        np.matmul(blocks_of_a[part], blocks_of_b[part], out=sums[part])

    threads.parallel_for(multiply_blocks, len(sums), 2 * n * k * m)
    np.add.reduce(sums, axis=0, out=out)


@lru_cache
def _block_length(length: int, most: int) -> int:
    """Return the greatest divisor of length up to `most`, or 0 if that is too short for a block."""
    lengths = range(min(length, most), tuning.MIN_BLOCK_LENGTH - 1, -1)
    return next((block for block in lengths if length % block == 0), 0)


@lru_cache
def _column_blocks(columns: int, work: int) -> int:
    """Return into how many equal blocks to cut a product of so many columns, with `work` multiplications for each."""
    if columns * work <= tuning.SMALL_PRODUCT:
        return 1
    least = max(-(-columns * work // tuning.SMALL_PRODUCT), -(-columns // tuning.BLOCK_COLUMNS))
    counts = range(least, columns // tuning.MIN_BLOCK_COLUMNS + 1)
    return next((blocks for blocks in counts if columns % blocks == 0), 1)


@lru_cache
def _block_rows(rows: int, outputs: int, columns: int) -> int:
    """Return how many rows of a (rows, columns) to multiply at a time by bᵀ (columns, outputs)."""
    most = min(tuning.SMALL_TRANSPOSED_RESULT, tuning.SMALL_PRODUCT // max(1, columns)) // outputs
    return next((few for few in range(most, tuning.MIN_BLOCK_ROWS - 1, -1) if rows % few == 0), rows)


def _cut_columns(matrices: Array, blocks: int) -> Array:
    """Return (..., k, m) as (..., blocks, k, m / blocks), a view."""
    *batch, k, m = matrices.shape
    return matrices.reshape(*batch, k, blocks, m // blocks).swapaxes(-2, -3)


@lru_cache(maxsize=16)
def _repeated(bits: bytes, dtype: npt.DTypeLike, N: int) -> Array:
    """Return a vector N times, (N, outputs)."""
    repeated: Array = np.frombuffer(bits, dtype)[None].repeat(N, axis=0)
    repeated.setflags(write=False)  # shared by all threads
    return repeated
