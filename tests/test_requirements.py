"""Every package that is needed has a minimum, which CI installs and tests, and no maximum."""

import re
import tomllib

import pytest

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [*PROJECT["dependencies"], *(name for extra in PROJECT["optional-dependencies"].values() for name in extra)]


@pytest.mark.parametrize("requirement", sorted({name for name in NEEDED if not name.startswith(PROJECT["name"])}))
def test_a_requirement_is_a_minimum_and_nothing_else(requirement: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?>=\d+(\.\d+)*", requirement)


def test_ci_installs_the_minima() -> None:
    """Of the extra that brings all packages of the commands and of the tests."""
    assert 'uv pip install --quiet --resolution lowest-direct -e ".[test]"' in (ROOT / ".ci" / "run").read_text()
    assert f"{PROJECT['name']}[render,scripts]" in PROJECT["optional-dependencies"]["test"]
