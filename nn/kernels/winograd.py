r"""Convolution by Winograd's algorithm: half the multiplications, since several output rows are computed together.

    rows of x     d0  d1  d2  d3  d4  d5      four rows of y see six rows of x
                    \  \   |   |  /  /
                         B d                  six sums of these rows
                    /  /   |   |  \  \
    values        b0  b1  b2  b3  b4  b5
                   *   *   *   *   *   *      each is convolved with a kernel of one row: k = G W, sums of rows of W
    products      m0  m1  m2  m3  m4  m5      6 matrix products in place of 4 · 3 = 12
                    \  \   |   |  /  /
                         A m                  four sums of the products
                       /  |   |  \
    rows of y         y0  y1  y2  y3

Why it is the same: take rows as coefficients of a polynomial. A product of polynomials is determined by its values at
as many points as it has coefficients, and those are products of their values: one multiplication for each. `transforms`
has the equations. (12 products become 6 for a kernel of three or four rows, 10 become 6 for one of two or five.)

Images lie with the batch innermost, (H, C, W, N), see `layout.py`, so a row is one long block, and sums of rows are
products with small matrices, too. The columns of the kernel are handled by im2col: the values are copied once for each
of them, shifted, and these copies are multiplied. The gradients are computed in the same way.

The price is precision: rounding errors are relative to the largest of the six rows that a block sees, not of the three
that a kernel sees, and one NaN or infinity makes all four rows of y NaN.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nn.kernels import threads, tuning
from nn.kernels.channels import widen
from nn.kernels.geometry import Geometry
from nn.kernels.im2col import col2im, im2col, kernel_columns
from nn.kernels.layout import to_hcwn
from nn.kernels.matmul import batched_matmul, batched_matmul_transposed
from nn.kernels.workspace import Workspace
from nn.types import Array, Shape

POINTS = (0.0, 1.0, -1.0, 2.0, -2.0)  # and infinity; with more, or larger ones, too many digits cancel
MAX_PRODUCTS = len(POINTS) + 1  # products for a block of rows, one for each point


@lru_cache
def transforms(count: int, kernel: int, dtype: npt.DTypeLike) -> tuple[Array, Array, Array]:
    """Return A (count, P), B (P, P), G (P, kernel), P = count + kernel - 1: y_j = Σ_i w_i d_(j+i) is y = A (G w · B d).

    E_n maps the n coefficients of a polynomial to its values at P points, the last of which, infinity, has the highest
    coefficient as its value. The product of polynomials a and w is E_P⁻¹ (E_count a · E_kernel w). It is linear in a,
    and its transpose is the y we look for: E_countᵀ (E_kernel w · E_P⁻ᵀ d). So A = E_countᵀ, G = E_kernel, B = E_P⁻ᵀ.

    Source: Winograd 1980, "Arithmetic Complexity of Computations"; for networks Lavin and Gray 2016, "Fast Algorithms
    for Convolutional Neural Networks", arXiv 1509.09308.
    """
    P = count + kernel - 1

    def values(n: int) -> npt.NDArray[np.float64]:
        return np.vstack([np.vander(POINTS[: P - 1], n, increasing=True), np.eye(n)[-1]])

    A, B, G = values(count).T.astype(dtype), np.linalg.inv(values(P)).T.astype(dtype), values(kernel).astype(dtype)
    for matrix in (A, B, G):
        matrix.setflags(write=False)  # shared by all threads
    return A, B, G


class WinogradConvolution:
    """A convolution of stride 1, with a kernel of 2 to 5 rows, and its gradients.

    Args:
        geometry: sizes; fewer rows of zeros above and below the image than the kernel has rows.
        workspace: for scratch arrays.
        training: whether arrays must last until the backward pass.
    """

    def __init__(self, geometry: Geometry, workspace: Workspace, *, training: bool) -> None:
        self.geometry, self.workspace, self.training = geometry, workspace, training
        self.kernels: dict[int, Array] = {}
        U, most = geometry.output[0], MAX_PRODUCTS - geometry.kernel[0] + 1
        self.blocks = [(u, min(most, U - u)) for u in range(0, U, most)]  # first row of y, and how many

    def forward(self, x: Array, weight: Array, bias: Array | None, y: Array) -> Array:
        """Write y (U, O, V, N), for x (N, C, H, W), weight (O, C, I, J) and bias (O,); return x as (H, C, W, N)."""
        _, O, V, N = y.shape
        rows = to_hcwn(x, self.workspace, "x", training=self.training)
        wide_bias = None if bias is None else widen(bias, y.reshape(len(y), O, V * N), self.workspace, "bias")
        self._transform(weight)

        def forward(part: slice) -> None:
            m = self._array("products", (MAX_PRODUCTS, O, V * N), y.dtype, part)
            for u, count in self.blocks[part]:
                values = self._values(rows, u, count, part)
                for at, columns, _ in self._columns(values, part):
                    batched_matmul(self.kernels[count][at], columns, m[at])
                A, _, _ = transforms(count, self.geometry.kernel[0], y.dtype)
                to = y[u : u + count].reshape(count, O, V * N)
                _sums(A, m[: len(values)], to)
                if wide_bias is not None:
                    to += wide_bias

        threads.parallel_for(forward, len(self.blocks), 2 * y.size * weight[0].size)
        return rows

    def backward(self, rows: Array, g: Array, _weight: Array, dx: Array | None = None) -> Array:
        """Return dL/dweight, for what `forward` returned and g = dL/dy (U, O, V, N); write dL/dx to dx, if given."""
        (I, J), (H, C, W, N), above = self.geometry.kernel, rows.shape, self.geometry.above
        _, O, V, _ = g.shape
        seen = kernel_columns(self.geometry, W)
        dk = self._array("dL/dkernels", (len(self.blocks), MAX_PRODUCTS, J * C, O), g.dtype)
        # Neighbouring blocks share I - 1 rows of x; their gradients are added at the end, in a fixed order.
        shared = self._array("dL/dx, shared rows", (len(self.blocks), I - 1, C, W * N), g.dtype)

        def backward(part: slice) -> None:
            dm = self._array("products", (MAX_PRODUCTS, O, V * N), g.dtype, part)
            for b in range(len(self.blocks))[part]:
                u, count = self.blocks[b]
                A, B, _ = transforms(count, I, g.dtype)
                values = self._values(rows, u, count, part)
                _sums(A.T, g[u : u + count].reshape(count, O, V * N), dm[: len(values)])
                for at, columns, dcolumns in self._columns(values, part):
                    batched_matmul_transposed(columns, dm[at], dk[b, at])
                    if dx is not None:  # dL/dvalues replaces values that have been multiplied already
                        batched_matmul(self.kernels[count][at].swapaxes(1, 2), dm[at], dcolumns)
                        col2im(dcolumns.reshape(-1, J, C, V, N), seen, values[at])
                if dx is not None:
                    dvalues = values.reshape(-1, C, W * N)
                    first = u - above + I - 1
                    own = dx[first : first + count].reshape(-1, C, W * N)
                    _sums(B.T[: I - 1], dvalues, shared[b])
                    _sums(B.T[I - 1 : I - 1 + len(own)], dvalues, own)

        threads.parallel_for(backward, len(self.blocks), 6 * g.size * I * J * C)
        if dx is not None:
            dx[: I - 1 - above] = 0
            for (u, _), of_block in zip(self.blocks, shared, strict=True):
                image, inside = self._in_image(u, I - 1, H)
                dx[image] += of_block[inside].reshape(-1, C, W, N)
        dw = np.zeros((I, J * C * O), g.dtype)
        for (_, count), of_block in zip(self.blocks, dk, strict=True):
            _, _, G = transforms(count, I, g.dtype)
            dw += G.T @ of_block[: len(G)].reshape(len(G), -1)
        return dw.reshape(I, J, C, O).transpose(3, 2, 0, 1)

    def _array(self, name: str, shape: Shape, dtype: npt.DTypeLike, part: slice | None = None) -> Array:
        """Return a scratch array of this kind of pass, and of the thread that computes this part."""
        start = None if part is None else part.start
        array: Array = self.workspace.array(name, shape, dtype, training=self.training, start=start)
        return array

    def _transform(self, weight: Array) -> None:
        """Compute k = G W, (P, O, J·C), for each count of rows of a block."""
        O, C, I, J = weight.shape
        w = self._array("weights", (I, O, J, C), weight.dtype)
        w[...] = weight.transpose(2, 0, 3, 1)
        for count in {count for _, count in self.blocks}:
            _, _, G = transforms(count, I, w.dtype)
            k = self._array(f"kernels of {count} rows", (len(G), O, J * C), w.dtype)
            np.matmul(G, w.reshape(I, -1), out=k.reshape(len(G), -1))
            self.kernels[count] = k

    def _values(self, rows: Array, u: int, count: int, part: slice) -> Array:
        """Return B d, (P, C, W, N), for `count` rows of y from row u on."""
        H, C, W, N = rows.shape
        _, B, _ = transforms(count, self.geometry.kernel[0], rows.dtype)
        image, inside = self._in_image(u, len(B), H)
        values = self._array("values", (MAX_PRODUCTS, C, W, N), rows.dtype, part)[: len(B)]
        _sums(B[:, inside], rows[image].reshape(-1, C, W * N), values.reshape(-1, C, W * N))
        return values

    def _columns(self, values: Array, part: slice) -> Iterator[tuple[slice, Array, Array]]:
        """Yield a few of the values at a time: which, their columns (few, J·C, V·N), and memory for dL/dcolumns."""
        P, C, W, N = values.shape
        J, V = self.geometry.kernel[1], self.geometry.output[1]
        seen = kernel_columns(self.geometry, W)
        few = max(1, min(MAX_PRODUCTS, tuning.WINOGRAD_MAX_COLUMNS // (J * C * V * N)))
        columns = self._array("columns", (few, J, C, V, N), values.dtype, part)
        dcolumns = self._array("dL/dcolumns", (few, J * C, V * N), values.dtype, part)
        for start in range(0, P, few):
            at = slice(start, min(P, start + few))
            now = slice(0, at.stop - start)
            im2col(values[at], seen, columns[now])
            yield at, columns[now].reshape(-1, J * C, V * N), dcolumns[now]

    def _in_image(self, u: int, count: int, H: int) -> tuple[slice, slice]:
        """Return which of `count` rows, from the first that row u of y sees, lie inside the image.

        As rows of the image, and as rows of the `count`; the others are zeros.
        """
        first = u - self.geometry.above
        start, stop = max(0, first), min(H, first + count)
        return slice(start, stop), slice(start - first, stop - first)


def _sums(a: Array, rows: Array, out: Array) -> None:
    """Write Σ_k a[i, k] rows[k] to out[i], for rows (k, C, m), as one small product for each channel."""
    np.matmul(a, rows.swapaxes(0, 1), out=out.swapaxes(0, 1))
