"""Importing the environment imports neither pygame nor other packages of this project."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PLAY = """
import gymnasium, snake_env
for observation in ("planes", "ego", "features", "rgb"):
    env = gymnasium.make("snake_env/Snake-v1", observation=observation, render_mode="rgb_array")
    env.reset(seed=1); env.step(0); env.render()
envs = gymnasium.make_vec("snake_env/Snake-v1", num_envs=2, render_mode="tiled")
envs.reset(seed=1); envs.step([0, 0]); envs.render()
"""


@pytest.mark.parametrize("code", ["import snake_env", PLAY], ids=["import", "play"])
def test_it_imports_no_pygame_no_networks_and_no_agents(code: str) -> None:
    unwanted = ("pygame", "nn", "agents", "scripts", "matplotlib", "PIL", "imageio", "torch")
    check = f"{code}\nimport sys\nprint([name for name in {unwanted} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_gymnasium_imports_it_by_name() -> None:
    code = 'import gymnasium; print(gymnasium.make("snake_env:snake_env/Snake-v1").spec.id)'
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "snake_env/Snake-v1"
