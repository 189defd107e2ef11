"""Agents that play the same game, and all that has happened in it: what a window can go back and forth in."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import agents
from agents import scripted
from scripts.games.players import ENVIRONMENT_ID, find_agent, shared_rules
from scripts.games.replay import Replay, rules_of
from scripts.games.shared_food import seed_food
from snake_env.engine.rules import Rules
from snake_env.engine.state import State

MOST = 4  # games side by side


@dataclass(frozen=True)
class Moment:
    """A position of a game, as it is and as the agent sees it."""

    state: State  # N = 1
    observation: NDArray[Any]
    mask: NDArray[np.int8]  # (A,) allowed actions


class Game:
    """One agent's game, kept from its first position to the last one so far.

    Args:
        name: of the agent.
        agent: who plays; None if the actions are known and nobody is asked.
        rules: of the game, beside those that the agent was trained under.
        seed: of the game.
        given: actions of a replay, after which the game ends; None if the agent decides.
        same_food: whether food comes as to all others who play with this seed (see `shared_food`).

    Attributes:
        moments: positions, the first and one after each action. They only ever become more, so that a window may read
            them while another thread plays.
        actions: what was done.
        over: whether no more will be done.
        won: whether the board is full.
        recorded: whether it is a replay.
        rules: of the game, complete.
    """

    def __init__(
        self,
        name: str,
        agent: agents.Agent | None,
        rules: Mapping[str, Any],
        seed: int,
        given: Sequence[int] | None = None,
        *,
        same_food: bool = False,
    ) -> None:
        self.name, self.agent, self.seed, self._given, self.same_food = name, agent, seed, given, same_food
        self.recorded = given is not None
        self.environment = (agent.environment if agent else {}) | dict(rules)
        self.rules = rules_of(self.environment)
        self._env = gym.make(ENVIRONMENT_ID, **self.environment)
        self.moments: list[Moment] = []
        self.actions: list[int] = []
        self.won = False
        observation, info = self._env.reset(seed=seed)
        self._keep(observation, info)
        self.over = given is not None and not given

    def step(self) -> None:
        """Play one move; nothing happens in a game that is over."""
        if self.over:
            return
        action = self._choose() if self._given is None else self._given[len(self.actions)]
        if self.same_food:
            seed_food(self._env, self.seed)
        observation, _, terminated, truncated, info = self._env.step(action)
        self.actions.append(action)
        self.won = bool(info["won"])
        self._keep(observation, info)
        self.over = terminated or truncated or (self._given is not None and len(self.actions) == len(self._given))

    def moment(self, position: int) -> Moment:
        """The position after so many moves, or the last one of a game that has fewer."""
        return self.moments[min(position, len(self.moments) - 1)]

    def replay(self) -> Replay:
        """The game so far, to be saved."""
        actions, score = tuple(self.actions), int(self.moments[len(self.actions)].state.score[0])
        return Replay(
            rules=asdict(self.rules),
            seed=self.seed,
            same_food=self.same_food,
            actions=actions,
            agent=self.name,
            score=score,
        )

    def _keep(self, observation: NDArray[Any], info: dict[str, Any]) -> None:
        base: Any = self._env.unwrapped
        self.moments.append(Moment(State(**base.get_state()), observation, info["action_mask"]))

    def _choose(self) -> int:
        assert self.agent is not None
        now = self.moments[-1]
        return int(self.agent.act(now.observation[None], now.mask[None])[0])


class Match:
    """One to four games with the same rules and the same seed; several have the same food.

    Attributes:
        games: one for each agent.
        seed: of all of them.
    """

    def __init__(self, games: Sequence[Game]) -> None:
        self.games, self.seed = tuple(games), games[0].seed

    @property
    def length(self) -> int:
        """Positions of the longest game so far."""
        return max(len(game.moments) for game in self.games)

    @property
    def recorded(self) -> bool:
        """Whether it is a replay, in which nobody decides anything."""
        return any(game.recorded for game in self.games)

    @property
    def over(self) -> bool:
        """Whether all games are."""
        return all(game.over for game in self.games)

    def again(self, seed: int) -> "Match":
        """A match of the same agents under the same rules with this seed.

        Raises:
            ValueError: a replay of an agent that is not here.
        """
        if self.recorded and any(game.agent is None for game in self.games):
            raise ValueError(f"{self.games[0].name}, who played this replay, is not here; choose another agent")
        return Match(
            [Game(game.name, game.agent, game.environment, seed, same_food=game.same_food) for game in self.games]
        )

    def play(self, length: float = math.inf) -> None:
        """Play until there are so many positions, or all games are over."""
        while self.length < length and not self.over:
            for game in self.games:
                game.step()


def new_match(names: Sequence[str], rules: Mapping[str, Any], seed: int) -> Match:
    """A game for each of these agents, under the first learned one's rules, changed by those given.

    Raises:
        ValueError: no or too many agents, one that there is not, or that cannot play under these rules.
    """
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"{len(names)} agents are given; give 1 to {MOST}")
    learned = [name for name in names if name not in scripted.SCRIPTED]
    shared = (shared_rules(learned[0]) if learned else {}) | dict(rules)
    several = len(names) > 1
    return Match([Game(name, find_agent(name, shared), shared, seed, same_food=several) for name in names])


def ending_of(state: State, rules: Rules) -> str:
    """How a game has ended, in a word or two; nothing while it goes on."""
    if not state.over[0]:
        return ""
    if state.length[0] == len(rules.open_cells):
        return "board full"
    return "starved" if state.hunger[0] >= rules.steps_to_starve else "died"


def neighbour_match(names: Sequence[str], chosen: int, step: int, rules: Mapping[str, Any], seed: int) -> Match:
    """A match with another agent in one place: the next of all that there are, or the one before, that can play.

    Args:
        names: of the agents so far.
        chosen: the place.
        step: 1 for the next agent, -1 for the one before.
        rules: as for `new_match`.
        seed: of the games.

    Raises:
        ValueError: there is no other.
    """
    every = [*agents.names(), *scripted.SCRIPTED]
    first = every.index(names[chosen]) if names[chosen] in every else -step
    for distance in range(1, len(every)):
        name = every[(first + step * distance) % len(every)]
        with contextlib.suppress(ValueError):
            return new_match([*names[:chosen], name, *names[chosen + 1 :]], rules, seed)
    raise ValueError(f"no agent but {names[chosen]} can play here; type another board, or the path of an agent")


def replayed_match(replay: Replay) -> Match:
    """The game of a replay; with the agent that played it, where it can be found, to say what it thinks."""
    agent = None
    with contextlib.suppress(ValueError):
        found = find_agent(replay.agent, replay.rules)
        # As the agent sees it: with its own observation, and only if its moves mean the same.
        if found.environment.get("actions", replay.rules["actions"]) == replay.rules["actions"]:
            agent = found
    game = Game(replay.agent, agent, replay.rules, replay.seed, replay.actions, same_food=replay.same_food)
    return Match([game])
