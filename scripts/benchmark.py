"""How fast is the environment, beside others in the same run? Ratios count: absolute figures change with the machine.

python scripts/benchmark.py env: a table

python scripts/benchmark.py env --json: rows of name, value, anchor, ratio, target
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import gymnasium as gym
import tyro
from rich.console import Console
from rich.table import Table

import snake_env  # noqa: F401  registers the environment

SNAKE, CARTPOLE = "snake_env/Snake-v1", "CartPole-v1"


@dataclass(frozen=True, kw_only=True)
class Config:
    """What to measure, and how long."""

    part: Annotated[Literal["env"], tyro.conf.Positional] = "env"
    """env: environment steps a second, random actions, one core."""
    rounds: int = 7
    """Times that each pair is measured in turn; the median counts."""
    seconds: float = 0.5
    """Length of one measurement."""
    json: bool = False
    """Print one JSON array instead of a table."""


Steps = Callable[[float], float]  # runs for some seconds, gives steps a second


def vector_steps(environment_id: str, N: int, **arguments: Any) -> Steps:  # noqa: ANN401
    """Steps of N games at once through `gym.make_vec`, by random actions drawn beforehand."""
    envs = gym.make_vec(environment_id, num_envs=N, vectorization_mode="vector_entry_point", **arguments)
    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(64)]
    envs.reset(seed=0)

    def run(seconds: float) -> float:
        rounds, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            for action in actions:
                envs.step(action)
            rounds += 1
        return rounds * len(actions) * N / passed

    return run


def single_steps(environment_id: str) -> Steps:
    """Steps of one game through `gym.make`, by random actions drawn beforehand; resets count as time."""
    env = gym.make(environment_id)
    env.action_space.seed(0)
    actions = [int(env.action_space.sample()) for _ in range(4096)]
    env.reset(seed=0)

    def run(seconds: float) -> float:
        rounds, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            for action in actions:
                _, _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    env.reset()
            rounds += 1
        return rounds * len(actions) / passed

    return run


def jumanji_steps(N: int) -> Steps:
    """Steps of Jumanji's Snake on 10 x 10, N at once, jitted, with auto-reset."""
    import jax
    import jumanji
    from jumanji.wrappers import VmapAutoResetWrapper

    env = VmapAutoResetWrapper(jumanji.make("Snake-v1", num_rows=10, num_cols=10))
    state, _ = jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), N))
    step = jax.jit(env.step)
    actions = [jax.random.randint(jax.random.PRNGKey(i), (N,), 0, 4) for i in range(64)]
    jax.block_until_ready(step(state, actions[0]))

    def run(seconds: float) -> float:
        nonlocal state
        rounds, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            for action in actions:
                state, timestep = step(state, action)
            jax.block_until_ready(timestep)
            rounds += 1
        return rounds * len(actions) * N / passed

    return run


def compare(name: str, ours: Steps, anchor: Steps, target: float | None, config: Config) -> dict[str, Any]:
    """Measure two things in turn: medians of both, and the median of the ratios of neighbours."""
    ours(0.2), anchor(0.2)
    pairs = [(ours(config.seconds), anchor(config.seconds)) for _ in range(config.rounds)]
    return {
        "name": name,
        "value": statistics.median(pair[0] for pair in pairs),
        "anchor": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(ours / anchor for ours, anchor in pairs),
        "target": target,
    }


def main(config: Config) -> list[dict[str, Any]]:
    """Measure, print, and give back the rows."""
    if config.rounds < 1 or config.seconds <= 0:
        raise ValueError(f"rounds is {config.rounds} and seconds {config.seconds}; both must be above 0")
    pairs: list[tuple[str, Steps, Steps, float | None]] = [
        (
            f"planes, {N} games / CartPole, {N} games",
            vector_steps(SNAKE, N),
            vector_steps(CARTPOLE, N),
            target,
        )
        for N, target in ((64, None), (1024, 1.3), (8192, 1.5))
    ]
    pairs.append(("one game / CartPole, one game", single_steps(SNAKE), single_steps(CARTPOLE), 3.0))
    cartpole = vector_steps(CARTPOLE, 512)
    pairs.append(
        ("features, 512 games / CartPole, 512 games", vector_steps(SNAKE, 512, observation="features"), cartpole, None)
    )
    pairs.append(("ego, 512 games / CartPole, 512 games", vector_steps(SNAKE, 512, observation="ego"), cartpole, None))
    try:
        pairs.append(("planes, 1024 games / Jumanji, 1024 games", vector_steps(SNAKE, 1024), jumanji_steps(1024), None))
    except ImportError:
        print("Jumanji is not installed; left out (pip install jumanji)", file=sys.stderr)
    rows = [compare(*pair, config) for pair in pairs]
    if config.json:
        print(json.dumps(rows, indent=2))
        return rows
    table = Table(title="steps a second, random actions, one core")
    for heading in ("what / beside what", "ours", "theirs", "ratio", "target"):
        table.add_column(heading, justify="left" if heading.startswith("what") else "right")
    for row in rows:
        target = "" if row["target"] is None else f"{row['target']:.1f}"
        table.add_row(row["name"], f"{row['value']:,.0f}", f"{row['anchor']:,.0f}", f"{row['ratio']:.2f}", target)
    Console().print(table)
    return rows


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    try:
        main(parse(sys.argv[1:]))
    except ValueError as error:
        raise SystemExit(f"error: {error}") from None
