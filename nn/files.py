"""Files of arrays with a JSON header, which are safe to open.

A file is an uncompressed `.npz`, so `numpy.load` opens it too, with one additional entry:

    header.json     {"format": 1, "arrays": {"0.weight": [[16, 12], "<f4"], ...}, "header": {...}}
    0.weight.npy    ...

It is replaced as a whole, so a reader never finds half a file. Reading is strict: no pickle, no compression, the
declared arrays and no others, in the declared shapes and types.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nn.atomic_file import atomic_file
from nn.file_error import reading
from nn.from_json import Count, from_json, parse
from nn.saved_state import check_finite
from nn.sequential import Sequential
from nn.types import Array

FORMAT = 1
FLOAT16_MAX = float(np.finfo(np.float16).max)
READ_ADVICE = "give a file that nn.save wrote"


@dataclass(frozen=True)
class Contents:
    """What header.json holds."""

    format: int
    arrays: dict[str, tuple[list[Count], str]]  # shape and dtype by name
    header: dict[str, Any]


@dataclass(frozen=True)
class NetworkHeader:
    """The header of a file with a network."""

    input_shape: list[Count]
    dtype: Literal["float32", "float64"]
    network: dict[str, Any]
    metadata: dict[str, Any]


def write(path: str | Path, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> None:
    """Write arrays by name, and a JSON-serialisable header, to exactly `path`; the same contents give the same bytes.

    Raises:
        ValueError: an array of Python objects.
        TypeError: a header that is not JSON-serialisable.
        FileNotFoundError: no such folder.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    declared = {name: (array.shape, array.dtype.str) for name, array in arrays.items()}
    text = json.dumps({"format": FORMAT, "arrays": declared, "header": dict(header)})
    with atomic_file(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        with archive.open("header.json", "w") as entry:
            entry.write(text.encode())
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def read(path: str | Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the header of a file that `write` wrote; tuples in the header have become lists.

    Raises:
        ValueError: a file that `write` did not write; the message names the file and what is wrong with it.
        OSError: no such file, or no permission to read it.
    """
    path = Path(path)
    arrays: dict[str, npt.NDArray[Any]] = {}
    with path.open("rb") as file, reading(path, advice=READ_ADVICE), zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
            raise ValueError("its contents are larger than the file")
        contents = from_json(parse(archive.read("header.json")), Contents)
        if contents.format != FORMAT:
            raise ValueError(f"it has format {contents.format}, this version reads format {FORMAT}")
        present = Counter(archive.namelist())
        declared = Counter(["header.json", *(f"{name}.npy" for name in contents.arrays)])
        if present != declared:
            raise ValueError(f"missing: {[*declared - present]}, unexpected: {[*present - declared]}")
        for name, (shape, dtype) in contents.arrays.items():
            with archive.open(f"{name}.npy") as entry:
                array = np.lib.format.read_array(entry, allow_pickle=False)
            if [*array.shape] != shape or array.dtype.str != dtype:
                raise ValueError(f"{name} is {array.dtype.str} {[*array.shape]}, declared was {dtype} {shape}")
            arrays[name] = array
        return arrays, contents.header


def pack(
    network: Sequential, metadata: Mapping[str, Any] | None = None, *, half: bool = False
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the header that `save` writes, see there."""
    if network.flat.ndim != 1:
        raise ValueError(f"a population of {len(network.flat)} cannot be saved: save the network of one genome")
    header = {
        "input_shape": network.input_shape,
        "dtype": network.flat.dtype.name,
        "network": network.config(),
        "metadata": dict(metadata or {}),
    }
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, parameter in network.parameters().items():
        arrays[name] = parameter.value
        if half and parameter.trainable:
            if np.abs(parameter.value).max() > FLOAT16_MAX:
                raise ValueError(
                    f"{name} holds numbers beyond {FLOAT16_MAX:,.0f}, the largest float16: save with half=False"
                )
            arrays[name] = parameter.value.astype(np.float16)
    return arrays, header


def unpack(arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> tuple[Sequential, dict[str, Any]]:
    """Return the network and the metadata of what `pack` returned.

    Raises:
        ValueError: a field of the header is missing, unknown or wrong, arrays do not fit the network, or a weight is no
            finite number.
    """
    about = from_json(header, NetworkHeader)
    # Compare before anything is allocated: the file may describe a network larger than memory.
    parameters = Sequential.from_config(about.network).parameters()
    expected = {name: parameter.shape for name, parameter in parameters.items()}
    found = {name: array.shape for name, array in arrays.items()}
    if found != expected:
        raise ValueError(f"its arrays are {found}, its network needs {expected}")
    dtype = np.float32 if about.dtype == "float32" else np.float64
    if any(array.dtype not in (dtype, np.float16) for array in arrays.values()):
        raise ValueError(f"its arrays are not all {about.dtype}, or float16")
    check_finite(arrays)
    for name, parameter in parameters.items():
        if parameter.size and arrays[name].min() < parameter.minimum:
            raise ValueError(f"{name} holds numbers below {parameter.minimum:g}")
    flat: Array = np.concatenate([np.empty(0, dtype), *(arrays[name].ravel() for name in expected)], dtype=dtype)
    network = Sequential.from_config(about.network)
    return Sequential(network.layers, input_shape=about.input_shape, flat=flat), about.metadata


def save(
    path: str | Path, network: Sequential, metadata: Mapping[str, Any] | None = None, *, half: bool = False
) -> None:
    """Write a network, and JSON-serialisable metadata, for `load`.

    Args:
        path: of the file.
        network: one network.
        metadata: by name.
        half: write trainable parameters as float16, in half the space; running statistics keep their dtype.

    Raises:
        ValueError: a population; save one network of it. Numbers too large for float16.
        TypeError: metadata that is not JSON-serialisable.
    """
    write(path, *pack(network, metadata, half=half))


def load(path: str | Path) -> tuple[Sequential, dict[str, Any]]:
    """Return the network that `save` wrote, and its metadata.

    Raises:
        ValueError: a file that holds no network, or one whose arrays do not fit it; the message names file and field.
        OSError: no such file, or no permission to read it.
    """
    with reading(path, "holds no network"):
        return unpack(*read(path))
