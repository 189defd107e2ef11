"""Memory layout of images: shape (N, C, H, W), in memory (H, C, W, N), the batch innermost.

Users and layers see NCHW. In memory the same numbers lie as HCWN:

    row 0 | channel 0 | column 0 | image 0, image 1, ..., image N-1 |
                        column 1 | x[0] x[1] ... x[N-1] |
          | channel 1 | ...
    row 1 | ...

So a row of all images is one block, shifting an image by a row or a column moves blocks of N numbers, and a convolution
becomes one matrix product for each row (see `im2col.py`). `transpose` only changes strides, so one buffer can be
read as NCHW and as HCWN: each layer returns NCHW as a transposed view, the next one transposes it back, and only the
first one copies.
"""

from collections.abc import Hashable

from nn.kernels.workspace import Workspace
from nn.types import Array


def to_hcwn(images: Array, workspace: Workspace, name: str, **key: Hashable) -> Array:
    """Return images (N, C, H, W) as contiguous (H, C, W, N): a view, or a copy in the workspace under this name."""
    hcwn = images.transpose(2, 1, 3, 0)
    if hcwn.flags.c_contiguous:
        return hcwn
    copy: Array = workspace.array(name, hcwn.shape, hcwn.dtype, **key)
    copy[...] = hcwn
    return copy


def to_nchw(hcwn: Array) -> Array:
    """Return (H, C, W, N) as images (N, C, H, W), a view."""
    return hcwn.transpose(3, 1, 0, 2)
