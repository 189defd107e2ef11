"""Rewards: sparse rewards, and potential-based shaping, which must not change the optimal policy."""

from typing import Any

import numpy as np
import pytest

from snake_env import SnakeEnv, SnakeVectorEnv, State
from tests.support.boards import lines, rules_of, state_of

UP, RIGHT, DOWN, LEFT = range(4)
LAST = "*<abc pojid qnkhe rmlgf"  # one move to the full board


def reward_of(text: str, *actions: int, hunger: int = 0, **arguments: Any) -> float:
    """The reward for the last of some actions on a drawn board, which is the same in both environments."""
    rules = rules_of(text)
    given = {"height": rules.height, "width": rules.width, "obstacles": rules.obstacles, "food": rules.food} | arguments
    env, envs = SnakeEnv(**given), SnakeVectorEnv(1, **given)
    state = state_of(text, hunger=hunger)
    env.set_state(state)
    envs.set_state(state)
    reward = 0.0
    for action in actions:
        reward = env.step(action)[1]
        rewards = envs.step(np.array([action]))[1]
        assert rewards.dtype == np.float64
        assert rewards.tolist() == [reward]
    return reward


OTHER_NUMBERS = {"name": "sparse", "food": 2, "death": 0.5, "win": 10.0}


@pytest.mark.parametrize(
    ("text", "action", "plain", "other"),
    [
        ("...... .*<a.. ...... ......", UP, 0, 0),
        ("...... .*<a.. ...... ......", LEFT, 1, 2),
        ("...... .*<a.. ...... ......", RIGHT, -1, -0.5),
        (LAST, LEFT, 2, 12),
    ],
    ids=["a move", "food", "death", "the full board"],
)
def test_sparse_rewards(text: str, action: int, plain: float, other: float) -> None:
    assert reward_of(text, action) == plain
    assert reward_of(text, action, reward="sparse") == plain
    assert reward_of(text, action, reward=OTHER_NUMBERS) == other


def test_integers_are_allowed_as_rewards() -> None:
    env = SnakeEnv(height=4, width=5, reward={"name": "sparse", "food": 1, "death": 1})
    env.reset(seed=1)
    over = False
    while not over:
        _, reward, over, _, _ = env.step(0)
        assert type(reward) is float
    assert reward == -1


def test_starving_costs_nothing_by_default() -> None:
    text = "...... .*<a.. ...... ......"
    assert reward_of(text, UP, hunger=4, hunger_limit=5) == 0
    assert reward_of(text, UP, hunger=4, hunger_limit=5, reward=OTHER_NUMBERS) == 0
    costly = OTHER_NUMBERS | {"starving": 0.75}
    assert reward_of(text, UP, hunger=4, hunger_limit=5, reward=costly) == -0.75
    assert reward_of(text, UP, hunger=3, hunger_limit=5, reward=costly) == 0
    assert reward_of(text, LEFT, hunger=4, hunger_limit=5, reward=costly) == 2  # it eats
    assert reward_of(text, RIGHT, hunger=4, hunger_limit=5, reward=costly) == -0.5  # it dies


# The potential is -distance / (H + W); H + W = 10 on these boards.
NEAR = "...... *..<a. ...... ......"


@pytest.mark.parametrize(
    ("text", "action", "arguments", "before", "after"),
    [
        (NEAR, LEFT, {}, 3, 2),
        (NEAR, UP, {}, 3, 4),
        (NEAR, UP, {"walls": "wrap"}, 3, 4),
        ("...... ..<a.* ...... ......", LEFT, {}, 3, 4),
        ("...... ..<a.* ...... ......", LEFT, {"walls": "wrap"}, 3, 2),
        ("..*... ...... ...... ..^...", UP, {}, 3, 2),
        ("..*... ...... ...... ..^...", RIGHT, {"walls": "wrap"}, 1, 2),
        ("*..... ....<. ...... .....*", LEFT, {}, 3, 4),
        ("*..... ...<.. ...... .....*", LEFT, {}, 4, 3),
    ],
)
def test_the_potential_is_the_distance_to_the_nearest_food(
    text: str, action: int, arguments: dict[str, Any], before: int, after: int
) -> None:
    assert reward_of(text, action, reward="distance", **arguments) == pytest.approx(before / 10 - 0.99 * after / 10)
    scaled = {"name": "distance", "gamma": 0.5, "scale": 3}
    assert reward_of(text, action, reward=scaled, **arguments) == pytest.approx(3 * (before - 0.5 * after) / 10)


def test_the_potential_of_a_lost_game_is_zero() -> None:
    assert reward_of(NEAR, RIGHT, reward="distance") == pytest.approx(-1 + 3 / 10)


def test_a_truncated_game_keeps_its_potential() -> None:
    after = 3 / 10 - 0.99 * 4 / 10
    assert reward_of(NEAR, UP, hunger=4, hunger_limit=5, reward="distance") == pytest.approx(after)


def turned(text: str) -> list[str]:
    """The same board, mirrored top to bottom."""
    flipped = lines(text)[::-1]
    return [row.translate(str.maketrans("^v", "v^")) for row in flipped]


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("text", [LAST, " ".join(turned(LAST))], ids=["top", "bottom"])
def test_the_potential_of_the_full_board_is_zero(text: str, walls: str) -> None:
    assert reward_of(text, LEFT, reward="distance", walls=walls) == pytest.approx(2 + 1 / 9)


TWO_LEFT = "*<abc *gfed ##### #####"


@pytest.mark.parametrize("side", ["top", "bottom"])
def test_missing_food_is_not_near(side: str) -> None:
    text = TWO_LEFT if side == "top" else " ".join(turned(TWO_LEFT))
    assert reward_of(text, LEFT, reward="distance") == pytest.approx(1 + 1 / 9 - 0.99 / 9)


def potential(state: State, *, wrap: bool) -> float:
    """The potential that DistanceReward documents, for the first game of a state."""
    _, H, W = state.body.shape
    (row, col), distances = divmod(int(state.head[0]), W), []
    for food in state.food[0][state.food[0] >= 0].tolist():
        down, across = abs(row - food // W), abs(col - food % W)
        distances.append(min(down, H - down) + min(across, W - across) if wrap else down + across)
    return -min(distances) / (H + W) if distances else 0.0


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("hunger_limit", [9, None])
def test_the_potential_telescopes(walls: str, hunger_limit: int | None) -> None:
    discount = 0.9
    arguments: dict[str, Any] = {"height": 5, "width": 7, "walls": walls, "food": 2, "hunger_limit": hunger_limit}
    shaped = SnakeEnv(reward={"name": "distance", "gamma": discount}, **arguments)
    plain = SnakeEnv(**arguments)
    rng = np.random.default_rng(1)
    endings = set()
    for seed in range(30):
        _, info = shaped.reset(seed=seed)
        plain.reset(seed=seed)
        start = potential(State(**shaped.get_state()), wrap=walls == "wrap")
        difference, weight, over = 0.0, 1.0, False
        while not over:
            mask = info["action_mask"] + 0.02
            action = int(rng.choice(4, p=mask / mask.sum()))
            _, reward, terminated, truncated, info = shaped.step(action)
            difference += weight * (reward - plain.step(action)[1])
            weight, over = weight * discount, terminated or truncated
        end = 0.0 if terminated else potential(State(**shaped.get_state()), wrap=walls == "wrap")
        assert difference == pytest.approx(weight * end - start)
        endings.add(truncated)
    assert endings == {True, False}


def test_a_restored_game_starts_with_its_own_potential() -> None:
    env = SnakeEnv(height=4, width=6, reward="distance")
    env.reset(seed=1)
    for _ in range(2):
        env.set_state(state_of(NEAR))
        assert env.step(LEFT)[1] == pytest.approx(3 / 10 - 0.99 * 2 / 10)


def test_a_new_game_gets_no_reward_for_its_start() -> None:
    for mode in ("NextStep", "SameStep"):
        envs = SnakeVectorEnv(2, height=4, width=6, reward="distance", autoreset_mode=mode)
        envs.reset(seed=1)
        one = state_of(NEAR)
        state = {name: np.concatenate([array, array]) for name, array in one._asdict().items()}
        envs.set_state(state | {"obstacles": one.obstacles})
        assert envs.step([RIGHT, LEFT])[1].tolist() == pytest.approx([-0.7, 3 / 10 - 0.99 * 2 / 10])
        if mode == "NextStep":
            assert envs.step([LEFT, LEFT])[1].tolist() == pytest.approx([0, 2 / 10 - 0.99 * 1 / 10])
        fresh = State(**envs.get_state())
        before = potential(fresh, wrap=False)
        _, rewards, terminations, *_, info = envs.step([int(envs.action_masks()[0].argmax()), UP])
        after = potential(State(**envs.get_state()), wrap=False)
        assert not terminations[0]
        assert rewards[0] == pytest.approx(info["score"][0] + 0.99 * after - before)
