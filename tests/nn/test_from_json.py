"""JSON values checked against types: what fits, and how the field that does not fit is named."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

from nn.from_json import AtLeast, Count, call, from_json, parse


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass(frozen=True, kw_only=True)
class Header:
    seed: Count
    rate: Annotated[float, AtLeast(0)] | None = None
    names: list[str] = field(default_factory=list)
    size: tuple[int, int] = (1, 1)
    points: tuple[Point, ...] = ()
    mode: Annotated[Literal["up", "down"], "a group of options"] = "up"
    more: dict[str, float | None] = field(default_factory=dict)
    file: Path | None = None

    def __post_init__(self) -> None:
        if self.seed == 13:
            raise ValueError("seed is 13; nobody likes it")


def test_what_fits_becomes_an_object() -> None:
    value = {"seed": 3, "rate": 1, "names": ["a"], "size": [2, 3], "points": [{"x": 1}, {"x": 2, "y": 3}]}
    value |= {"mode": "down", "more": {"a": 1.5, "b": None}, "file": "runs/x"}
    expected = Header(seed=3, rate=1, names=["a"], size=(2, 3), points=(Point(1), Point(2, 3)), mode="down")
    found = from_json(value, Header)
    assert found == Header(**vars(expected) | {"more": {"a": 1.5, "b": None}, "file": Path("runs/x")})
    assert type(found.rate) is int  # numbers stay as they are written
    assert from_json({"seed": 3}, Header) == Header(seed=3)
    assert from_json({"seed": 3, "new": 1}, Header, others=True) == Header(seed=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": "3"}, "seed is '3'; it must be a whole number of 64 bits"),
        ({"seed": True}, "seed is True; it must be a whole number of 64 bits"),
        ({"seed": 3.0}, "seed is 3.0; it must be a whole number of 64 bits"),
        ({"seed": 1 << 63}, "seed is 9223372036854775808; it must be a whole number of 64 bits"),
        ({"seed": -1}, "seed is -1; it must be a whole number of 64 bits, 0 or more"),
        ({"seed": None}, "seed is None; it must be a whole number of 64 bits"),
        ({"seed": 13}, "seed is 13; nobody likes it"),
        ({"rate": math.nan}, "rate is nan; it must be a finite number, 0 or more or null"),
        ({"rate": 10**400}, "rate is 1000.*; it must be a finite number, 0 or more or null"),
        ({"rate": -0.5}, "rate is -0.5; it must be a finite number, 0 or more or null"),
        ({"rate": False}, "rate is False; it must be a finite number, 0 or more or null"),
        ({"names": "a"}, "names is 'a'; it must be a list"),
        ({"names": ["a", 3]}, r"names\[1\] is 3; it must be a text"),
        ({"size": [1, 2, 3]}, r"size is \[1, 2, 3\]; it must be a list of 2"),
        ({"size": [1, None]}, r"size\[1\] is None; it must be a whole number"),
        ({"points": [{"x": 1}, {"x": 1, "z": 2}]}, r"points\[1\].z is unknown to this release; known are x, y"),
        ({"points": [{"y": 1}]}, r"points\[0\].x is missing"),
        ({"points": [[1, 2]]}, r"points\[0\] is \[1, 2\]; it must be an object with fields"),
        ({"mode": "left"}, "mode is 'left'; it must be 'up' or 'down'"),
        ({"mode": ["up"]}, r"mode is \['up'\]; it must be 'up' or 'down'"),
        ({"more": {"a": "x"}}, "more.a is 'x'; it must be a finite number or null"),
        ({"more": []}, r"more is \[\]; it must be an object with fields"),
        ({"file": 3}, "file is 3; it must be a path or null"),
        ({"file": "a\0b"}, "file is .*; it must be a path or null"),
        ({"new": 1}, "new is unknown to this release; known are seed, rate, names"),
    ],
    ids=str,
)
def test_the_field_that_does_not_fit_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        from_json({"seed": 3} | change, Header)
    with pytest.raises(ValueError, match=f"^(learner.{message}|learner: {message})"):
        from_json({"seed": 3} | change, Header, "learner")


def test_a_missing_field_and_a_value_that_is_no_object_are_named() -> None:
    with pytest.raises(ValueError, match=r"^seed is missing$"):
        from_json({}, Header)
    values: list[Any] = [None, 3, [], "seed"]
    for value in values:
        with pytest.raises(ValueError, match=r"^the content is .*; it must be an object with fields$"):
            from_json(value, Header)


def test_large_whole_numbers_become_floats_where_a_float_is_expected() -> None:
    """NumPy refuses integers of more than 64 bits."""
    assert type(from_json(10**30, float)) is float


def test_a_function_is_called_with_checked_arguments() -> None:
    def area(width: int, height: int = 2, *, scale: float = 1.0) -> float:
        return width * height * scale

    assert call(area, {"width": 3, "scale": 0.5}) == 3
    with pytest.raises(ValueError, match=r"^area\.width is missing$"):
        call(area, {}, "area")
    with pytest.raises(ValueError, match=r"^area\.depth is unknown to this release; known are width, height, scale$"):
        call(area, {"width": 3, "depth": 1}, "area")
    assert call(lambda **some: sorted(some), {"b": object, "a": 1}) == ["a", "b"]


@pytest.mark.parametrize("text", ["", "{'a': 1}", "[" * 100_000, b"\xff\xfe\xfa", "1" * 5000])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^it is not JSON"):
        parse(text)
