"""Each settings class refuses numbers out of range, and names the field."""

import pytest

from agents.learning.dqn import DQNSettings
from agents.learning.ppo import PPOSettings
from agents.learning.pqn import PQNSettings
from agents.learning.q_learning import QLearningSettings

NAN, INF = float("nan"), float("inf")
NETWORK = ("learning_rate", "final_learning_rate", "max_grad_norm")
EXPLORATION = ("exploration_initial_eps", "exploration_final_eps", "exploration_fraction")
COUNTS: dict[type, tuple[str, ...]] = {  # from 1
    PPOSettings: ("n_steps", "batch_size", "n_epochs"),
    PQNSettings: ("n_steps", "batch_size", "n_epochs"),
    DQNSettings: ("train_freq", "gradient_steps", "batch_size", "buffer_size", "n_step", "target_update_interval"),
    QLearningSettings: ("n_steps",),
}
SHARES: dict[type, tuple[str, ...]] = {  # from 0 to 1
    PPOSettings: ("gamma", "gae_lambda"),
    PQNSettings: ("gamma", "q_lambda", *EXPLORATION),
    DQNSettings: ("gamma", "per_beta", *EXPLORATION),
    QLearningSettings: ("gamma", "learning_rate", "final_learning_rate", *EXPLORATION),
}
AMOUNTS: dict[type, tuple[str, ...]] = {  # from 0
    PPOSettings: (*NETWORK, "clip_range", "vf_coef", "ent_coef", "final_ent_coef"),
    PQNSettings: NETWORK,
    DQNSettings: (*NETWORK, "learning_starts", "per_alpha", "huber_delta"),
}


def fields(kinds: dict[type, tuple[str, ...]]) -> pytest.MarkDecorator:
    pairs = [(settings, name) for settings, names in kinds.items() for name in names]
    return pytest.mark.parametrize(("settings", "name"), pairs)


@fields(COUNTS)
def test_counts_begin_at_1(settings: type, name: str) -> None:
    for value in (0, -3):
        with pytest.raises(ValueError, match=f"^{name} is {value}; give 1 or more"):
            settings(**{name: value})
    assert getattr(settings(**{name: 1}), name) == 1


@fields(SHARES)
def test_shares_lie_between_0_and_1(settings: type, name: str) -> None:
    for value in (-0.01, 1.01, NAN, INF):
        with pytest.raises(ValueError, match=f"^{name} is {value}; give a number from 0 to 1"):
            settings(**{name: value})
    for value in (0.0, 1.0):
        assert getattr(settings(**{name: value}), name) == value


@fields(AMOUNTS)
def test_amounts_begin_at_0_and_are_finite(settings: type, name: str) -> None:
    for value in (-0.01, NAN, INF):
        with pytest.raises(ValueError, match=f"^{name} is {value}; give a number from 0 on"):
            settings(**{name: value})
    for value in (0, 100):
        assert getattr(settings(**{name: value}), name) == value


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_the_initial_value_of_a_table_is_finite(value: float) -> None:
    with pytest.raises(ValueError, match=f"initial_value is {value}; give a finite number"):
        QLearningSettings(initial_value=value)
    assert QLearningSettings(initial_value=-5.0).initial_value == -5


@pytest.mark.parametrize("settings", [PPOSettings, PQNSettings, DQNSettings, QLearningSettings])
def test_every_number_is_checked(settings: type) -> None:
    """So that a new field is added to the tables above."""
    checked = {name for kinds in (COUNTS, SHARES, AMOUNTS) for name in kinds.get(settings, ())} | {"initial_value"}
    defaults = vars(settings())
    numbers = {n for n, value in defaults.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    assert numbers <= checked
