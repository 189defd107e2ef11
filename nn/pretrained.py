"""Networks that come with the package, already trained, by name."""

from pathlib import Path

FOLDER = Path(__file__).parent / "weights"


def pretrained() -> dict[str, Path]:
    """Return the files of weights, for `load`, by name; each file's metadata says what the network reaches, and how."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.npz"))}
