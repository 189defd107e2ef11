"""Products of large matrices in parts: the same parts for one thread as for many, and small ones for small batches.

A product a b, of (n, k) and (k, m), is cut along one of its axes. What the parts have in common is then read, or added
up, once for each, so the axis is the one where that is the smallest:

    rows of a                columns of b                the axis that is summed
    +----+                                               +---+---+  +---+
    | a0 |                                               |   |   |  | b0|
    +----+ b  in common: b   a +----+----+  in common: a | a0| a1|  +---+   in common: the result,
    | a1 |                     | b0 | b1 |               |   |   |  | b1|   a0 b0 + a1 b1
    +----+                     +----+----+               +---+---+  +---+

BLAS copies large matrices into another order before it multiplies, which for a few examples takes longer than to
multiply. Small ones it takes as they lie, see `pieces.py`. So there are many parts if a cut can make them so small and
leaves them thick enough; if not, there are two halves. BLAS takes another path for a matrix of another size, which can
change the last bit: the parts do not depend on how many threads share them.
"""

from functools import lru_cache

import numpy as np

from nn.kernels import threads
from nn.kernels.pieces import SMALL
from nn.layer import Array, Layer

THICK = 48  # numbers along the cut below which a part is too thin for vector instructions
# Parts that are to be added up must stay in the processor's cache, which from CACHED numbers on they do not. So of many
# rows a FEW are multiplied at a time, if then the parts can be as thick as WORTH_ROWS.
CACHED, FEW, WORTH_ROWS = 1 << 18, 32, 192


def multiply(a: Array, b: Array, out: Array, total: Array | None = None, layer: Layer | None = None) -> None:
    """Write the product of the matrices a (n, k) and b (k, m) to out (n, m), and add it to total (n, m) if given.

    Args:
        a: of float32 or float64, as the others.
        b: likewise.
        out: overwritten.
        total: added to.
        layer: whose buffer holds parts that are to be added up; without it, that is new memory.
    """
    (n, k), m = a.shape, b.shape[1]
    if n * k * m <= SMALL or threads.uses_blas_threads():
        np.matmul(a, b, out=out)
        if total is not None:
            total += out
    elif k % 2 == 0 and n * m < k * min(n, m):
        _cut_sum(a, b, out, layer)
        if total is not None:
            total += out
    elif n < m:  # columns of a product are rows of the transposed one
        _cut_rows(b.T, a.T, out.T, None if total is None else total.T)
    else:
        _cut_rows(a, b, out, total)


def _cut_rows(a: Array, b: Array, out: Array, total: Array | None) -> None:
    (n, k), m = a.shape, b.shape[1]
    rows = _thickest(n, SMALL // (k * m))
    if rows and out.flags.c_contiguous:
        b = np.ascontiguousarray(b)
        parts = [array.reshape(n // rows, rows, array.shape[1]) for array in (a, out, out if total is None else total)]

        def product(some: slice) -> None:
            part, of_out, of_total = (array[some] for array in parts)
            np.matmul(part, b, out=of_out)
            if total is not None:
                of_total += of_out

        threads.parallel_for(product, n // rows, 2 * n * k * m)
        return
    halves = [slice(0, n // 2), slice(n // 2, None)]

    def half(some: slice) -> None:
        for rows in halves[some]:
            np.matmul(a[rows], b, out=out[rows])
            if total is not None:
                total[rows] += out[rows]

    threads.parallel_for(half, 2, 2 * n * k * m)


def _cut_sum(a: Array, b: Array, out: Array, layer: Layer | None) -> None:
    (n, k), m = a.shape, b.shape[1]
    rows = min(n, FEW)
    summed = _thickest(k, SMALL // (rows * m))
    if summed < (THICK if n <= FEW else WORTH_ROWS) or k // summed * rows * m >= CACHED:
        rows, summed = n, k // 2
    cut_a, cut_b = a.reshape(n, -1, summed).swapaxes(0, 1), b.reshape(-1, summed, m)
    shape = (k // summed, rows, m)

    def memory(name: str) -> Array:
        return np.empty(shape, out.dtype) if layer is None else layer.buffer(name, shape, out.dtype)

    if rows < n:

        def few_rows(some: slice) -> None:
            products = memory(f"products, {some.start}")
            for start in range(rows * some.start, min(n, rows * some.stop), rows):
                at = slice(start, min(n, start + rows))
                product = products[:, : at.stop - start]
                np.matmul(cut_a[:, at], cut_b, out=product)
                np.add.reduce(product, axis=0, out=out[at])

        threads.parallel_for(few_rows, -(-n // rows), 2 * n * k * m)
        return
    products = memory("products")

    def part(some: slice) -> None:
        np.matmul(cut_a[some], cut_b[some], out=products[some])

    threads.parallel_for(part, len(products), 2 * n * k * m)
    np.add.reduce(products, axis=0, out=out)


@lru_cache
def _thickest(length: int, most: int) -> int:
    """Into parts of which length an axis can be cut: the greatest up to `most`, 0 if that is too thin."""
    return next((part for part in range(min(length, most), THICK - 1, -1) if length % part == 0), 0)
