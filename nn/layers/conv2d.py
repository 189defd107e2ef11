"""Convolutional layer."""

from collections.abc import Sequence
from operator import index
from typing import Any

from nn.kernels.channels import channel_sums
from nn.kernels.convolution import convolution
from nn.kernels.geometry import Geometry, Padding, geometry
from nn.kernels.im2col import Im2colConvolution
from nn.kernels.layout import to_hcwn, to_nchw
from nn.kernels.winograd import WinogradConvolution
from nn.layer import Parameter, ShapeError
from nn.layers.images import ImageLayer
from nn.types import Array, Shape


class Conv2D(ImageLayer):
    """y[n, o, u, v] = b[o] + Σ_c,i,j W[o, c, i, j] x[n, c, s·u + i - p, s·v + j - p], with x = 0 outside of the image.

    Args:
        inputs: channels of x, at least 1.
        outputs: channels of y, at least 1.
        kernel: rows and columns of W, or one number for both.
        stride: s, the step from one output to the next.
        padding: p, zeros around the image: a number, "valid" for 0, or "same" for an output of the size of the input
            divided by the stride, rounded up (an odd number of zeros has one more below and on the right).
        bias: whether to add b; leave it out before a normalisation, which subtracts it again.
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
        padding: Padding = "same",
        bias: bool = True,
        initialiser: str = "he",
    ) -> None:
        self.inputs, self.outputs, self.stride = index(inputs), index(outputs), index(stride)
        rows, columns = kernel if isinstance(kernel, Sequence) else (kernel, kernel)
        self.kernel = index(rows), index(columns)
        self.padding: Padding = padding if isinstance(padding, str) else index(padding)
        if min(self.inputs, self.outputs, self.stride, *self.kernel) < 1:
            raise ValueError(f"{self} needs at least 1 input, 1 output, a kernel and a stride of at least 1")
        if self.padding not in ("same", "valid") and (isinstance(self.padding, str) or self.padding < 0):
            raise ValueError(f'{self} needs a padding of "same", "valid" or a number of zeros')
        size = self.kernel[0] * self.kernel[1]
        fan_in, fan_out = self.inputs * size, self.outputs * size
        self.weight = Parameter((self.outputs, self.inputs, *self.kernel), initialiser, fan_in, fan_out)
        self.bias = Parameter((self.outputs,), "zeros") if bias else None
        self._algorithm: Im2colConvolution | WinogradConvolution | None = None  # of the last training pass

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        N, C, H, W = x.shape
        sizes = self.geometry(H, W)
        y = self.workspace.array("y", (sizes.output[0], self.outputs, sizes.output[1], N), x.dtype, training=training)
        algorithm = convolution(sizes, N, C, self.outputs, self.workspace, training=training)
        bias = None if self.bias is None else self.bias.value
        saved = algorithm.forward(x, self.weight.value, bias, y)
        if training:
            self.saved, self._algorithm = saved, algorithm
        return to_nchw(y)

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dW[o, c, i, j] = Σ_n,u,v dL/dy[n, o, u, v] x[n, c, s·u+i-p, s·v+j-p] and dL/db[o] = Σ_n,u,v dL/dy."""
        self._backward(to_hcwn(gradient, self.workspace, "dL/dy"))

    def backward(self, gradient: Array) -> Array:
        """Add to the gradients of W and b; return dL/dx[n, c, h, w] = Σ W[o, c, i, j] dL/dy[n, o, u, v].

        The sum is over all o, i, j, u, v with s·u + i - p = h and s·v + j - p = w.
        """
        g = to_hcwn(gradient, self.workspace, "dL/dy")
        C, H, W = self.input_shape
        dx: Array = self.workspace.array("dL/dx", (H, C, W, len(gradient)), g.dtype)
        self._backward(g, dx)
        return to_nchw(dx)

    def _backward(self, g: Array, dx: Array | None = None) -> None:
        """Add to the gradients of W and b, for g = dL/dy (U, O, V, N); write dL/dx to dx, if given."""
        saved = self.saved
        assert self._algorithm is not None
        if self.bias is not None:
            self.bias.gradient += channel_sums(g.reshape(*g.shape[:2], -1))
        self.weight.gradient += self._algorithm.backward(saved, g, self.weight.value, dx)

    def parameters(self) -> dict[str, Parameter]:
        """Return "weight" (outputs, inputs, *kernel) and, unless left out, "bias" (outputs,)."""
        return {"weight": self.weight} | ({} if self.bias is None else {"bias": self.bias})

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (outputs, U, V) for (inputs, H, W)."""
        self.check_images(input_shape)
        if input_shape[0] != self.inputs:
            raise ShapeError(f"needs {input_shape[0]} inputs")
        _, H, W = input_shape
        output = self.geometry(H, W).output
        if min(output) < 1:
            raise ShapeError("needs a smaller kernel or more padding")
        return (self.outputs, *output)

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

    def geometry(self, H: int, W: int) -> Geometry:
        """Return the sizes of this convolution over images of H rows and W columns."""
        return geometry(self.kernel, self.stride, self.padding, H, W)
