"""A convolution over images of which some channels show something only in the middle.

    channel 0            channel 1            channel 2            y
    . x . . x . .        . . . . . . .        . . . . . . .        o o o o o o o
    . . x . . . .        . . . . . . .        . . . . . . .        o * * * * * o
    . . . . . . x        . . . x . . .        . . . x . . .        o * * * * * o      o: made by channel 0 alone
    x . . . . . .        . . x x x . .        . . . . x . .        o * * * * * o      *: the others have a say, too
    . . x . . . .        . . . x . . .        . . . . . . .        o * * * * * o
    . . . . . x .        . . . . . . .        . . . . . . .        o * * * * * o
    . . . x . . .        . . . . . . .        . . . . . . .        o o o o o o o
      wide                 close                close

So one convolution goes over the whole of the wide channels, and a small one over the middle of the close ones; where
there is nothing else, the sum is what a `Conv2D` of the same weights makes of all of them.
"""

from operator import index
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.layer import Array, ShapeError
from nn.layers.conv2d import Conv2D


class CenterConv2D(Conv2D):
    """A `Conv2D` for x that is 0 in its last `close` channels but for the middle: 3 cells a side, 4 if it is even.

    That is required: what else stands there is looked at in part, without sense.

    Args:
        inputs: channels of x, more than `close`.
        outputs: channels of y, at least 1.
        close: how many of the channels, the last ones, are looked at in the middle alone, at least 1.
        kernel: rows and columns of W.
        stride: the step from one place to the next.
        initialiser: of W. b starts at 0.

    Shapes: those of `Conv2D` with the padding "same".

    Raises:
        ValueError: a size out of its range.
    """

    def __init__(
        self, inputs: int, outputs: int, close: int, kernel: int = 3, stride: int = 1, initialiser: str = "he"
    ) -> None:
        if not 1 <= close < inputs:
            raise ValueError(f"close is {close}, of {inputs} channels; give 1 to {inputs - 1}")
        self.near = index(close)
        super().__init__(inputs, outputs, index(kernel), stride, initialiser=initialiser)
        self.wide = Conv2D(inputs - close, outputs, kernel, stride)
        self.close = Conv2D(close, outputs, kernel, stride, "valid", bias=False)

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Take the memory of the parameters, and let the two convolutions share it."""
        super().bind(input_shape, flat, gradient)
        weight, channels = self.weight, self.wide.inputs
        self.wide.weight.bind_views(weight.value[:, :channels], weight.gradient[:, :channels])
        self.close.weight.bind_views(weight.value[:, channels:], weight.gradient[:, channels:])
        assert self.bias is not None
        assert self.wide.bias is not None
        self.wide.bias.bind_views(self.bias.value, self.bias.gradient)
        (rows, y_rows), (columns, y_columns) = map(self._middle, input_shape[1:])
        self._x = np.s_[:, channels:, rows, columns]
        self._y = np.s_[:, :, y_rows, y_columns]
        self.wide.input_shape = (channels, *input_shape[1:])
        self.close.input_shape = (self.close.inputs, rows.stop - rows.start, columns.stop - columns.start)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y of the wide channels, to whose middle y of the close ones is added."""
        y = self.wide.forward(x[:, : self.wide.inputs], training=training)
        y[self._y] += self.close.forward(x[self._x], training=training)
        return y

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add to the gradients of both convolutions, see `Conv2D.accumulate_gradients`."""
        self.wide.accumulate_gradients(gradient)
        self.close.accumulate_gradients(gradient[self._y])

    def backward(self, gradient: Array) -> Array:
        """Call `accumulate_gradients`; return dL/dx, which is 0 where x is not looked at."""
        C, H, W = self.input_shape
        dx = self.images(self.buffer("dL/dx", (H, C, W, len(gradient)), gradient.dtype))
        dx[:, : self.wide.inputs] = self.wide.backward(gradient)
        dx[self._x] = self.close.backward(gradient[self._y])
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (outputs, U, V) for (inputs, H, W)."""
        shape = super().output_shape(input_shape)
        for length in input_shape[1:]:
            self._middle(length)
        return shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "close": self.near,
            "kernel": self.kernel[0],
            "stride": self.stride,
            "initialiser": self.weight.initialiser,
        }

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"CenterConv2D({self.inputs}, {self.outputs}, {self.near}, {self.kernel}, stride={self.stride})"

    def _middle(self, length: int) -> tuple[slice, slice]:
        """Along an axis of the image: the cells that the small convolution reads, and the places of y that it makes."""
        (before, _), kernel, stride = self.zeros(length, self.kernel[0]), self.kernel[0], self.stride
        first, last = (length - 1) // 2 - 1, length // 2 + 1
        top, bottom = -((kernel - 1 - first - before) // stride), (last + before) // stride
        start, stop = top * stride - before, bottom * stride - before + kernel
        if start < 0 or stop > length:
            raise ShapeError(f"needs more than {length} cells a side around the middle; use Conv2D there")
        return slice(start, stop), slice(top, bottom + 1)
