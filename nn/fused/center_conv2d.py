"""A convolution for images of which some channels are 0 except in the center.

    channel 0            channel 1            channel 2            y
    . x . . x . .        . . . . . . .        . . . . . . .        o o o o o o o
    . . x . . . .        . . . . . . .        . . . . . . .        o * * * * * o
    . . . . . . x        . . . x . . .        . . . x . . .        o * * * * * o      o: depends on channel 0 alone
    x . . . . . .        . . x x x . .        . . . . x . .        o * * * * * o      *: depends on all channels
    . . x . . . .        . . . x . . .        . . . . . . .        o * * * * * o
    . . . . . x .        . . . . . . .        . . . . . . .        o * * * * * o
    . . . x . . .        . . . . . . .        . . . . . . .        o o o o o o o
      wide                 center               center

So one convolution covers the whole image of the wide channels, and a small one the center of the others; their sum is
the output of a `Conv2D` of the same weights over all channels.
"""

from operator import index
from typing import Any

import numpy as np

from nn.kernels.geometry import zeros
from nn.kernels.layout import to_nchw
from nn.layer import ShapeError
from nn.layers.conv2d import Conv2D
from nn.types import Array, Shape


class CenterConv2D(Conv2D):
    """A `Conv2D` for x whose last `center` channels are 0 except in the middle: 3 cells along an odd axis, 4 an even.

    The caller guarantees that: numbers elsewhere in these channels are ignored in part, and y is then no convolution.

    Args:
        inputs: channels of x, more than `center`.
        outputs: channels of y, at least 1.
        center: how many channels, the last ones, are read only in the center, at least 1.
        kernel: rows and columns of W.
        stride: the step from one output to the next.
        initialiser: of W. b starts at 0.

    Shapes: those of `Conv2D` with the padding "same".

    Raises:
        ValueError: a size out of its range.
    """

    def __init__(
        self, inputs: int, outputs: int, center: int, kernel: int = 3, stride: int = 1, initialiser: str = "he"
    ) -> None:
        if not 1 <= center < inputs:
            raise ValueError(f"center is {center}, of {inputs} channels; give 1 to {inputs - 1}")
        self.center_channels = index(center)
        super().__init__(inputs, outputs, index(kernel), stride, initialiser=initialiser)
        self.wide = Conv2D(inputs - center, outputs, kernel, stride)
        self.center = Conv2D(center, outputs, kernel, stride, "valid", bias=False)

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Take the memory of the parameters, and share it with the two convolutions."""
        super().bind(input_shape, flat, gradient)
        weight, channels = self.weight, self.wide.inputs
        self.wide.weight.bind_views(weight.value[:, :channels], weight.gradient[:, :channels])
        self.center.weight.bind_views(weight.value[:, channels:], weight.gradient[:, channels:])
        assert self.bias is not None
        assert self.wide.bias is not None
        self.wide.bias.bind_views(self.bias.value, self.bias.gradient)
        (rows, y_rows), (columns, y_columns) = map(self._center, input_shape[1:])
        self._x = np.s_[:, channels:, rows, columns]
        self._y = np.s_[:, :, y_rows, y_columns]
        self.wide.input_shape = (channels, *input_shape[1:])
        self.center.input_shape = (self.center.inputs, rows.stop - rows.start, columns.stop - columns.start)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y of the wide channels plus, in the center, y of the others."""
        y = self.wide.forward(x[:, : self.wide.inputs], training=training)
        y[self._y] += self.center.forward(x[self._x], training=training)
        return y

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add to the gradients of both convolutions, see `Conv2D.accumulate_gradients`."""
        self.wide.accumulate_gradients(gradient)
        self.center.accumulate_gradients(gradient[self._y])

    def backward(self, gradient: Array) -> Array:
        """Call `accumulate_gradients`; return dL/dx, which is 0 where x is not read."""
        C, H, W = self.input_shape
        dx = to_nchw(self.workspace.array("dL/dx", (H, C, W, len(gradient)), gradient.dtype))
        dx[:, : self.wide.inputs] = self.wide.backward(gradient)
        dx[self._x] = self.center.backward(gradient[self._y])
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (outputs, U, V) for (inputs, H, W)."""
        shape = super().output_shape(input_shape)
        for length in input_shape[1:]:
            self._center(length)
        return shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "center": self.center_channels,
            "kernel": self.kernel[0],
            "stride": self.stride,
            "initialiser": self.weight.initialiser,
        }

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return (
            f"CenterConv2D({self.inputs}, {self.outputs}, {self.center_channels}, {self.kernel}, stride={self.stride})"
        )

    def _center(self, length: int) -> tuple[slice, slice]:
        """Return, along an axis of the image, the cells that the small convolution reads and the outputs it makes."""
        kernel, stride = self.kernel[0], self.stride
        before, _ = zeros(length, kernel, stride, self.padding)
        first, last = (length - 1) // 2 - 1, length // 2 + 1
        top, bottom = -((kernel - 1 - first - before) // stride), (last + before) // stride
        start, stop = top * stride - before, bottom * stride - before + kernel
        if start < 0 or stop > length:
            raise ShapeError(f"needs more than {length} cells a side around the center; use Conv2D there")
        return slice(start, stop), slice(top, bottom + 1)
