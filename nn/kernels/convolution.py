"""The choice between the two algorithms for a convolution: im2col, and Winograd's with half the multiplications."""

from nn.kernels import tuning
from nn.kernels.geometry import Geometry
from nn.kernels.im2col import Im2colConvolution
from nn.kernels.winograd import MAX_PRODUCTS, WinogradConvolution
from nn.kernels.workspace import Workspace


def convolution(
    geometry: Geometry, N: int, C: int, O: int, workspace: Workspace, *, training: bool
) -> Im2colConvolution | WinogradConvolution:
    """Return the faster algorithm for N images of C channels, and O output channels.

    Both have the methods `forward(x, weight, bias, y)`, which returns what must be saved for the other one, and
    `backward(saved, g, weight, dx)`.
    """
    (I, J), (U, V) = geometry.kernel, geometry.output
    possible = geometry.stride == 1 and 1 < I < MAX_PRODUCTS and max(geometry.above, geometry.below) < I
    many_channels = C * O >= tuning.WINOGRAD_MIN_CHANNELS * (C + O)
    if possible and many_channels and 2 * U * V * N * O * C * I * J >= tuning.WINOGRAD_MIN_WORK:
        return WinogradConvolution(geometry, workspace, training=training)
    return Im2colConvolution(geometry, workspace, training=training)
