"""A game with all its steps kept, so that a window can go back and forth in it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agents import Agent
from scripts.games.episode import Episode, Timestep
from scripts.games.replay import Replay


class PlaybackGame:
    """One agent's game, kept from the first step to the latest.

    Args:
        name: of the agent.
        agent: who plays; may be None in a replay, whose actions are known.
        rules: of the game, in place of those that the agent was trained with.
        seed: of the game.
        replayed_actions: actions of a replay, after which the game stops; None if the agent plays.
        same_food: whether the food is the same for all players with this seed (see `shared_food`).

    Attributes:
        timesteps: the first one, and one after each action. The list only grows, so that a window may read it while
            another thread plays.
        actions: that were played.
        over: whether no action will follow.
        is_replay: whether the actions are those of a replay.
        environment: arguments of the environment.
        rules: of the game, complete.
    """

    def __init__(
        self,
        name: str,
        agent: Agent | None,
        rules: Mapping[str, Any],
        seed: int,
        replayed_actions: Sequence[int] | None = None,
        *,
        same_food: bool = False,
    ) -> None:
        self.name, self.agent, self.seed, self.same_food = name, agent, seed, same_food
        self.is_replay, self._replayed_actions = replayed_actions is not None, replayed_actions
        self.environment = (agent.environment if agent else {}) | dict(rules)
        self._episode = Episode(self.environment, seed, same_food=same_food)
        self.rules = self._episode.rules
        self.timesteps: list[Timestep] = [self._episode.current]
        self.actions: list[int] = []
        self.over = replayed_actions is not None and not replayed_actions

    @property
    def ending(self) -> str:
        """How the game ended, "" while it goes on (see `Timestep`)."""
        return self.timesteps[-1].ending

    def step(self) -> None:
        """Play one action; does nothing once the game is over."""
        if self.over:
            return
        action = self._choose() if self._replayed_actions is None else self._replayed_actions[len(self.actions)]
        timestep = self._episode.step(action)
        self.actions.append(action)
        self.timesteps.append(timestep)
        replayed = self._replayed_actions is not None and len(self.actions) == len(self._replayed_actions)
        self.over = self._episode.over or replayed

    def timestep(self, position: int) -> Timestep:
        """The time step after `position` actions, or the last one of a shorter game."""
        return self.timesteps[min(position, len(self.timesteps) - 1)]

    def replay(self) -> Replay:
        """The game so far, to be saved."""
        actions, score = tuple(self.actions), int(self.timesteps[len(self.actions)].state.score[0])
        return Replay(
            rules=asdict(self.rules),
            seed=self.seed,
            same_food=self.same_food,
            actions=actions,
            agent=self.name,
            score=score,
        )

    def _choose(self) -> int:
        assert self.agent is not None
        now = self.timesteps[-1]
        return int(self.agent.act(now.observation[None], now.action_mask[None])[0])
