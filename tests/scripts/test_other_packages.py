"""Other packages with the names of this checkout's packages are not imported by the commands."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def test_the_packages_of_the_checkout_come_first(tmp_path: Path) -> None:
    """Other packages may be named agents or nn, too; worker processes must not find them either."""
    for name in ("agents", "nn"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('another package named {name}')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    def answer(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts" / "train.py"), *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    helped = answer("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "--budget" in helped.stdout
    board = ["--height", "5", "--width", "6", "--n-episodes", "3", "--population-size", "8", "--final-games", "6"]
    trained = answer("es", *board, "--generations", "1", "--workers", "2", "--out", "run")
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run" / "result.json").exists()
