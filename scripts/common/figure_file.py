"""Matplotlib figures as files, and names as labels in them."""

import warnings
from pathlib import Path

from matplotlib.figure import Figure

from nn.atomic_file import atomic_file


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a figure in the format of the path's suffix, or as PNG if it has none."""
    with atomic_file(path) as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")  # names may be in any script
        figure.savefig(file, dpi=dpi, format=path.suffix[1:] or "png")


def plot_label(name: str) -> str:
    """Escape a name for Matplotlib: a $ would start a formula, and bytes that are not text cannot be drawn."""
    return name.encode(errors="replace").decode().replace("$", r"\$")


def shorten(name: str, length: int) -> str:
    """Cut a long name to its last characters, after an ellipsis: names of one folder differ at their ends."""
    return name if len(name) <= length else f"…{name[1 - length :]}"
