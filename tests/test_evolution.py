"""Evolution on small boards: it learns, it repeats itself, and it goes on where it was stopped."""

import json

import numpy as np
import pytest

import nn
from agents.cma_es import CMAES
from agents.evolution import SEEDS, TRAINING_SEED, VALIDATION_SEED, Evolution
from agents.network_agent import NetworkAgent
from agents.population import Contest
from snake_env.features import OVERALL, PER_ACTION

INPUTS = len(PER_ACTION) + len(OVERALL)
BOARD = {"height": 5, "width": 6, "observation": "features"}


def scorer(seed: int) -> nn.Sequential:
    return nn.Sequential([nn.Dense(INPUTS, 4), nn.Tanh(), nn.Dense(4, 1)], input_shape=(INPUTS,), rng=seed)


def evolution(seed: int = 0, **arguments: int) -> Evolution:
    network = scorer(seed)
    contest = Contest("snake_env:snake_env/Snake-v1", BOARD, network, len(PER_ACTION))
    rng = np.random.default_rng(seed)
    strategy = CMAES(network.flat.astype(np.float64), population=8, sigma=0.5, rng=rng)
    return Evolution(strategy, contest, seed=seed, games=4, **{"validation_games": 10, "validate_every": 2} | arguments)


def test_learns_to_fill_much_of_a_small_board() -> None:
    search = evolution(validate_every=3)
    generations = [search.step() for _ in range(12)]
    assert generations[-1].champion > generations[0].mean + 8
    assert [generation.number for generation in generations] == list(range(1, 13))


def test_same_seed_same_champion_with_one_worker_and_with_two() -> None:
    def run(seed: int, workers: int) -> bytes:
        search = evolution(seed, workers=workers)
        for _ in range(4):
            search.step()
        return search.champion.tobytes()

    assert run(1, workers=1) == run(1, workers=1) == run(1, workers=2)
    assert run(1, workers=1) != run(2, workers=1)


def test_goes_on_from_its_state_as_if_nothing_had_happened() -> None:
    whole = evolution()
    reports = [whole.step() for _ in range(6)]
    first = evolution()
    for _ in range(3):
        first.step()
    arrays, header = first.state()
    second = evolution()
    second.restore({name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(header)))
    assert [second.step() for _ in range(3)] == reports[3:]
    assert second.champion.tobytes() == whole.champion.tobytes()


def test_candidates_play_the_games_they_would_play_alone() -> None:
    network = scorer(0)
    contest = Contest("snake_env:snake_env/Snake-v1", BOARD, network, len(PER_ACTION))
    genomes = np.random.default_rng(0).standard_normal((3, network.size))
    together = contest.play(genomes, [5, 6, 7])
    for genome, scores in zip(genomes, together.scores, strict=True):
        np.testing.assert_array_equal(contest.play(genome[None], [5, 6, 7]).scores[0], scores)


def test_training_validation_and_final_games_never_meet() -> None:
    assert 10**6 < VALIDATION_SEED < VALIDATION_SEED + 10**6 < TRAINING_SEED
    assert TRAINING_SEED + SEEDS <= 1 << 32


def test_a_contest_without_scores_counts_returns() -> None:
    network = nn.Sequential([nn.Dense(4, 2)], input_shape=(4,), rng=0)
    genomes = np.zeros((2, network.size))
    genomes[1, -2:] = (-1, 1)  # always pushes right: the pole falls early
    genomes[0, 4:6] = (-1, 1)  # pushes where the pole leans
    genomes[0, 6:8] = (-1, 1)
    played = Contest("CartPole-v1", {}, network, vectorization="sync").play(genomes, [1, 2, 3, 4])
    assert played.scores[1].max() < 15 < played.scores[0].min()


def test_an_agent_survives_its_file(tmp_path: pytest.TempPathFactory) -> None:
    agent = NetworkAgent(scorer(3), BOARD, action_features=len(PER_ACTION))
    file = f"{tmp_path}/agent.npz"
    agent.save(file, {"seed": 3})
    again = NetworkAgent.load(file)
    observations = np.random.default_rng(0).random((9, 4 * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
    np.testing.assert_array_equal(again.scores(observations), agent.scores(observations))
    assert again.environment == BOARD


def test_a_scorer_treats_all_actions_alike() -> None:
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
