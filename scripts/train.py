"""Train a Snake agent: watch it learn, and keep the best. Without a KIND it is es.

Examples:
    # Two minutes of CMA-ES on all cores
    python scripts/train.py

    # The strongest learner, for a quarter of an hour
    python scripts/train.py ppo --budget 15m

    # Another board, another seed
    python scripts/train.py ppo --height 8 --width 8 --seed 1

    # Continue a run
    python scripts/train.py --resume runs/ppo --budget 30m

    # All options of a kind
    python scripts/train.py ppo --help
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()
# The networks are small: one BLAS thread in each process or thread, and all of these at work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence

from scripts.common.cli import parse_kinds
from scripts.common.command_line import run_command
from scripts.training.run_options import with_kind
from scripts.training.snake_options import SnakeOptions
from scripts.training.snake_run import KINDS, train

main = train


def parse(arguments: Sequence[str]) -> SnakeOptions:
    """Return the options from the words of a command line."""
    return parse_kinds(KINDS, with_kind(arguments, list(KINDS), "es"), doc=__doc__, shared=SnakeOptions)


if __name__ == "__main__":
    run_command(main, parse)
