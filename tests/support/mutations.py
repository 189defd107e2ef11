"""Files that are wrong in one place: a header, a configuration or an array that a program did not write so."""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import nn

Place = tuple[str | int, ...]

DROP, EXTRA = "drop", "extra"
VALUES: list[Any] = [None, True, False, "", "0", "text", -1, 0, 1, 7, 1.5, -0.5, [], [None], {}, {"x": 1}]
VALUES += [math.nan, math.inf, -math.inf, 1e300, 1 << 62, 1 << 63, -(1 << 70), 10**400]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the place of everything in a JSON value, its own among them."""
    yield at
    if isinstance(value, list | dict):
        for name, part in enumerate(value) if isinstance(value, list) else value.items():
            yield from places(part, (*at, name))


@dataclass(frozen=True)
class Change:
    """A file that was changed in one place."""

    where: str
    content: bytes = field(repr=False)


@st.composite
def changed_json(draw: st.DrawFn, value: Any) -> tuple[str, Any]:
    """A JSON value with one part dropped, replaced by another value, or one field more; and what was done."""
    changed = copy.deepcopy(value)
    place = draw(st.sampled_from([at for at in places(value) if at]))
    how = draw(st.sampled_from([DROP, EXTRA, *VALUES]))
    holder = changed
    for name in place[:-1]:
        holder = holder[name]
    if how == EXTRA and isinstance(holder, dict):
        holder["from_tomorrow"] = 1
    elif how == DROP:
        del holder[place[-1]]
    else:
        holder[place[-1]] = how
    return f"{place}: {how!r:.50}", changed


@st.composite
def changed_array(draw: st.DrawFn, array: NDArray[Any]) -> NDArray[Any]:
    """An array of another shape or type, or with a number that is not finite, negative or very large."""
    with np.errstate(all="ignore"):
        half = array.astype(np.float16)
    changes = [array[None], array.reshape(-1)[:-1], array.astype("U1"), array.astype(np.int8), half]
    changes += [np.zeros(0, array.dtype), np.zeros((2, 0, 3), array.dtype), array.astype(np.complex64), array == 0]
    numbers: dict[str, list[float]] = {"f": [math.nan, math.inf, -1.0, 0.0], "i": [-1, 1 << 40], "u": [255]}
    for number in numbers.get(array.dtype.kind, []):
        for count in (1, array.size):
            one = array.copy()
            one.reshape(-1)[:count] = number
            changes.append(one)
    return draw(st.sampled_from(changes))


@st.composite
def changed_npz(draw: st.DrawFn, file: Path) -> Change:
    """A file of `nn.files` with one change, in its header or in an array."""
    arrays, header = nn.files.read(file)
    name = draw(st.sampled_from(["", *arrays]))
    if not name or draw(st.booleans()):
        where, header = draw(changed_json(header))
    elif draw(st.integers(0, 4)):
        arrays[name] = draw(changed_array(arrays[name]))
        where = f"array {name}: {arrays[name].dtype} {arrays[name].shape}"
    else:
        where = f"array {name}2 is {name}"
        arrays[f"{name}2"] = arrays.pop(name)
    out = file.with_suffix(".changed")
    nn.files.write(out, arrays, header)
    content = out.read_bytes()
    out.unlink()
    return Change(where, content)


@st.composite
def changed_csv(draw: st.DrawFn, file: Path) -> Change:
    """A CSV file with a column less, or another text in a cell."""
    rows = [line.split(",") for line in file.read_text().splitlines()]
    row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    if draw(st.booleans()):
        where = f"no column {rows[0][column]}"
        rows = [[*cells[:column], *cells[column + 1 :]] for cells in rows]
    else:
        texts = ["", "x", "nan", "inf", "-1", "-inf", "1e300", "9" * 400, "9" * 5000, "1_0", '"', "\0", "0x1", "1,2"]
        rows[row][column] = draw(st.sampled_from([*texts, "episode_score"]))
        where = f"row {row}, column {column}: {rows[row][column]:.20}"
    return Change(where, ("\n".join(",".join(cells) for cells in rows) + "\n").encode())


@st.composite
def changed_text(draw: st.DrawFn, file: Path) -> Change:
    """A JSON file with one change."""
    where, value = draw(changed_json(json.loads(file.read_text())))
    return Change(where, json.dumps(value).encode())


def changed(file: Path) -> st.SearchStrategy[Change]:
    """A file with one change."""
    return {".npz": changed_npz, ".csv": changed_csv, ".json": changed_text}[file.suffix](file)
