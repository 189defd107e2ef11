r"""Convolution by im2col: one matrix product for each row of the output.

Images lie with the batch innermost, (H, C, W, N), see `layout.py`. im2col copies an image row once for each column of
the kernel, shifted so that what one output sees stands in one column:

    x       a b c d e        kernel column 0   0 a b c d
                             kernel column 1   a b c d e        a kernel of three columns, a zero on each side
                             kernel column 2   b c d e 0

    output  0 1 2 3 4

For an output row, the product needs a matrix with a row for each number that a kernel sees, (I · J · C), and a column
for each output in each image, (V · N). The copies of a row are J · C rows of it, and the copies of I image rows, one
after another, are all of it:

    columns  row -1 | kernel column 0: C · V · N | column 1: C · V · N | column 2 |   0: padding
             row  0 | ...                                                             \
             row  1 | ...                                                              > the matrix of output row 1
             row  2 | ...                                                             /   (and rows 1 to 3: of row 2)

The kernel's rows need no copies: the matrix of the next output row begins one row later. So a strided view that
overlaps itself is all matrices at once, and one `matmul` computes all output rows. The same view, transposed, gives the
gradient of the weights.

The gradient of the input needs no such view: dL/dcolumns of a row is a product with I neighbouring rows of dL/dy, and
adding up its shifted copies (col2im) gives dL/dx.
"""

from functools import lru_cache
from typing import TypeAlias

import numpy as np

from nn.kernels import threads, tuning
from nn.kernels.channels import widen
from nn.kernels.geometry import Geometry
from nn.kernels.layout import to_hcwn
from nn.kernels.matmul import batched_matmul, batched_matmul_transposed
from nn.kernels.workspace import Workspace
from nn.types import Array

KernelColumns: TypeAlias = tuple[tuple[int, slice, slice], ...]


@lru_cache
def kernel_columns(geometry: Geometry, W: int) -> KernelColumns:
    """Return which outputs each column of the kernel serves: (kernel column, outputs of a row, columns of x).

    Columns that see only padding are left out. One that sees all W columns of x, if any, is the first.
    """
    V, stride = geometry.output[1], geometry.stride
    found = []
    for j in range(geometry.kernel[1]):
        first = max(0, -((j - geometry.left) // stride))
        stop = min(V, (W - 1 + geometry.left - j) // stride + 1)
        if first < stop:
            start = first * stride + j - geometry.left
            found.append((j, slice(first, stop), slice(start, start + (stop - first - 1) * stride + 1, stride)))
    return tuple(sorted(found, key=lambda column: column[2] != slice(0, W, 1)))


def im2col(x: Array, kernel_columns: KernelColumns, columns: Array) -> None:
    """Write the copies of x (..., C, W, N) to columns (..., J, C, V, N), which stays 0 where there is padding."""
    for j, outputs, of_x in kernel_columns:
        columns[..., j, :, outputs, :] = x[..., of_x, :]


def col2im(columns: Array, kernel_columns: KernelColumns, x: Array) -> None:
    """Write the sum of the copies, each shifted back, to x: the transpose of `im2col`."""
    if not kernel_columns or kernel_columns[0][2] != slice(0, x.shape[-2], 1):
        x[...] = 0
    for i, (j, outputs, of_x) in enumerate(kernel_columns):
        if i or of_x != slice(0, x.shape[-2], 1):
            x[..., of_x, :] += columns[..., j, :, outputs, :]
        else:
            x[...] = columns[..., j, :, outputs, :]


class Im2colConvolution:
    """A convolution of any stride and its gradients.

    Args:
        geometry: sizes.
        workspace: for scratch arrays.
        training: whether arrays must last until the backward pass.
    """

    def __init__(self, geometry: Geometry, workspace: Workspace, *, training: bool) -> None:
        self.geometry, self.workspace, self.training = geometry, workspace, training

    def forward(self, x: Array, weight: Array, bias: Array | None, y: Array) -> Array:
        """Write y (U, O, V, N), for x (N, C, H, W), weight (O, C, I, J) and bias (O,); return the matrices."""
        (I, J), stride, above = self.geometry.kernel, self.geometry.stride, self.geometry.above
        N, C, _, W = x.shape
        U, O, V, _ = y.shape
        rows = x.transpose(2, 1, 3, 0)
        if rows.strides[3] != rows.itemsize:  # `im2col` reads N numbers at a time, wherever they lie
            rows = to_hcwn(x, self.workspace, "x", training=self.training)
        shape = (stride * (U - 1) + I, J, C, V, N)
        columns = self.workspace.array("columns", shape, x.dtype, training=self.training)
        used = rows[: max(0, shape[0] - above)]  # with a stride, the last rows may be seen by no kernel
        seen = kernel_columns(self.geometry, W)

        def copy(part: slice) -> None:
            im2col(used[part], seen, columns[above:][part])

        threads.parallel_for(copy, len(used), 8 * columns.size)
        matrices = _overlapping(columns.reshape(shape[0], J * C, V * N), U, I, stride)
        weights = weight.transpose(0, 2, 3, 1).reshape(O, -1)  # in the order of the matrices' rows
        flat = y.reshape(U, O, V * N)
        wide_bias = None if bias is None else widen(bias, flat, self.workspace, "bias")

        def multiply(part: slice) -> None:
            batched_matmul(weights, matrices[part], flat[part])
            if wide_bias is not None:
                few = max(1, tuning.MAX_CACHED_OUTPUT // max(1, wide_bias.size))
                for u in range(part.start, part.stop, few):
                    flat[u : min(u + few, part.stop)] += wide_bias

        threads.parallel_for(multiply, U, 2 * y.size * weights.shape[1])
        return matrices

    def backward(self, saved: Array, g: Array, weight: Array, dx: Array | None = None) -> Array:
        """Return dL/dweight, for what `forward` returned and g = dL/dy (U, O, V, N); write dL/dx to dx, if given."""
        U, O, V, N = g.shape
        K = saved.shape[1]
        flat = g.reshape(U, O, V * N)
        products = self.workspace.array("dL/dW", (U, K, O), g.dtype)

        def correlate(part: slice) -> None:
            batched_matmul_transposed(saved[part], flat[part], products[part])

        threads.parallel_for(correlate, U, 2 * g.size * K)
        if dx is not None:
            self._input_gradient(flat, weight, dx)
        C, (I, J) = weight.shape[1], self.geometry.kernel
        dw: Array = products.sum(axis=0).reshape(I, J, C, O).transpose(3, 2, 0, 1)
        return dw

    def _input_gradient(self, g: Array, weight: Array, dx: Array) -> None:
        """Write dL/dx (H, C, W, N), for g = dL/dy (U, O, V·N)."""
        (H, C, W, N), (I, J), s, above = dx.shape, self.geometry.kernel, self.geometry.stride, self.geometry.above
        U, O, _ = g.shape
        V = self.geometry.output[1]
        # The kernel's rows from the last to the first, in the order of the rows of dL/dy that they meet.
        weights = weight[:, :, ::-1].transpose(3, 1, 2, 0).reshape(J * C, I, O)
        seen = kernel_columns(self.geometry, W)

        def backward(part: slice) -> None:
            """Row by row, so that the copies are added up while they are in the processor's cache."""
            columns = self.workspace.array("dL/dcolumns", (J, C, V, N), g.dtype, start=part.start)
            for h in range(part.start, part.stop):
                low = max(0, -((I - 1 - h - above) // s))  # the rows of dL/dy that saw this one
                high = min(U, (h + above) // s + 1)
                if low >= high:
                    dx[h] = 0
                    continue
                first = I - 1 - (h + above - s * low)
                met = weights[:, first : first + s * (high - low - 1) + 1 : s].reshape(J * C, -1)
                batched_matmul(met, g[low:high].reshape(-1, V * N), columns.reshape(J * C, V * N))
                col2im(columns, seen, dx[h])

        threads.parallel_for(backward, H, 2 * g.size * J * C * I)


def _overlapping(rows: Array, count: int, height: int, step: int) -> Array:
    """Return `count` matrices of `height` consecutive rows each, `step` rows apart: (count, height · k, m), a view."""
    row, k, m = rows.strides
    shape = count, height * rows.shape[1], rows.shape[2]
    return np.ndarray(shape, rows.dtype, rows, strides=(step * row, k, m))  # `as_strided` takes three times as long
