"""Folders of images, one for each class, drawn for tests."""

from pathlib import Path

from PIL import Image


def plain(colour: tuple[int, ...], size: tuple[int, int] = (9, 9), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def make(folder: Path, counts: dict[str, int]) -> Path:
    """Class folders with so many images, each of its own grey."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for n in range(count):
            plain((n, n, n)).save(folder / name / f"{n:03}.png")
    return folder
