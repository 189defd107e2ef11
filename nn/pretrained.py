"""The trained networks in this package, by name."""

from pathlib import Path

FOLDER = Path(__file__).parent / "weights"


def pretrained() -> dict[str, Path]:
    """Return the weight files, for `load`, by name; each file's metadata says how it was trained and what it scores."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.npz"))}
