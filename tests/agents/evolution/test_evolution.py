"""Evolution on small boards: it learns, gives the same for the same seed, and continues from its state."""

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import nn
from agents import evaluate
from agents.evolution.cma_es import CMAES
from agents.evolution.evaluator import PopulationEvaluator, PopulationScores
from agents.evolution.evolution import SEEDS, TRAINING_SEED, VALIDATION_SEED, Evolution
from agents.learning.learner import Learner
from agents.policies.masks import best_actions
from agents.policies.network_agent import NetworkAgent
from snake_env.observations.features import OVERALL, PER_ACTION
from tests.support.same import assert_same

INPUTS = len(PER_ACTION) + len(OVERALL)
BOARD: dict[str, Any] = {"height": 5, "width": 6, "observation": "features"}


def scorer(seed: int) -> nn.Sequential:
    return nn.Sequential([nn.Dense(INPUTS, 4), nn.Tanh(), nn.Dense(4, 1)], input_shape=(INPUTS,), rng=seed)


def evolution(seed: int = 0, **options: int) -> Evolution:
    network = scorer(seed)
    evaluator = PopulationEvaluator("snake_env:snake_env/Snake-v1", BOARD, network, len(PER_ACTION))
    rng = np.random.default_rng(seed)
    strategy = CMAES(network.flat.astype(np.float64), population=8, sigma=0.5, rng=rng)
    options = {"n_validation_episodes": 10, "validate_every": 2} | options
    return Evolution(strategy, evaluator, seed=seed, n_episodes=4, environment=BOARD, **options)


def test_learns_to_fill_much_of_a_small_board() -> None:
    search = evolution(validate_every=3)
    metrics = [search.step() for _ in range(12)]
    assert metrics[-1]["validation_score"] > metrics[0]["mean_score"] + 8
    assert [row["generation"] for row in metrics] == list(range(1, 13))


def test_metrics_are_those_of_the_games(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 candidates in 4 new games a generation; the centre plays 10 validation games in generations 1, 2, 4, ..."""
    search, seen = evolution(), set[int]()
    played: list[tuple[list[int], PopulationScores]] = []
    play = PopulationEvaluator.play

    def recorded(self: PopulationEvaluator, genomes: Any, seeds: list[int], *, workers: int = 1) -> PopulationScores:
        played.append((seeds, play(self, genomes, seeds, workers=workers)))
        return played[-1][1]

    monkeypatch.setattr(PopulationEvaluator, "play", recorded)
    steps, validation = 0, -np.inf
    for generation in range(1, 5):
        played.clear()
        metrics = search.step()
        (training_seeds, training), *validations = played
        assert seen.isdisjoint(training_seeds)
        seen.update(training_seeds)
        steps += training.steps
        assert training.scores.shape == (8, 4)
        assert len(validations) == (generation in (1, 2, 4))
        for seeds, scores in validations:
            assert seeds == list(range(VALIDATION_SEED, VALIDATION_SEED + 10))
            validation = max(validation, float(scores.scores.mean()))
        assert metrics == {
            "generation": generation,
            "best_score": training.scores.mean(axis=1).max(),
            "mean_score": pytest.approx(training.scores.mean()),
            "full": training.won.mean(),
            "episodes": generation * 8 * 4,
            "validation_score": validation,
            "validation_full": metrics["validation_full"],
        }
        assert search.num_timesteps == steps


def test_same_seed_same_champion_with_one_worker_and_with_two() -> None:
    def run(seed: int, workers: int) -> bytes:
        search = evolution(seed, workers=workers)
        for _ in range(4):
            search.step()
        return search.champion.tobytes()

    assert run(1, workers=1) == run(1, workers=1) == run(1, workers=2)
    assert run(1, workers=1) != run(2, workers=1)


def test_continues_from_its_state_as_without_an_interruption() -> None:
    """As every learner does, through arrays and a JSON header."""
    whole: Learner = evolution()
    metrics = [whole.step(0.0) for _ in range(6)]
    first: Learner = evolution()
    for _ in range(3):
        first.step(0.0)
    arrays, header = first.state()
    saved = {name: array.copy() for name, array in arrays.items()}
    second = evolution()
    second.restore(saved, json.loads(json.dumps(header)))
    assert (second.generation, second.num_timesteps) == (3, first.num_timesteps)
    assert [second.step(0.0) for _ in range(3)] == metrics[3:]
    assert_same(second.state()[0], whole.state()[0])
    assert second.state()[1] == whole.state()[1]
    first.step(0.0)
    assert_same(arrays, saved)  # the state did not change with the next generation


def test_a_new_search_continues_from_its_state_too() -> None:
    """Nothing has been validated, so the champion has no score yet."""
    first, second = evolution(), evolution()
    arrays, header = first.state()
    second.restore(arrays, json.loads(json.dumps(header, allow_nan=False)))
    assert second.step() == first.step()


def test_the_agent_is_a_copy_of_the_champion() -> None:
    search: Learner = evolution()
    search.step(0.0)
    agent = search.agent()
    assert isinstance(agent, NetworkAgent)
    assert isinstance(search, Evolution)
    assert agent.environment == BOARD
    champion = search.champion.astype(np.float32)
    np.testing.assert_array_equal(agent.network.flat, champion)
    envs = gym.make_vec("snake_env/Snake-v1", num_envs=10, vectorization_mode="vector_entry_point", **BOARD)
    validation = evaluate(agent, envs, games=10, seed=VALIDATION_SEED)
    assert validation.mean >= search.state()[1]["champion_score"]  # here all games are played to their end
    for _ in range(5):
        search.step(0.0)
    np.testing.assert_array_equal(agent.network.flat, champion)
    assert (search.champion.astype(np.float32) != champion).any()


def test_a_candidate_scores_the_same_in_a_population_as_alone() -> None:
    network = scorer(0)
    evaluator = PopulationEvaluator("snake_env:snake_env/Snake-v1", BOARD, network, len(PER_ACTION))
    genomes = np.random.default_rng(0).standard_normal((3, network.size))
    together = evaluator.play(genomes, [5, 6, 7])
    for genome, scores in zip(genomes, together.scores, strict=True):
        np.testing.assert_array_equal(evaluator.play(genome[None], [5, 6, 7]).scores[0], scores)


def test_training_validation_and_final_games_have_different_seeds() -> None:
    assert 10**6 < VALIDATION_SEED < VALIDATION_SEED + 10**6 < TRAINING_SEED
    assert TRAINING_SEED + SEEDS <= 1 << 32


def test_without_scores_the_evaluator_counts_rewards() -> None:
    network = nn.Sequential([nn.Dense(4, 2)], input_shape=(4,), rng=0)
    genomes = np.zeros((2, network.size))
    genomes[1, -2:] = (-1, 1)  # always pushes right: the pole falls early
    genomes[0, 4:6] = (-1, 1)  # pushes where the pole leans
    genomes[0, 6:8] = (-1, 1)
    played = PopulationEvaluator("CartPole-v1", {}, network, vectorization="sync").play(genomes, [1, 2, 3, 4])
    assert played.scores[1].max() < 15 < played.scores[0].min()


def test_candidates_and_agents_get_the_same_inputs() -> None:
    """Planes are integers; networks get them scaled to 0 to 1, in the evaluator as in the agent."""
    board: dict[str, Any] = {"height": 5, "width": 6, "observation": {"name": "planes"}}
    network = nn.Sequential([nn.Flatten(), nn.Dense(120, 4)], input_shape=(4, 5, 6), rng=0)
    genome = network.flat.astype(np.float64)
    genome[-4:] = (0, 3, 1, 2)  # biases, so that actions differ where the planes are almost the same
    network.flat = genome
    played = PopulationEvaluator("snake_env:snake_env/Snake-v1", board, network).play(genome[None], list(range(5)))
    envs = gym.make_vec("snake_env/Snake-v1", num_envs=5, vectorization_mode="vector_entry_point", **board)
    reached = evaluate(NetworkAgent(network, board), envs, games=5, seed=0)
    np.testing.assert_array_equal(played.scores[0], reached.scores)


def test_workers_may_outnumber_candidates_but_not_be_negative() -> None:
    network = nn.Sequential([nn.Dense(4, 2)], input_shape=(4,), rng=0)
    evaluator = PopulationEvaluator("CartPole-v1", {}, network, vectorization="sync")
    genomes = np.random.default_rng(0).normal(size=(2, network.size))
    alone, shared = (evaluator.play(genomes, [1, 2], workers=workers) for workers in (1, 3))
    np.testing.assert_array_equal(alone.scores, shared.scores)
    with pytest.raises(ValueError, match="workers is -1; give 1 or more"):
        evaluator.play(genomes, [1, 2], workers=-1)


def test_an_agent_can_be_saved_and_loaded(tmp_path: pytest.TempPathFactory) -> None:
    agent = NetworkAgent(scorer(3), BOARD, action_features=len(PER_ACTION))
    file = f"{tmp_path}/agent.npz"
    agent.save(file, {"seed": 3})
    loaded = NetworkAgent.load(file)
    observations = np.random.default_rng(0).random((9, 4 * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
    np.testing.assert_array_equal(loaded.scores(observations), agent.scores(observations))
    assert loaded.environment == BOARD


def test_permuted_action_features_give_permuted_scores() -> None:
    agent = NetworkAgent(scorer(0), BOARD, action_features=len(PER_ACTION))
    observation = np.random.default_rng(0).random((1, 4 * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
    blocks, overall = observation[:, : -len(OVERALL)].reshape(1, 4, -1), observation[:, -len(OVERALL) :]
    turned = np.concatenate((blocks[:, [2, 0, 3, 1]].reshape(1, -1), overall), axis=1)
    np.testing.assert_allclose(agent.scores(turned)[0], agent.scores(observation)[0, [2, 0, 3, 1]], rtol=1e-6)


def test_a_masked_action_is_never_taken_unless_all_are() -> None:
    agent = NetworkAgent(scorer(0), BOARD, action_features=len(PER_ACTION))
    rng = np.random.default_rng(0)
    observations = rng.random((50, 4 * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
    mask = (rng.random((50, 4)) < 0.5).astype(np.int8)
    actions = agent.act(observations, mask)
    some = mask.any(axis=1)
    assert some.sum() > 30
    assert mask[some, actions[some]].all()
    np.testing.assert_array_equal(agent.act(observations, 0 * mask), agent.act(observations))


def test_masks_hold_for_infinite_scores_too() -> None:
    scores = np.array([[2e8, 2e8, -1], [np.inf, 0, 0], [3, 1, 2]], np.float32)
    mask = np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]], np.int8)
    assert best_actions(scores, mask).tolist() == [1, 2, 0]
