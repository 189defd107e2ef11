"""One to four agents that play the same game, side by side."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import agents
from agents import scripted
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent, shared_rules
from scripts.games.replay import Replay

MAX_GAMES = 4


class PlaybackMatch:
    """One to four games with the same rules and the same seed; several have the same food.

    Attributes:
        games: one for each agent.
        seed: of all games.
    """

    def __init__(self, games: Sequence[PlaybackGame]) -> None:
        self.games, self.seed = tuple(games), games[0].seed

    @property
    def length(self) -> int:
        """Time steps of the longest game so far."""
        return max(len(game.timesteps) for game in self.games)

    @property
    def is_replay(self) -> bool:
        """Whether it is a replay, whose actions are known."""
        return any(game.is_replay for game in self.games)

    @property
    def over(self) -> bool:
        """Whether all games are over."""
        return all(game.over for game in self.games)

    def rematch(self, seed: int) -> "PlaybackMatch":
        """Return a match of the same agents under the same rules with another seed.

        Raises:
            ValueError: it is a replay, and its agent was not found.
        """
        if self.is_replay and any(game.agent is None for game in self.games):
            raise ValueError(f"{self.games[0].name}, the agent of this replay, was not found; choose another agent")
        return PlaybackMatch(
            [
                PlaybackGame(game.name, game.agent, game.environment, seed, same_food=game.same_food)
                for game in self.games
            ]
        )

    def play(self, length: float = math.inf) -> None:
        """Play until there are `length` time steps, or all games are over."""
        while self.length < length and not self.over:
            for game in self.games:
                game.step()


def new_match(names: Sequence[str], rules: Mapping[str, Any], seed: int) -> PlaybackMatch:
    """Return a match of agents under the rules of the first learned one.

    Args:
        names: of the agents, 1 to MAX_GAMES.
        rules: in place of those of the first learned agent.
        seed: of the games.

    Raises:
        ValueError: no or too many agents, or one that does not exist or cannot play under these rules.
    """
    if not 1 <= len(names) <= MAX_GAMES:
        raise ValueError(f"{len(names)} agents are given; give 1 to {MAX_GAMES}")
    learned = [name for name in names if name not in scripted.SCRIPTED]
    shared = (shared_rules(learned[0]) if learned else {}) | dict(rules)
    several = len(names) > 1
    return PlaybackMatch(
        [PlaybackGame(name, find_agent(name, shared), shared, seed, same_food=several) for name in names]
    )


def match_with_next_agent(
    names: Sequence[str], chosen: int, step: int, rules: Mapping[str, Any], seed: int
) -> PlaybackMatch:
    """Return a match with one agent replaced by the next one in the list of all agents that can play.

    Args:
        names: of the agents so far.
        chosen: index of the agent to replace.
        step: 1 for the next agent, -1 for the previous one.
        rules: as for `new_match`.
        seed: of the games.

    Raises:
        ValueError: no other agent can play.
    """
    candidates = [*agents.names(), *scripted.SCRIPTED]
    first = candidates.index(names[chosen]) if names[chosen] in candidates else -step
    for distance in range(1, len(candidates)):
        name = candidates[(first + step * distance) % len(candidates)]
        with contextlib.suppress(ValueError):
            return new_match([*names[:chosen], name, *names[chosen + 1 :]], rules, seed)
    raise ValueError(f"no agent but {names[chosen]} can play here; type another board, or the path of an agent")


def replayed_match(replay: Replay) -> PlaybackMatch:
    """Return the match of a replay, with the agent that played it, if it is found, for the analysis."""
    agent = None
    with contextlib.suppress(ValueError):
        found = find_agent(replay.agent, replay.rules)
        # The agent sees its own observation; its actions must mean the same as those of the replay.
        if found.environment.get("actions", replay.rules["actions"]) == replay.rules["actions"]:
            agent = found
    return PlaybackMatch(
        [PlaybackGame(replay.agent, agent, replay.rules, replay.seed, replay.actions, same_food=replay.same_food)]
    )
