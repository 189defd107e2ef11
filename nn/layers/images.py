"""The base of the layers that take images."""

from nn.layer import Layer, ShapeError
from nn.types import Shape


class ImageLayer(Layer):
    """A layer of images (N, C, H, W), one network at a time."""

    supports_population = False

    @staticmethod
    def check_images(input_shape: Shape) -> None:
        """Raise `ShapeError` unless the input is images."""
        if len(input_shape) != 3:
            raise ShapeError("needs (channels, rows, columns)")
