"""Videos: GIF by Pillow, MP4 by imageio."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.common.atomic_file import whole_file

Frame = NDArray[np.uint8]
COLOURS = 63  # in the palette of a GIF: enough for an anti-aliased snake; with the transparent one they fit in six bits
SAMPLED = 16  # frames from which the palette is made


def save_video(frames: Sequence[Frame], path: Path, fps: int) -> None:
    """Write frames as .gif or .mp4.

    Args:
        frames: (height, width, 3) each, all of one shape. An MP4 leaves out the last row or column of an odd number.
        path: of the file; its folder is created.
        fps: frames per second. A GIF counts in hundredths of a second and takes the nearest value, at most 50.

    Raises:
        ValueError: the path has another suffix.
    """
    savers = {".gif": _save_gif, ".mp4": _save_mp4}
    if path.suffix not in savers:
        raise ValueError(f"{path} ends in {path.suffix!r}; choose .gif or .mp4")
    with whole_file(path) as file:
        savers[path.suffix](frames, file, fps)


def _save_mp4(frames: Sequence[Frame], path: Path, fps: int) -> None:
    import imageio.v2 as imageio

    height, width = (side // 2 * 2 for side in frames[0].shape[:2])  # the codec needs even sides
    writer: Any = imageio.get_writer(path, fps=fps, codec="libx264", macro_block_size=2)
    with closing(writer):  # else it would stay open after an error
        for frame in frames:
            writer.append_data(frame[:height, :width])


def _save_gif(frames: Sequence[Frame], path: Path, fps: int) -> None:
    """Store of each frame the rectangle that changes; pixels in it that stay the same get the transparent colour."""
    from PIL import Image

    palette = gif_palette(frames)
    table = bytes(palette.getpalette()[: 3 * COLOURS]).ljust(3 * COLOURS + 3, b"\0")  # the last one is transparent
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    # Milliseconds, in steps of ten; the last frame stays for two seconds.
    duration = [max(2, round(100 / fps)) * 10] * (len(images) - 1) + [2000]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=duration,
        loop=0,
        palette=table,  # one for the file; by default Pillow writes one for each frame
        transparency=COLOURS,
        disposal=1,  # the next frame is drawn over this one
        optimize=True,
    )


def gif_palette(frames: Sequence[Frame]) -> Any:  # noqa: ANN401
    """Return a Pillow image whose palette suits all frames.

    A colour has the square root of its number of pixels as weight. With the number itself, the food would lose its
    colour to the many pixels of the floor; with equal weights, the floor would lose its colour to the shades of edges.
    """
    from PIL import Image

    chosen = {round(i) for i in np.linspace(0, len(frames) - 1, SAMPLED)}
    pixels = np.concatenate([frames[i].reshape(-1, 3) for i in sorted(chosen)])
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    weighted = np.repeat(colours, np.ceil(np.sqrt(counts)).astype(np.int64), axis=0)
    image = Image.fromarray(weighted[None])
    return image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
