"""A table that plays: it looks up what is observed, and the best allowed action is taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import Actions, LearnedAgent
from agents.policies.network_agent import best_actions
from agents.policies.table import Discretizer, Table

KIND = "table"  # what a saved agent of this class says it is


class TableAgent(LearnedAgent):
    """Plays the action to which a table gives the highest value; see `QLearning`, which makes such tables.

    Args:
        table: of values.
        environment: the environment arguments it was trained with.
        masked: whether it obeys action masks.
        name: what tables of results call it.
    """

    def __init__(
        self, table: Table, environment: Mapping[str, Any], *, masked: bool = True, name: str = "table"
    ) -> None:
        self.table, self.environment, self.masked, self.name = table, dict(environment), masked, name

    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """The best allowed action of each game, the first of equals. Chance plays no part."""
        return best_actions(self.scores(observations), action_mask if self.masked else None)

    def scores(self, observations: NDArray[Any]) -> NDArray[np.float64]:
        """(N, A) what the table thinks of each action."""
        return self.table.values[self.table.find(observations)]

    def save(self, path: str | Path, notes: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the agent to one file, with notes on how it came about; half: the values as float16."""
        arrays = self.table.state()
        arrays["values"] = arrays["values"].astype(np.float16 if half else np.float64)
        header = {
            "kind": KIND,
            "environment": self.environment,
            "grid": self.table.grid.config(),
            "masked": self.masked,
            "notes": dict(notes),
        }
        nn.files.write(path, arrays, header)

    @classmethod
    def load(cls, path: str | Path) -> "TableAgent":
        """The agent that `save` wrote.

        Raises:
            ValueError: the file holds something else.
        """
        arrays, header = nn.files.read(path)
        if header.get("kind") != KIND:
            raise ValueError(f"{path} holds no table; give a file that tabular Q-learning wrote")
        table = Table(Discretizer.from_config(header["grid"]), arrays["values"].shape[-1])
        table.restore(arrays)
        return cls(table, header["environment"], masked=header["masked"], name=Path(path).stem)
