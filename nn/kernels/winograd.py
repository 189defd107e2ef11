r"""Convolution with half the multiplications: several rows of the output are made together.

    rows of x     d0  d1  d2  d3  d4  d5      four rows of y see six rows of x
                    \  \   |   |  /  /
                         B d                  six sums of these rows
                    /  /   |   |  \  \
    values        b0  b1  b2  b3  b4  b5
                   *   *   *   *   *   *      each meets a kernel of one row, its own sum of the rows of W: k = G W
    products      m0  m1  m2  m3  m4  m5      6 products of matrices in place of 4 · 3 = 12
                    \  \   |   |  /  /
                         A m                  four sums of the products
                       /  |   |  \
    rows of y         y0  y1  y2  y3

Why it is the same: take rows for coefficients of a polynomial. A product of polynomials is known by its values at as
many points as it has coefficients, and those are products of their values: one multiplication for each. `transforms`
says it exactly. (12 products become 6 with three or four rows of the kernel, 10 become 6 with two or five.)

Images lie with the batch innermost, (H, C, W, N), see `images.py`, so a row is one long block, and sums of rows are
products with small matrices, too. For the columns of the kernel nothing changes: as in `conv2d.py` there is a copy of
the values for each of them, shifted, the `taps`, and these are multiplied. The gradients take the same way back.

What it costs: rounding is shared. An error is relative to the largest of the six rows that a block sees, not of the
three that a kernel sees, and one NaN or infinity makes NaN of all four rows of y.
"""

import weakref
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.initialisers import Shape
from nn.kernels import threads
from nn.kernels.im2col import Columns, add_up, shift
from nn.kernels.pieces import multiply_each, multiply_each_transposed
from nn.layer import Array, Layer

POINTS = (0.0, 1.0, -1.0, 2.0, -2.0)  # and infinity; with more, or larger ones, too many digits cancel
MOST = len(POINTS) + 1  # products for a block of rows, one for each point
CACHED = 200_000  # numbers of taps that the processor's cache still holds when they are multiplied


@lru_cache
def transforms(count: int, kernel: int, dtype: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """Return A (count, P), B (P, P), G (P, kernel), P = count + kernel - 1: y_j = Σ_i w_i d_(j+i) is y = A (G w · B d).

    E_n takes the n coefficients of a polynomial to its values at P points, the last of which, infinity, has the highest
    coefficient for its value. The product of polynomials a and w is E_P⁻¹ (E_count a · E_kernel w). It is linear in a,
    and transposed it is the y we look for: E_countᵀ (E_kernel w · E_P⁻ᵀ d). So A = E_countᵀ, G = E_kernel, B = E_P⁻ᵀ.

    Source: Winograd 1980, "Arithmetic Complexity of Computations"; for networks Lavin and Gray 2016, "Fast Algorithms
    for Convolutional Neural Networks", arXiv 1509.09308.
    """
    P = count + kernel - 1

    def values(n: int) -> npt.NDArray[np.float64]:
        return np.vstack([np.vander(POINTS[: P - 1], n, increasing=True), np.eye(n)[-1]])

    return values(count).T.astype(dtype), np.linalg.inv(values(P)).T.astype(dtype), values(kernel).astype(dtype)


class Winograd:
    """A convolution of stride 1 and its gradients.

    Args:
        kernel: rows I, from 2 to 5, and columns J.
        above: rows of zeros above the image, at most I - 1, as there are at most below it.
        columns: what the kernel's columns see, see `nn.kernels.im2col.columns`.
        U: rows of y.
        layer: whose buffers are used.
        when: one kind of pass, which has buffers for itself.
    """

    def __init__(self, kernel: tuple[int, int], above: int, columns: Columns, U: int, layer: Layer, when: str) -> None:
        self.kernel, self.above, self.columns, self.when = kernel, above, columns, when
        self.layer = weakref.proxy(layer)  # which keeps this object: so both end, and their buffers, when it is dropped
        self.kernels: dict[int, Array] = {}
        most = MOST - kernel[0] + 1
        self.blocks = [(u, min(most, U - u)) for u in range(0, U, most)]  # first row of y, and how many

    def forward(self, rows: Array, weight: Array, bias: Array | None, y: Array) -> None:
        """Write y (U, O, V, N), for x as rows (H, C, W, N), weight (O, C, I, J), and a bias as wide as a row of y."""
        _, O, V, N = y.shape
        self._transform(weight)

        def forward(some: slice) -> None:
            m = self._memory(f"products, {some.start}", (MOST, O, V * N), y.dtype)
            for u, count in self.blocks[some]:
                values = self._values(rows, u, count, some)
                for at, taps, _ in self._taps(values, V, some):
                    multiply_each(self.kernels[count][at], taps, m[at])
                A, _, _ = transforms(count, self.kernel[0], y.dtype)
                to = y[u : u + count].reshape(count, O, V * N)
                _sums(A, m[: len(values)], to)
                if bias is not None:
                    to += bias

        threads.parallel_for(forward, len(self.blocks), 2 * y.size * weight[0].size)

    def backward(self, rows: Array, g: Array, dx: Array | None = None) -> Array:
        """Return dL/dweight, for the x of the forward pass and dL/dy as g (U, O, V, N); write dL/dx to dx, if given."""
        (I, J), (H, C, W, N) = self.kernel, rows.shape
        _, O, V, _ = g.shape
        dk = self._memory("dL/dkernels", (len(self.blocks), MOST, J * C, O), g.dtype)
        # Neighbouring blocks share I - 1 rows of x. What both say of them is added at the end, in one order.
        shared = self._memory("dL/dx, shared rows", (len(self.blocks), I - 1, C, W * N), g.dtype)

        def backward(some: slice) -> None:
            dm = self._memory(f"products, {some.start}", (MOST, O, V * N), g.dtype)
            for b in range(len(self.blocks))[some]:
                u, count = self.blocks[b]
                A, B, _ = transforms(count, I, g.dtype)
                values = self._values(rows, u, count, some)
                _sums(A.T, g[u : u + count].reshape(count, O, V * N), dm[: len(values)])
                for at, taps, dtaps in self._taps(values, V, some):
                    multiply_each_transposed(taps, dm[at], dk[b, at])
                    if dx is not None:  # dL/dvalues takes the place of values that have been multiplied already
                        multiply_each(self.kernels[count][at].swapaxes(1, 2), dm[at], dtaps)
                        add_up(dtaps.reshape(-1, J, C, V, N), self.columns, values[at])
                if dx is not None:
                    dvalues = values.reshape(-1, C, W * N)
                    first = u - self.above + I - 1
                    own = dx[first : first + count].reshape(-1, C, W * N)
                    _sums(B.T[: I - 1], dvalues, shared[b])
                    _sums(B.T[I - 1 : I - 1 + len(own)], dvalues, own)

        threads.parallel_for(backward, len(self.blocks), 6 * g.size * I * J * C)
        if dx is not None:
            dx[: I - 1 - self.above] = 0
            for (u, _), part in zip(self.blocks, shared, strict=True):
                image, inside = self._in_image(u, I - 1, H)
                dx[image] += part[inside].reshape(-1, C, W, N)
        dw = np.zeros((I, J * C * O), g.dtype)
        for (_, count), of_block in zip(self.blocks, dk, strict=True):
            _, _, G = transforms(count, I, g.dtype)
            dw += G.T @ of_block[: len(G)].reshape(len(G), -1)
        return dw.reshape(I, J, C, O).transpose(3, 2, 0, 1)

    def _memory(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
        buffer: Array = self.layer.buffer(f"{name}, {self.when}", shape, dtype)
        return buffer

    def _transform(self, weight: Array) -> None:
        """Keep k = G W, (P, O, J·C), for each count of rows of a block."""
        O, C, I, J = weight.shape
        w = self._memory("weights", (I, O, J, C), weight.dtype)
        w[...] = weight.transpose(2, 0, 3, 1)
        for count in {count for _, count in self.blocks}:
            _, _, G = transforms(count, I, w.dtype)
            k = self._memory(f"kernels, {count}", (len(G), O, J * C), w.dtype)
            np.matmul(G, w.reshape(I, -1), out=k.reshape(len(G), -1))
            self.kernels[count] = k

    def _values(self, rows: Array, u: int, count: int, some: slice) -> Array:
        """Return B d, (P, C, W, N), for `count` rows of y from row u on."""
        H, C, W, N = rows.shape
        _, B, _ = transforms(count, self.kernel[0], rows.dtype)
        image, inside = self._in_image(u, len(B), H)
        values = self._memory(f"values, {some.start}", (MOST, C, W, N), rows.dtype)[: len(B)]
        _sums(B[:, inside], rows[image].reshape(-1, C, W * N), values.reshape(-1, C, W * N))
        return values

    def _taps(self, values: Array, V: int, some: slice) -> Iterator[tuple[slice, Array, Array]]:
        """Yield the taps (few, J·C, V·N) of a few values at a time, after which these are, and memory for dL/dtaps."""
        P, C, _, N = values.shape
        J = self.kernel[1]
        few = max(1, min(MOST, CACHED // (J * C * V * N)))
        taps = self._memory(f"taps, {some.start}", (few, J, C, V, N), values.dtype)
        dtaps = self._memory(f"dL/dtaps, {some.start}", (few, J * C, V * N), values.dtype)
        for start in range(0, P, few):
            at = slice(start, min(P, start + few))
            now = slice(0, at.stop - start)
            shift(values[at], self.columns, taps[now])
            yield at, taps[now].reshape(-1, J * C, V * N), dtaps[now]

    def _in_image(self, u: int, count: int, H: int) -> tuple[slice, slice]:
        """Which of `count` rows, from the first that row u of y sees, lie inside the image; the others are zeros.

        Return them as rows of the image, and as those of the `count`.
        """
        first = u - self.above
        start, stop = max(0, first), min(H, first + count)
        return slice(start, stop), slice(start - first, stop - first)


def _sums(a: Array, rows: Array, out: Array) -> None:
    """Write Σ_k a[i, k] rows[k] to out[i], for rows (k, C, m).

    A product for each channel is small enough for BLAS's way without copies, see `pieces.py`.
    """
    np.matmul(a, rows.swapaxes(0, 1), out=out.swapaxes(0, 1))
