"""Environment steps per second, compared with Gymnasium's CartPole and, if installed, Jumanji's Snake."""

import sys
from collections.abc import Iterator
from typing import Any

import gymnasium as gym

import snake_env  # noqa: F401  registers the environment
from scripts.benchmarks.comparison import Comparison, Measure, repeat

SNAKE, CARTPOLE = "snake_env/Snake-v1", "CartPole-v1"


def comparisons() -> Iterator[Comparison]:
    """Yield the comparisons."""
    for N, target in ((64, None), (1024, 1.3), (8192, 1.5)):
        yield Comparison(
            name=f"planes, {N} games / CartPole, {N} games",
            ours=vector_steps(SNAKE, N),
            theirs=vector_steps(CARTPOLE, N),
            target=target,
        )
    yield Comparison(
        name="one game / CartPole, one game", ours=single_steps(SNAKE), theirs=single_steps(CARTPOLE), target=3.0
    )
    for observation in ("features", "ego"):
        yield Comparison(
            name=f"{observation}, 512 games / CartPole, 512 games",
            ours=vector_steps(SNAKE, 512, observation=observation),
            theirs=vector_steps(CARTPOLE, 512),
        )
    try:
        jumanji = jumanji_steps(1024)
    except ImportError:
        print("Jumanji is not installed; left out (pip install jumanji)", file=sys.stderr)
        return
    yield Comparison(name="planes, 1024 games / Jumanji, 1024 games", ours=vector_steps(SNAKE, 1024), theirs=jumanji)


def vector_steps(environment_id: str, N: int, **arguments: Any) -> Measure:  # noqa: ANN401  of any environment
    """Return the speed of N games at once through `gym.make_vec`, with random actions drawn beforehand."""
    envs = gym.make_vec(environment_id, num_envs=N, vectorization_mode="vector_entry_point", **arguments)
    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(64)]
    envs.reset(seed=0)

    def play() -> None:
        for action in actions:
            envs.step(action)

    return repeat(play, len(actions) * N)


def single_steps(environment_id: str) -> Measure:
    """Return the speed of one game through `gym.make`, with random actions drawn beforehand; resets take time too."""
    env = gym.make(environment_id)
    env.action_space.seed(0)
    actions = [int(env.action_space.sample()) for _ in range(4096)]
    env.reset(seed=0)

    def play() -> None:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return repeat(play, len(actions))


def jumanji_steps(N: int) -> Measure:
    """Return the speed of Jumanji's Snake on 10 x 10, N games at once, jitted, with auto-reset."""
    import jax
    import jumanji
    from jumanji.wrappers import VmapAutoResetWrapper

    env = VmapAutoResetWrapper(jumanji.make("Snake-v1", num_rows=10, num_cols=10))
    state, _ = jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), N))
    step = jax.jit(env.step)
    actions = [jax.random.randint(jax.random.PRNGKey(i), (N,), 0, 4) for i in range(64)]

    def play() -> None:
        nonlocal state
        for action in actions:
            state, timestep = step(state, action)
        jax.block_until_ready(timestep)

    return repeat(play, len(actions) * N)
