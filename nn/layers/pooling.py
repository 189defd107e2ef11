"""Pooling layers: one number from each window of an image, its largest or its mean."""

from operator import index
from typing import Any

from nn.kernels.layout import to_hcwn, to_nchw
from nn.kernels.pooling import Windows, max_pool, max_unpool, mean_pool, mean_unpool
from nn.layer import ShapeError
from nn.layers.images import ImageLayer
from nn.types import Array, Shape


class Pool2D(ImageLayer):
    """The base of pooling layers: windows of `size` rows and columns, `stride` apart.

    Rows and columns left over at the end belong to no window.

    Args:
        size: rows and columns of a window, at least 1.
        stride: step from one window to the next; by default size.

    Shapes: x (N, C, H, W), y (N, C, U, V), U = (H - size) // stride + 1.

    Raises:
        ValueError: a size or stride below 1.
    """

    def __init__(self, size: int = 2, stride: int | None = None) -> None:
        self.windows = Windows(index(size), index(size) if stride is None else index(stride))
        if min(self.windows) < 1:
            raise ValueError(f"{self} needs a size and a stride of at least 1")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C, U, V) for (C, H, W)."""
        self.check_images(input_shape)
        if min(input_shape[1:]) < self.windows.size:
            raise ShapeError("needs a window no larger than the image")
        C, H, W = input_shape
        return C, self.windows.count(H), self.windows.count(W)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"size": self.windows.size, "stride": self.windows.stride}

    def _output(self, x: Array, *, training: bool) -> Array:
        """Return the memory for y (U, C, V, N), for x (H, C, W, N); training saves it."""
        H, C, W, N = x.shape
        shape = self.windows.count(H), C, self.windows.count(W), N
        y: Array = self.workspace.array("y", shape, x.dtype, training=training)
        if training:
            self.saved = y
        return y

    def _input_gradient(self, g: Array) -> Array:
        """Return the memory for dL/dx (H, C, W, N), for dL/dy (U, C, V, N)."""
        C, H, W = self.input_shape
        dx: Array = self.workspace.array("dL/dx", (H, C, W, self.saved.shape[3]), g.dtype)
        return dx


class MaxPool2D(Pool2D):
    """y[n, c, u, v] = max_i,j x[n, c, stride·u + i, stride·v + j].

    The gradient goes to the largest number alone; among equals to the first row's in each column, and of those to the
    first. (PyTorch takes the first in reading order. Equals are rare except zeros after a ReLU.)
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        rows = to_hcwn(x, self.workspace, "x")
        y = self._output(rows, training=training)
        max_pool(self.windows, rows, y, self.workspace, training=training)
        return to_nchw(y)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: the largest number of a window gets the window's gradient."""
        g = to_hcwn(gradient, self.workspace, "dL/dy")
        dx = self._input_gradient(g)
        max_unpool(self.windows, g, dx, self.workspace)
        return to_nchw(dx)


class AvgPool2D(Pool2D):
    """y[n, c, u, v] = 1/size² Σ_i,j x[n, c, stride·u + i, stride·v + j]."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        rows = to_hcwn(x, self.workspace, "x")
        y = self._output(rows, training=training)
        mean_pool(self.windows, rows, y, self.workspace)
        return to_nchw(y)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: each number of a window gets 1/size² of the window's gradient."""
        g = to_hcwn(gradient, self.workspace, "dL/dy")
        dx = self._input_gradient(g)
        mean_unpool(self.windows, g, dx, self.workspace)
        return to_nchw(dx)
