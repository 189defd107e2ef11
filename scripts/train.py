"""Train a Snake agent: watch it learn, and keep the best. Without a kind it is es.

python scripts/train.py: two minutes of CMA-ES on all cores

python scripts/train.py ppo --budget 15m: a policy gradient instead

python scripts/train.py --resume runs/es: go on with a run

python scripts/train.py es --help: all options of a kind, such as --budget, --seed, --height and --resume
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

# The networks are small: one BLAS thread in each process or thread, and all of these at work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import tyro

from scripts.common.command_line import run_command
from scripts.common.run_folder import RunFolder
from scripts.training import train_evolution, train_learning
from scripts.training.resuming import named
from scripts.training.snake_run import Options
from scripts.training.train_evolution import ES, GA
from scripts.training.train_learning import DQN, PPO, PQN, Q

KINDS: dict[str, Callable[..., Options]] = {kind.kind: kind for kind in (ES, GA, Q, DQN, PQN, PPO)}


def main(options: Options) -> dict[str, Any]:
    """Train, evaluate, and leave a run folder; what it gives back is the folder's result.json."""
    if isinstance(options, train_learning.LearningOptions):
        return train_learning.main(options)
    assert isinstance(options, train_evolution.EvolutionOptions)
    return train_evolution.main(options)


def parse(arguments: Sequence[str]) -> Options:
    """The options from a command line; without a kind it is that of the run to go on with, or `es`."""
    words = list(arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, _kind_of(words))
    options: Options = tyro.extras.subcommand_cli_from_dict(KINDS, args=words, description=__doc__)
    return replace(options, given=named(words))


def _kind_of(words: Sequence[str]) -> str:
    """The kind of run that --resume names; es for a new one."""
    for flag, value in pairwise([*words, ""]):
        if flag.startswith("--resume"):
            folder = RunFolder(Path(flag.partition("=")[2] or value))
            with suppress(OSError):
                kind = folder.read_json("config.json").get("kind")
                return kind if kind in KINDS else "es"
    return "es"


if __name__ == "__main__":
    run_command(main, parse)
