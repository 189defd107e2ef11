"""Agent with a table of action values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from agents.agent import Actions, LearnedAgent
from agents.policies.masks import best_actions
from agents.policies.table import Discretizer, Table
from agents.types import Arrays, MaskArray
from nn.from_json import from_json

KIND: Final = "table"  # in the header of the agent's file


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the file of a table agent holds beside the table."""

    kind: Literal["table"]
    environment: dict[str, Any]
    discretizer: Discretizer
    masked: bool
    notes: dict[str, Any] = field(default_factory=dict)


class TableAgent(LearnedAgent):
    """Agent that takes the action with the highest value in a table among the allowed ones; `QLearning` trains it.

    Args:
        table: of action values.
        environment: keyword arguments of the environment it was trained in.
        masked: whether invalid actions are masked.
        name: shown in tables of results.
    """

    def __init__(
        self, table: Table, environment: Mapping[str, Any], *, masked: bool = True, name: str = "table"
    ) -> None:
        self.table, self.environment, self.masked, self.name = table, dict(environment), masked, name

    def act(
        self,
        observations: NDArray[Any],
        action_mask: MaskArray | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """Return the best action of each game among the allowed ones, or among all if none is; `rng` is not used."""
        return best_actions(self.scores(observations), action_mask if self.masked else None)

    def scores(self, observations: NDArray[Any]) -> NDArray[np.float64]:
        """Return the value of each action, (N, A)."""
        return self.table.values[self.table.find_rows(observations)]

    def pack(self, notes: Mapping[str, Any], *, half: bool = False) -> tuple[Arrays, dict[str, Any]]:
        """See `LearnedAgent.save`; with `half`, values are stored as float16."""
        arrays = self.table.state()
        arrays["values"] = arrays["values"].astype(np.float16 if half else np.float64)
        header = Header(
            kind=KIND,
            environment=self.environment,
            discretizer=self.table.discretizer,
            masked=self.masked,
            notes=dict(notes),
        )
        return arrays, asdict(header)

    @classmethod
    def unpack(cls, arrays: Arrays, header: Mapping[str, Any]) -> "TableAgent":
        """See `LearnedAgent.unpack`."""
        saved = from_json(header, Header)
        return cls(Table.from_state(saved.discretizer, arrays), saved.environment, masked=saved.masked)
