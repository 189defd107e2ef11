"""Games and trainings give the same results as when `golden.json` was written.

Games are compared by hashes: they hold whole numbers, which are the same on every machine. Trainings are compared by
projections of their parameters, since the last bits of a sum depend on the processor. On one processor the bits are the
same, too: `python -m tests.golden.test_golden` compares them, and `--write` writes the file anew, for a release that
changes a trajectory on purpose.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.golden.classifiers import classifiers
from tests.golden.learners import learners
from tests.golden.trajectories import trajectories

FILE = Path(__file__).with_name("golden.json")
GOLDEN: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
TRAININGS = {"learners": learners, "classifiers": classifiers}


def summary(parameters: NDArray[Any]) -> dict[str, Any]:
    """The number of parameters, their projections on 8 cosines, and a hash of their bytes."""
    flat = np.asarray(parameters, np.float64).reshape(-1)
    waves = np.cos(np.outer(np.arange(1, 9), np.arange(len(flat))))  # (8, P)
    digest = hashlib.sha256(np.ascontiguousarray(parameters).tobytes()).hexdigest()[:16]
    return {"size": len(flat), "projections": [round(float(p), 6) for p in waves @ flat], "sha256": digest}


def test_trajectories() -> None:
    assert trajectories() == GOLDEN["trajectories"]


@pytest.mark.parametrize("kind", TRAININGS)
def test_trainings(kind: str) -> None:
    found = {name: summary(parameters) for name, parameters in TRAININGS[kind]().items()}
    assert found.keys() == GOLDEN[kind].keys()
    for name, golden in GOLDEN[kind].items():
        assert found[name]["size"] == golden["size"], name
        np.testing.assert_allclose(
            found[name]["projections"], golden["projections"], rtol=1e-3, atol=5e-3, err_msg=name
        )


def main() -> None:
    """Compare everything to the last bit, or write the file anew with --write."""
    now: dict[str, dict[str, Any]] = {"trajectories": dict(trajectories())}
    now |= {kind: {name: summary(p) for name, p in train().items()} for kind, train in TRAININGS.items()}
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        return
    different = [f"{kind}: {name}" for kind in now for name in now[kind] if now[kind][name] != GOLDEN[kind].get(name)]
    print("\n".join(different) or "equal to the last bit")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
