"""Where the tests find the checkout, and the data that lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
DATA = ROOT.parent / "shared" / "data"  # real pictures; tests that need them are skipped where they are missing
