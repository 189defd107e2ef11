"""How images lie in memory inside a network: the batch innermost.

Users and layers speak of (N, C, H, W). In memory the same numbers lie as (H, C, W, N):

    row 0 | channel 0 | column 0 | x[0] x[1] ... x[N-1] |
                        column 1 | x[0] x[1] ... x[N-1] |
          | channel 1 | ...
    row 1 | ...

With that a row of all images is one block, shifting an image by a row or a column moves whole blocks of N numbers, and
a convolution becomes one product of matrices for each row (see `conv2d.py`). NumPy's strides let an array be both: each
layer returns (N, C, H, W) as a transposed view of its (H, C, W, N) memory, the next layer finds that memory by
transposing back, and only the first layer of a network copies anything.
"""

from nn.initialisers import Shape
from nn.layer import Array, Layer, ShapeError


class ImageLayer(Layer):
    """A layer that takes and gives images (N, C, H, W)."""

    supports_population = False

    def rows(self, images: Array, name: str) -> Array:
        """Return images (N, C, H, W) as (H, C, W, N), in the buffer `name` where they do not lie like that yet."""
        rows = images.transpose(2, 1, 3, 0)
        if rows.flags.c_contiguous:
            return rows
        copy = self.buffer(name, rows.shape, rows.dtype)
        copy[...] = rows
        return copy

    @staticmethod
    def images(rows: Array) -> Array:
        """Return rows (H, C, W, N) as the images (N, C, H, W) that they are."""
        return rows.transpose(3, 1, 0, 2)

    @staticmethod
    def check_images(input_shape: Shape) -> None:
        """Raise `ShapeError` unless the input is images."""
        if len(input_shape) != 3:
            raise ShapeError("needs (channels, rows, columns)")
