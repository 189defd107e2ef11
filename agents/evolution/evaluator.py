"""Evaluation of a population: M candidates play the same games, as one batched network, on several cores."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import nn
from agents.evolution.worker_process import follow_parent
from agents.policies.masks import best_actions
from agents.policies.network_agent import score_actions
from agents.policies.preprocessing import network_input

# When more than this share of a candidate's games have ended, the others are cut short and count with their score so
# far. (With 10 games all are played to their end, since in floating point 1 - 0.9 is a little less than 0.1.)
SHARE_PLAYED = 0.9


@dataclass(frozen=True)
class PopulationScores:
    """The results of M candidates in the same G games."""

    scores: NDArray[np.float64]  # (M, G)
    won: NDArray[np.bool_]  # (M, G)
    steps: int


@dataclass(frozen=True)
class PopulationEvaluator:
    """Plays the same games with every candidate of a population.

    Attributes:
        environment_id: Gymnasium id with the module that registers it: "snake_env:snake_env/Snake-v1".
        environment: its arguments, JSON-serialisable.
        network: its parameters are what a genome holds.
        action_features: see `NetworkAgent`.
        vectorization: Gymnasium's vectorization mode; the environment must accept a seed for each game, as "sync" does.
    """

    environment_id: str
    environment: Mapping[str, Any]
    network: nn.Sequential
    action_features: int = 0
    vectorization: str = "vector_entry_point"

    def play(self, genomes: NDArray[np.float64], seeds: list[int], *, workers: int = 1) -> PopulationScores:
        """Play the games with these G seeds with each of M candidates.

        Args:
            genomes: (M, P).
            seeds: of the G games, the same for all candidates.
            workers: processes that share the candidates; the result does not depend on their number. They are joblib's,
                so `joblib.parallel_config` chooses another backend: "threading", or "ray" for a cluster.

        Raises:
            ValueError: fewer than 1 worker.
        """
        if workers < 1:
            raise ValueError(f"workers is {workers}; give 1 or more, at best the number of processor cores")
        workers = min(workers, len(genomes))
        if workers == 1:
            return self._play(genomes, seeds)
        from joblib import Parallel, delayed

        # Neighbours in a population are similar; interleaving them gives each worker games of all lengths.
        parts = Parallel(n_jobs=workers)(delayed(self._play)(genomes[i::workers], seeds) for i in range(workers))
        scores, won = np.empty((len(genomes), len(seeds))), np.empty((len(genomes), len(seeds)), dtype=bool)
        for i, part in enumerate(parts):
            scores[i::workers], won[i::workers] = part.scores, part.won
        return PopulationScores(scores, won, sum(part.steps for part in parts))

    def _play(self, genomes: NDArray[np.float64], seeds: list[int]) -> PopulationScores:
        follow_parent()
        # Not shared, as other threads may play at the same time. Making them takes a hundredth of the time.
        with closing(self._make_envs(len(genomes) * len(seeds))) as envs:
            return self._play_in(envs, genomes, seeds)

    def _make_envs(self, num_envs: int) -> gym.vector.VectorEnv[Any, Any, Any]:
        arguments = dict(self.environment)
        return gym.make_vec(self.environment_id, num_envs, vectorization_mode=self.vectorization, **arguments)

    def _play_in(
        self, envs: gym.vector.VectorEnv[Any, Any, Any], genomes: NDArray[np.float64], seeds: list[int]
    ) -> PopulationScores:
        M, G = len(genomes), len(seeds)
        network = self.network.population(genomes.astype(self.network.flat.dtype))
        each: Any = seeds * M  # the base class declares one number, environments take one each
        observations, info = envs.reset(seed=each)
        scores, won = np.zeros((M, G)), np.zeros((M, G), dtype=bool)
        playing, steps = np.ones((M, G), dtype=bool), 0
        while playing.any():
            inputs = network_input(observations).reshape(M, G, *observations.shape[1:])
            action_scores = score_actions(network, inputs, self.action_features).reshape(M * G, -1)
            actions = best_actions(action_scores, info.get("action_mask"))
            observations, rewards, terminations, truncations, info = envs.step(actions)
            steps += int(playing.sum())
            if "score" in info:
                np.copyto(scores, info["score"].reshape(M, G), where=playing)
                if "won" in info:
                    np.copyto(won, info["won"].reshape(M, G), where=playing)
            else:
                np.add(scores, rewards.reshape(M, G), out=scores, where=playing)
            playing &= ~(terminations | truncations).reshape(M, G)
            playing &= playing.mean(axis=1, keepdims=True) > 1 - SHARE_PLAYED
        return PopulationScores(scores, won, steps)
