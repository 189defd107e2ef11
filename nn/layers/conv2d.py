r"""Convolution, as one product of matrices for each row of the output.

Images lie with the batch innermost, (H, C, W, N), see `images.py`. The product needs, for each output row, a matrix
with a row for each number that a kernel sees, (kernel rows · kernel columns · C), and a column for each place of the
output row in each image, (V · N). Of the kernel's columns, one copy each is kept, shifted so that the places line up:

    taps   row -1 | kernel column 0: C · V · N | column 1: C · V · N | column 2 |   0: padding
           row  0 | ...                                                             \
           row  1 | ...                                                              > the matrix of output row 1
           row  2 | ...                                                             /   (and rows 1 to 3: of row 2)

Of its rows, none: the matrix of an output row is three rows of `taps`, which lie one after another, and the next output
row's matrix begins one row later. So a strided view that overlaps itself is all matrices at once, and one `matmul`
makes all output rows. The same view, transposed, gives the gradient of the weights.

The gradient of the input needs no such copies: dL/dtaps of a row is a product with three neighbouring rows of dL/dy,
and adding up its shifted columns gives dL/dx.

With many channels, and a stride of 1, several rows together take half the multiplications: see `winograd.py`.
"""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.kernels import threads
from nn.kernels.im2col import Columns, add_up, columns, shift
from nn.kernels.pieces import multiply_each, multiply_each_transposed
from nn.kernels.winograd import MOST, Winograd
from nn.layer import Array, Parameter, ShapeError
from nn.layers.images import ImageLayer

# `Winograd` is faster from C · O / (C + O) = WORTH and from LARGE multiplications and additions in all.
WORTH, LARGE = 8, 1 << 24
CACHED = 1 << 16  # numbers of y that are still in the processor's cache when the bias is added


class Conv2D(ImageLayer):
    """y[n, o, u, v] = b[o] + Σ_c,i,j W[o, c, i, j] x[n, c, s·u + i - p, s·v + j - p], with x = 0 outside of the image.

    Args:
        inputs: channels of x, at least 1.
        outputs: channels of y, at least 1.
        kernel: rows and columns of W, or one number for both.
        stride: s, the step from one place to the next.
        padding: p, zeros around the image: a number, "valid" for 0, or "same" for an output of the size of the input
            divided by the stride, rounded up (an odd number of zeros has one more below and on the right).
        bias: whether there is b; a normalisation that follows takes it out again.
        initialiser: of W, a name in `nn.initialisers.INITIALISERS`. b starts at 0.

    Shapes: x (N, inputs, H, W), W (outputs, inputs, *kernel), y (N, outputs, U, V), U = (H + 2p - kernel) // s + 1.

    Raises:
        ValueError: a size below 1, a padding that is not one of these, an unknown initialiser.

    Source: the formula is that of Dumoulin and Visin 2016, "A guide to convolution arithmetic", arXiv 1603.07285.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int] = 3,
        stride: int = 1,
        padding: int | str = "same",
        bias: bool = True,
        initialiser: str = "he",
    ) -> None:
        self.inputs, self.outputs, self.stride = index(inputs), index(outputs), index(stride)
        rows, columns = kernel if isinstance(kernel, Sequence) else (kernel, kernel)
        self.kernel = index(rows), index(columns)
        self.padding = padding if isinstance(padding, str) else index(padding)
        if min(self.inputs, self.outputs, self.stride, *self.kernel) < 1:
            raise ValueError(f"{self} needs at least 1 input, 1 output, a kernel and a stride of at least 1")
        if self.padding not in ("same", "valid") and (isinstance(self.padding, str) or self.padding < 0):
            raise ValueError(f'{self} needs a padding of "same", "valid" or a number of zeros')
        places = self.kernel[0] * self.kernel[1]
        fan_in, fan_out = self.inputs * places, self.outputs * places
        self.weight = Parameter((self.outputs, self.inputs, *self.kernel), initialiser, fan_in, fan_out)
        self.bias = Parameter((self.outputs,), "zeros") if bias else None
        self._winograd: Winograd | None = None  # how the last training pass was computed, if in that way

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y: a row of y (O, V·N) = the weights (O, kernel·C) times the taps of its rows (kernel·C, V·N)."""
        when = "training" if training else "inference"
        N, C, H, W = x.shape
        O, U, V = self.output_shape(x.shape[1:])
        seen = self._seen(W, V)
        y = self.buffer(f"y, {when}", (U, O, V, N), x.dtype)
        wide_bias = None
        if self.bias is not None:
            wide_bias = self.buffer("wide bias", (O, V * N), x.dtype)
            wide_bias[...] = self.bias.value[:, None]
        winograd = self._winograd_for(x.shape, y.shape, when)
        if winograd is not None:
            rows = self.rows(x, f"x, {when}")
            winograd.forward(rows, self.weight.value, wide_bias, y)
            if training:
                self.saved, self._winograd = rows, winograd
            return self.images(y)

        rows = x.transpose(2, 1, 3, 0)
        if rows.strides[3] != rows.itemsize:  # `shift` reads whole rows of the batch, wherever they lie
            rows = self.rows(x, f"x, {when}")
        above, _ = self.zeros(H, self.kernel[0])
        shape = (self.stride * (U - 1) + self.kernel[0], self.kernel[1], C, V, N)
        taps = self.buffer(f"taps, {when}", shape, x.dtype)
        used = rows[: max(0, shape[0] - above)]  # with a stride, the last rows may be seen by no kernel

        def shift_rows(some: slice) -> None:
            shift(used[some], seen, taps[above:][some])

        threads.parallel_for(shift_rows, len(used), 8 * taps.size)
        patches = self._overlapping(taps.reshape(shape[0], self.kernel[1] * C, V * N), U, self.kernel[0], self.stride)
        weights = self.weight.value.transpose(0, 2, 3, 1).reshape(O, -1)  # in the order of the taps
        flat = y.reshape(U, O, V * N)

        def convolve(some: slice) -> None:
            multiply_each(weights, patches[some], flat[some])
            if wide_bias is not None:
                few = max(1, CACHED // max(1, wide_bias.size))
                for u in range(some.start, some.stop, few):
                    flat[u : min(u + few, some.stop)] += wide_bias

        threads.parallel_for(convolve, U, 2 * y.size * weights.shape[1])
        if training:
            self.saved, self._winograd = patches, None
        return self.images(y)

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dW = Σ_rows dL/dy tapsᵀ and dL/db = Σ_n,u,v dL/dy."""
        self._learn(self.rows(gradient, "dL/dy"))

    def _learn(self, g: Array, dx: Array | None = None) -> None:
        """See `accumulate_gradients`; with `Winograd` also write dL/dx, if it is wanted."""
        kept = self.saved
        U, O, V, N = g.shape
        flat = g.reshape(U, O, V * N)
        if self.bias is not None:
            self.bias.gradient += (flat @ np.ones(V * N, g.dtype)).sum(axis=0)
        if self._winograd is not None:
            self.weight.gradient += self._winograd.backward(kept, g, dx)
            return
        _, K, _ = kept.shape  # patches (U, kernel·C, V·N)
        sums = self.buffer("dL/dW", (U, K, O), g.dtype)

        def correlate(some: slice) -> None:
            multiply_each_transposed(kept[some], flat[some], sums[some])

        threads.parallel_for(correlate, U, 2 * g.size * K)
        weights = sums.sum(axis=0).reshape(*self.kernel, self.inputs, O)
        self.weight.gradient += weights.transpose(3, 2, 0, 1)

    def backward(self, gradient: Array) -> Array:
        """Call `accumulate_gradients`; return dL/dx[h] = Σ_j shifted by j: (Σ_i W[:, :, i, j]ᵀ dL/dy[(h + p - i) / s])."""
        g = self.rows(gradient, "dL/dy")
        U, O, V, N = g.shape
        (C, H, W), (I, J), s = self.input_shape, self.kernel, self.stride
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        self._learn(g, dx)
        if self._winograd is not None:
            return self.images(dx)
        above, _ = self.zeros(H, I)
        flat = g.reshape(U, O, V * N)
        # The kernel's rows from the last to the first, as the rows of dL/dy that they meet lie in memory.
        weights = self.weight.value[:, :, ::-1].transpose(3, 1, 2, 0).reshape(J * C, I, O)
        seen = self._seen(W, V)

        def backward(some: slice) -> None:
            """Row by row, so that the taps are added up while they are in the processor's cache."""
            taps = self.buffer(f"dL/dtaps, {some.start}", (J, C, V, N), g.dtype)
            for h in range(some.start, some.stop):
                low = max(0, -((I - 1 - h - above) // s))  # the rows of dL/dy that saw this one
                high = min(U, (h + above) // s + 1)
                if low >= high:
                    dx[h] = 0
                    continue
                first = I - 1 - (h + above - s * low)
                met = weights[:, first : first + s * (high - low - 1) + 1 : s].reshape(J * C, -1)
                multiply_each(met, flat[low:high].reshape(-1, V * N), taps.reshape(J * C, V * N))
                add_up(taps, seen, dx[h])

        threads.parallel_for(backward, H, 2 * g.size * weights.shape[0] * I)
        return self.images(dx)

    def parameters(self) -> dict[str, Parameter]:
        """Return "weight" (outputs, inputs, *kernel) and, unless left out, "bias" (outputs,)."""
        return {"weight": self.weight} | ({} if self.bias is None else {"bias": self.bias})

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (outputs, U, V) for (inputs, H, W)."""
        self.check_images(input_shape)
        if input_shape[0] != self.inputs:
            raise ShapeError(f"needs {input_shape[0]} inputs")
        sizes = [
            (length + sum(self.zeros(length, kernel)) - kernel) // self.stride + 1
            for length, kernel in zip(input_shape[1:], self.kernel, strict=True)
        ]
        if min(sizes) < 1:
            raise ShapeError("needs a smaller kernel or more padding")
        return (self.outputs, *sizes)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "kernel": self.kernel,
            "stride": self.stride,
            "padding": self.padding,
            "bias": self.bias is not None,
            "initialiser": self.weight.initialiser,
        }

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"Conv2D({self.inputs}, {self.outputs}, {self.kernel}, stride={self.stride}, padding={self.padding!r})"

    def zeros(self, length: int, kernel: int) -> tuple[int, int]:
        """How many zeros stand before and after an axis."""
        if self.padding == "valid":
            return 0, 0
        if not isinstance(self.padding, str):
            return self.padding, self.padding
        steps = -(-length // self.stride) - 1
        total = max(0, steps * self.stride + kernel - length)
        return total // 2, total - total // 2

    def _seen(self, W: int, V: int) -> Columns:
        """What the columns of the kernel see."""
        return columns(self.kernel[1], self.stride, self.zeros(W, self.kernel[1])[0], W, V)

    def _winograd_for(self, images: Shape, rows: Shape, when: str) -> Winograd | None:
        """Return how to compute y (U, O, V, N) for images (N, C, H, W) with `Winograd`, if possible and worth it."""
        (_, C, H, W), (U, O, V, N) = images, rows
        above, below = self.zeros(H, self.kernel[0])
        possible = self.stride == 1 and 1 < self.kernel[0] < MOST and max(above, below) < self.kernel[0]
        # Sums of rows take time that grows with C + O, and what they save grows with C · O.
        if not possible or C * O < WORTH * (C + O) or 2 * U * V * N * self.weight.size < LARGE:
            return None
        return Winograd(self.kernel, above, self._seen(W, V), U, self, when)

    @staticmethod
    def _overlapping(rows: Array, count: int, height: int, step: int) -> Array:
        """Return `count` matrices of `height` consecutive rows each, `step` rows apart: (count, height · k, m)."""
        row, k, m = rows.strides
        shape = count, height * rows.shape[1], rows.shape[2]
        return np.ndarray(shape, rows.dtype, rows, strides=(step * row, k, m))  # `as_strided` takes three times as long
