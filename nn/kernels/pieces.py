"""Many products of middling matrices, cut so that BLAS multiplies them as they lie.

BLAS copies a large matrix into another order before it multiplies. A small one, up to a million multiplications,
NumPy's OpenBLAS takes as it is on processors with AVX-512. The matrices of a convolution have few rows, and there the
copy takes up to a third of the time:

            m columns                       pieces
         +-------------+               +----+----+----+
    a ·  |      b      |    becomes    | a· | a· | a· |    each of them small, side by side in the same memory
         +-------------+               +----+----+----+
"""

from functools import lru_cache

import numpy as np

from nn.layer import Array

SMALL = 1_000_000  # multiplications


def multiply_each(a: Array, b: Array, out: Array) -> None:
    """Write the products a b of matrices (..., n, k) and (..., k, m) to out (..., n, m)."""
    pieces = _column_pieces(b.shape[-1], a.shape[-2] * a.shape[-1])
    np.matmul(a[..., None, :, :], _cut_columns(b, pieces), out=_cut_columns(out, pieces))


def multiply_each_transposed(a: Array, b: Array, out: Array) -> None:
    """Write the products a bᵀ of matrices (..., k, m) and (..., n, m) to out (..., k, n)."""
    *many, k, m = a.shape
    n = b.shape[-2]
    rows = _rows_at_a_time(k, n, m)
    cut_a, cut_out = a.reshape(*many, k // rows, rows, m), out.reshape(*many, k // rows, rows, n)
    np.matmul(cut_a, b[..., None, :, :].swapaxes(-2, -1), out=cut_out)


@lru_cache
def _column_pieces(columns: int, work: int) -> int:
    """Into how many equal pieces to cut a product of so many columns, with so many multiplications for each.

    Of the small ones, those of about 100 columns are fastest; narrower pieces than 48 leave vector instructions half
    empty.
    """
    if columns * work <= SMALL:
        return 1
    least = max(-(-columns * work // SMALL), -(-columns // 112))
    return next((pieces for pieces in range(least, columns // 48 + 1) if columns % pieces == 0), 1)


@lru_cache
def _rows_at_a_time(rows: int, outputs: int, columns: int) -> int:
    """How many rows of a (rows, columns) to multiply at a time by bᵀ (columns, outputs).

    BLAS takes the short way here if the result is small, too, of at most 1200 numbers.
    """
    most = min(1200, SMALL // max(1, columns)) // outputs
    return next((few for few in range(most, 7, -1) if rows % few == 0), rows)


def _cut_columns(matrices: Array, pieces: int) -> Array:
    """Return (..., k, m) as (..., pieces, k, m / pieces), a view."""
    *many, k, m = matrices.shape
    return matrices.reshape(*many, k, pieces, m // pieces).swapaxes(-2, -3)
