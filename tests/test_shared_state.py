"""What is shared by all threads cannot be changed: results of caches, and arrays of modules and classes."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import agents
import nn
import scripts
import snake_env
from agents.scripted.board import Grid
from nn.kernels.geometry import geometry
from scripts.training.run_options import RunOptions
from scripts.ui.theme import DARK
from snake_env import Rules
from tests.support.same import assert_same

GRID = Grid(4, 6, False, frozenset({9}))
EXAMPLES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {  # arguments of each cached function
    "agents.scripted.bitboard.BitboardOps.for_grid": ((GRID,), {}),
    "agents.scripted.board._grid": ((4, 5, True, b"\x10\x00\x00"), {}),
    "agents.scripted.cycle.Route.for_grid": ((Grid(4, 6, True),), {}),
    "agents.scripted.hamiltonian.find_cycle": ((Grid(4, 6, False),), {}),
    "nn.from_json._parameters": ((Grid,), {}),
    "nn.kernels.geometry.geometry": (((3, 3), 1, "same", 6, 7), {}),
    "nn.kernels.im2col.kernel_columns": ((geometry((3, 3), 2, "same", 6, 7), 7), {}),
    "nn.kernels.matmul._block_length": ((64, 32), {}),
    "nn.kernels.matmul._column_blocks": ((512, 1 << 20), {}),
    "nn.kernels.matmul._block_rows": ((64, 32, 16), {}),
    "nn.kernels.matmul._repeated": ((np.ones(3, np.float32).tobytes(), np.float32, 4), {}),
    "nn.kernels.reductions._ones": ((5, np.float32), {}),
    "nn.kernels.relu._zeros": (((2, 3), np.float32), {}),
    "nn.kernels.winograd.transforms": ((4, 3, np.float32), {}),
    "scripts.common.cli._help_texts": ((RunOptions,), {}),
    "scripts.games.side_by_side._caption": (("one", "over", 200), {}),
    "scripts.ui.canvas.shorten": (("text", 20, 12, False), {}),
    "scripts.ui.pictures._ramp": ((DARK,), {}),
    "scripts.vision.augmentation._bumps": ((6, 7), {}),
    "scripts.windows.digits_window._colours": (((0, 0, 0), (9, 9, 9)), {}),
    "snake_env.engine.obstacles._scatter": ((0.2, 1, 5, 6), {"wrap": False}),
    "snake_env.engine.obstacles._adjacent": ((3, 5, 6), {"wrap": True}),
    "snake_env.rendering.renderer._walls": ((16, 24, 4, 1, True), {}),
    "snake_env.rendering.tiles.atlas": ((4,), {}),
}
# Their results are pygame's objects. Windows are drawn by one thread, which does not change them.
OF_WINDOWS = {f"scripts.ui.canvas.{name}" for name in ("_font", "_text", "_disc")}
# They return a bool or nothing, and are not called here: they compile, create a folder, and start a thread.
WITH_EFFECTS = {
    "scripts.benchmarks.peers.compiles",
    "scripts.common.user_folders.can_keep",
    "agents.evolution.worker_process.follow_parent",
}
PACKAGES = ("agents", "nn", "scripts", "snake_env")


def modules() -> Iterator[ModuleType]:
    """Every module of the four packages."""
    pytest.importorskip("pygame")
    for package in (snake_env, nn, agents, scripts):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def names() -> Iterator[tuple[str, Any]]:
    """Everything that a module or a class of the four packages holds, with its full name."""
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield from ((f"{module.__name__}.{name}.{key}", item) for key, item in vars(value).items())
            elif not isinstance(value, type):
                yield f"{module.__name__}.{name}", value


def changeable(value: Any, path: str = "result") -> list[str]:
    """Where a value can be changed: nowhere if the list is empty."""
    if isinstance(value, np.ndarray):
        return [path] if value.flags.writeable else []
    if isinstance(value, tuple | frozenset):
        return [place for i, item in enumerate(value) for place in changeable(item, f"{path}[{i}]")]
    if isinstance(value, type) or type(value).__module__ in ("typing", "types"):  # a type hint
        return []
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | slice | np.generic | np.dtype):
        return []
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return [place for key, item in value.items() for place in changeable(item, f"{path}[{key!r}]")]
    if type(value).__module__.split(".")[0] in PACKAGES:
        for name, item in vars(type(value)).items():
            if isinstance(item, cached_property):
                getattr(value, name)
        return [place for name, item in vars(value).items() for place in changeable(item, f"{path}.{name}")]
    return [f"{path}: {type(value).__name__}"]


def cached() -> dict[str, Any]:
    """Every cached function."""
    return {
        f"{function.__module__}.{name.rpartition('.')[2]}"
        if function.__name__ == function.__qualname__
        else name: value
        for name, value in names()
        if hasattr(function := getattr(value, "__func__", value), "cache_info")
        and function.__module__.split(".")[0] in PACKAGES
    }


def test_every_cached_function_has_an_example() -> None:
    found = {name.replace("scripts.ui.theme.", "scripts.ui.pictures.") for name in cached()}
    assert found == set(EXAMPLES) | OF_WINDOWS | WITH_EFFECTS


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_a_cached_function_returns_cannot_be_changed(name: str) -> None:
    path = name.rsplit(".", 2) if ".BitboardOps." in name or ".Route." in name else name.rsplit(".", 1)
    function: Any = importlib.import_module(path[0])
    for attribute in path[1:]:
        function = getattr(function, attribute)
    arguments, options = EXAMPLES[name]
    result = function(*arguments, **options)
    assert changeable(result) == []
    assert function(*arguments, **options) is result or result == function(*arguments, **options)


RULES: list[dict[str, Any]] = [
    {},
    {"obstacles": "cross", "height": 9},
    {"obstacles": [0.2, 1]},
    {"walls": "wrap", "food": 3},
]


@pytest.mark.parametrize("arguments", RULES, ids=str)
def test_what_rules_hold_cannot_be_changed(arguments: dict[str, Any]) -> None:
    rules = Rules(**arguments)
    assert changeable(rules) == []


def test_a_state_that_is_changed_leaves_the_games_as_they_were() -> None:
    envs = snake_env.SnakeVectorEnv(3, height=5, width=6, obstacles=[0.1, 2])
    envs.reset(seed=1)
    before, given = envs.get_state(), envs.get_state()
    for array in given.values():
        array[...] = 0
    assert_same(envs.get_state(), before)
    assert Rules(height=5, width=6, obstacles=(0.1, 2)).obstacle_map.any()


def test_arrays_of_modules_and_classes_cannot_be_changed() -> None:
    """Arrays, and those in the dictionaries, lists and tuples of a module."""

    def arrays(value: Any) -> list[np.ndarray[Any, Any]]:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
        return [value] if isinstance(value, np.ndarray) else [array for item in inside for array in arrays(item)]

    assert [name for name, value in names() if any(array.flags.writeable for array in arrays(value))] == []
