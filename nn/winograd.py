r"""Convolution with half the multiplications: several rows of the output are made together.

    rows of x     d0  d1  d2  d3  d4  d5      four rows of y see six rows of x
                    \  \   |   |  /  /
                         B d                  six sums of these rows, called points
                    /  /   |   |  \  \
    points        v0  v1  v2  v3  v4  v5
                   *   *   *   *   *   *      each meets a kernel of one row, its own sum of the rows of W: u = G W
    products      m0  m1  m2  m3  m4  m5      6 products of matrices in place of 4 · 3 = 12
                    \  \   |   |  /  /
                         A m                  four sums of the products
                       /  |   |  \
    rows of y         y0  y1  y2  y3

Why it is the same: take rows for coefficients of a polynomial. A product of polynomials is known by its values at as
many points as it has coefficients, and those are products of their values: one multiplication for each. `transforms`
says it exactly.

Images lie with the batch innermost, (H, C, W, N), see `images.py`, so a row is one long block, and sums of rows are
products with small matrices, too. For the columns of the kernel nothing changes: as in `conv2d.py` there is a copy of a
point for each of them, shifted, the `taps`, and these are multiplied. The gradients take the same way back.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nn import threads
from nn.initialisers import Shape
from nn.layer import Array, Layer
from nn.pieces import multiply, multiply_transposed
from nn.taps import Columns, add_up, shift

POINTS = (0.0, 1.0, -1.0, 2.0, -2.0)  # and infinity; with more, or larger ones, too many digits cancel
MOST = len(POINTS) + 1
CACHED = 200_000  # numbers of taps that the processor's cache still holds when they are multiplied


@lru_cache
def transforms(rows: int, kernel: int, dtype: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """Return A (rows, P), B (P, P), G (P, kernel), P = rows + kernel - 1: y_j = Σ_i w_i d_(j+i) is y = A (G w · B d).

    E_n takes the n coefficients of a polynomial to its values at P points, the last of which, infinity, has the highest
    coefficient for its value. The product of polynomials a and w is E_P⁻¹ (E_rows a · E_kernel w). It is linear in a,
    and transposed it is the y we look for: E_rowsᵀ (E_kernel w · E_P⁻ᵀ d).

    Source: Winograd 1980, "Arithmetic Complexity of Computations"; for networks Lavin and Gray 2016, "Fast Algorithms
    for Convolutional Neural Networks", arXiv 1509.09308.
    """
    P = rows + kernel - 1

    def values(n: int) -> npt.NDArray[np.float64]:
        return np.vstack([np.vander(POINTS[: P - 1], n, increasing=True), np.eye(n)[-1]])

    return values(rows).T.astype(dtype), np.linalg.inv(values(P)).T.astype(dtype), values(kernel).astype(dtype)


class Winograd:
    """A convolution of stride 1 and its gradients.

    Args:
        kernel: rows I, from 2 to 5, and columns J.
        above: rows of zeros above the image; fewer than I, as there are below.
        seen: what the kernel's columns see, see `nn.taps.columns`.
        U: rows of y.
        layer: whose buffers are used.
        when: one kind of pass, which has buffers for itself.
    """

    def __init__(self, kernel: tuple[int, int], above: int, seen: Columns, U: int, layer: Layer, when: str) -> None:
        self.kernel, self.above, self.seen, self.layer, self.when = kernel, above, seen, layer, when
        self.kernels: dict[int, Array] = {}
        most = MOST - kernel[0] + 1
        self.blocks = [(u, min(most, U - u)) for u in range(0, U, most)]  # first row of y, and how many

    def forward(self, rows: Array, weight: Array, bias: Array | None, y: Array) -> None:
        """Write y (U, O, V, N), for x as rows (H, C, W, N), W (O, C, I, J), and a bias as wide as a row of y."""
        _, O, V, N = y.shape
        self._transform(weight)

        def forward(some: slice) -> None:
            m = self._memory(f"products, {some.start}", (MOST, O, V * N), y.dtype)
            for u, count in self.blocks[some]:
                points = self._points(rows, u, count, some)
                for at, taps in self._taps(points, V, some):
                    multiply(self.kernels[count][at], taps, m[at])
                A, _, _ = transforms(count, self.kernel[0], y.dtype)
                to = y[u : u + count].reshape(count, O, V * N)
                _sums(A, m[: len(points)], to)
                if bias is not None:
                    to += bias

        threads.split(forward, len(self.blocks), 2 * y.size * weight[0].size)

    def backward(self, rows: Array, weight: Array, g: Array, dx: Array | None = None) -> Array:
        """Return dL/dW, for dL/dy as g (U, O, V, N); write dL/dx (H, C, W, N) to dx, if given."""
        O, C, I, J = weight.shape
        H, _, W, N = rows.shape
        V = g.shape[2]
        du = self._memory("dL/du", (len(self.blocks), MOST, J * C, O), g.dtype)
        # Neighbouring blocks share I - 1 rows of x. What both say of them is added at the end, in one order.
        shared = self._memory("dL/dx, shared rows", (len(self.blocks), I - 1, C, W * N), g.dtype)

        def backward(some: slice) -> None:
            dm = self._memory(f"products, {some.start}", (MOST, O, V * N), g.dtype)
            for b in range(len(self.blocks))[some]:
                u, count = self.blocks[b]
                A, B, _ = transforms(count, I, g.dtype)
                points = self._points(rows, u, count, some)
                _sums(A.T, g[u : u + count].reshape(count, O, V * N), dm[: len(points)])
                for at, taps in self._taps(points, V, some):
                    multiply_transposed(taps, dm[at], du[b, at])
                    if dx is not None:  # which takes the points' place
                        dtaps = self._memory(f"dL/dtaps, {some.start}", taps.shape, g.dtype)
                        multiply(self.kernels[count][at].swapaxes(1, 2), dm[at], dtaps)
                        add_up(dtaps.reshape(-1, J, C, V, N), self.seen, points[at])
                if dx is not None:
                    dpoints = points.reshape(-1, C, W * N)
                    first = u - self.above + I - 1
                    own = dx[first : first + count].reshape(-1, C, W * N)
                    _sums(B.T[: I - 1], dpoints, shared[b])
                    _sums(B.T[I - 1 : I - 1 + len(own)], dpoints, own)

        threads.split(backward, len(self.blocks), 6 * g.size * weight[0].size)
        if dx is not None:
            dx[: I - 1 - self.above] = 0
            for (u, _), part in zip(self.blocks, shared, strict=True):
                image, seen = self._in_image(u, I - 1, H)
                dx[image] += part[seen].reshape(-1, C, W, N)
        dw = np.zeros((I, J * C * O), g.dtype)
        for (_, count), of_block in zip(self.blocks, du, strict=True):
            _, _, G = transforms(count, I, g.dtype)
            dw += G.T @ of_block[: len(G)].reshape(len(G), -1)
        return dw.reshape(I, J, C, O).transpose(3, 2, 0, 1)

    def _memory(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
        return self.layer.buffer(f"{name}, {self.when}", shape, dtype)

    def _transform(self, weight: Array) -> None:
        """Keep u = G W, (P, O, J·C), for each count of rows of a block."""
        O, C, I, J = weight.shape
        w = self._memory("weights", (I, O, J, C), weight.dtype)
        w[...] = weight.transpose(2, 0, 3, 1)
        for count in {count for _, count in self.blocks}:
            _, _, G = transforms(count, I, w.dtype)
            u = self._memory(f"kernels, {count}", (len(G), O, J * C), w.dtype)
            np.matmul(G, w.reshape(I, -1), out=u.reshape(len(G), -1))
            self.kernels[count] = u

    def _points(self, rows: Array, u: int, count: int, some: slice) -> Array:
        """Return B d, (P, C, W, N), for `count` rows of y from row u on."""
        H, C, W, N = rows.shape
        _, B, _ = transforms(count, self.kernel[0], rows.dtype)
        image, seen = self._in_image(u, len(B), H)
        points = self._memory(f"points, {some.start}", (MOST, C, W, N), rows.dtype)[: len(B)]
        _sums(B[:, seen], rows[image].reshape(-1, C, W * N), points.reshape(-1, C, W * N))
        return points

    def _taps(self, points: Array, V: int, some: slice) -> Iterator[tuple[slice, Array]]:
        """Yield the taps (few, J·C, V·N) of a few points at a time, and which these are."""
        P, C, _, N = points.shape
        J = self.kernel[1]
        few = max(1, min(MOST, CACHED // (J * C * V * N)))
        taps = self._memory(f"taps, {some.start}", (few, J, C, V, N), points.dtype)
        for start in range(0, P, few):
            at = slice(start, min(P, start + few))
            shift(points[at], self.seen, taps[: at.stop - start])
            yield at, taps[: at.stop - start].reshape(-1, J * C, V * N)

    def _in_image(self, u: int, count: int, H: int) -> tuple[slice, slice]:
        """Of the `count` rows that row u of y sees first, the zeros around the image among them: which are rows of x.

        Return them as rows of the image, and as those of the `count`.
        """
        first = u - self.above
        start, stop = max(0, first), min(H, first + count)
        return slice(start, stop), slice(start - first, stop - first)


def _sums(a: Array, rows: Array, out: Array) -> None:
    """Write Σ_k a[i, k] rows[k] to out[i], for rows (k, C, m); channel by channel, in pieces that BLAS likes."""
    np.matmul(a, rows.swapaxes(0, 1), out=out.swapaxes(0, 1))
