"""Saving, loading, and files that are damaged, wrong or malicious."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import nn
from nn import Dense, Flatten, LeakyReLU, Sequential, Softmax, files

Entries = dict[str, bytes]


@pytest.fixture
def network() -> Sequential:
    inner = Sequential([Dense(4, 4, "orthogonal"), LeakyReLU(0.3)])
    return Sequential([Flatten(), Dense(6, 4, "he"), inner, Dense(4, 2), Softmax()], input_shape=(1, 2, 3), rng=1)


@pytest.fixture
def path(tmp_path: Path, network: Sequential) -> Path:
    path = tmp_path / "network.npz"
    nn.save(path, network, metadata={"score": 12.5, "names": ["a", "ü"]})
    return path


def test_round_trip(path: Path, network: Sequential) -> None:
    loaded, metadata = nn.load(path)
    assert metadata == {"score": 12.5, "names": ["a", "ü"]}
    assert loaded.config() == network.config()
    assert loaded.input_shape == (1, 2, 3)
    assert loaded.flat.dtype == np.float32
    np.testing.assert_array_equal(loaded.flat, network.flat)
    x = np.random.default_rng(0).normal(size=(5, 1, 2, 3))
    np.testing.assert_array_equal(loaded.forward(x), network.forward(x))
    loaded.flat = 0
    assert (loaded.forward(x) == 0.5).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(tmp_path: Path, dtype: type[np.float32]) -> None:
    network = Sequential([Dense(2, 3)], (2,), rng=0, dtype=dtype)
    nn.save(str(tmp_path / "network.npz"), network)
    loaded, metadata = nn.load(str(tmp_path / "network.npz"))
    assert loaded.flat.dtype == dtype
    assert metadata == {}


def test_a_network_without_parameters(tmp_path: Path) -> None:
    nn.save(tmp_path / "network.npz", Sequential([Flatten()], (1, 2, 3), rng=0))
    assert nn.load(tmp_path / "network.npz")[0].forward(np.ones((4, 1, 2, 3))).shape == (4, 6)


def test_a_part_of_a_network(tmp_path: Path, network: Sequential) -> None:
    part = network.layers[2]
    assert isinstance(part, Sequential)
    nn.save(tmp_path / "part.npz", part)
    np.testing.assert_array_equal(nn.load(tmp_path / "part.npz")[0].flat, part.flat)


def test_a_folder_that_is_missing_is_named(tmp_path: Path, network: Sequential) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere to write n\.npz into"):
        nn.save(tmp_path / "nowhere" / "n.npz", network)


def test_a_population_is_refused(tmp_path: Path, network: Sequential) -> None:
    population = network.population(np.zeros((3, network.size), np.float32))
    with pytest.raises(ValueError, match="a population of 3 cannot be saved: save the network of one genome"):
        nn.save(tmp_path / "population.npz", population)


ARRAYS = {
    "planes": np.arange(24, dtype=np.uint16).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "file": np.array(7),
    "empty": np.empty((0, 3), np.float32),
    "text": np.array(["up", "down"]),
    "true": np.array([True, False]),
    "big": np.arange(3, dtype=">i4"),
}


def test_arrays_of_any_kind_and_name(tmp_path: Path) -> None:
    files.write(tmp_path / "a.npz", ARRAYS, {"step": 3})
    arrays, header = files.read(tmp_path / "a.npz")
    assert header == {"step": 3}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_numpy_opens_it_too(path: Path, network: Sequential) -> None:
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["3.weight"], network.parameters()["3.weight"].value)


def test_the_same_contents_give_the_same_bytes(tmp_path: Path, path: Path, network: Sequential) -> None:
    nn.save(tmp_path / "again.npz", network, {"score": 12.5, "names": ["a", "ü"]})
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_a_failed_write_leaves_the_old_file(path: Path, network: Sequential, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    objects: Any = np.array([{}])
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        files.write(path, {"a": np.zeros(3), "b": objects}, {})
    with pytest.raises(TypeError, match="not JSON serializable"):
        nn.save(path, network, {"rng": np.random.default_rng(0)})

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        nn.save(path, network)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]  # no temporary file stays


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.npz")


# Each of these changes the entries of a good file, by name.


def npy(array: npt.ArrayLike, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=allow_pickle)
    return buffer.getvalue()


def with_header(change: Callable[[dict[str, Any]], Any]) -> Callable[[Entries], None]:
    def apply(entries: Entries) -> None:
        contents = json.loads(entries["header.json"])
        change(contents)
        entries["header.json"] = json.dumps(contents).encode()

    return apply


def declare(name: str, array: npt.NDArray[Any]) -> Callable[[Entries], None]:
    """Replace or add an array, and declare it in the header as well."""

    def apply(entries: Entries) -> None:
        entries[f"{name}.npy"] = npy(array)
        with_header(lambda c: c["arrays"].update({name: [list(array.shape), array.dtype.str]}))(entries)

    return apply


def undeclare(entries: Entries) -> None:
    entries.pop("1.bias.npy")
    with_header(lambda c: c["arrays"].pop("1.bias"))(entries)


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("harm",)


def layer(number: int, **changes: object) -> Callable[[Entries], None]:
    return with_header(lambda c: c["header"]["network"]["layers"][number].update(changes))


HOSTILE: dict[str, tuple[Callable[[Entries], Any], str]] = {
    "missing array": (lambda e: e.pop("1.bias.npy"), r"missing: \['1.bias.npy'\], unexpected: \[\]"),
    "extra array": (lambda e: e.update({"x.npy": npy([1.0])}), r"missing: \[\], unexpected: \['x.npy'\]"),
    "missing, and not declared": (undeclare, "its network needs"),
    "extra, and declared": (declare("x", np.zeros(2, np.float32)), "its network needs"),
    "other shape": (lambda e: e.update({"1.bias.npy": npy(np.zeros(5, np.float32))}), r"1.bias is <f4 \[5\], declared"),
    "other shape, declared": (declare("1.bias", np.zeros(5, np.float32)), "its network needs"),
    "transposed": (declare("1.weight", np.zeros((4, 6), np.float32)), "its network needs"),
    "other type": (
        lambda e: e.update({"1.bias.npy": npy(np.zeros(4))}),
        r"1.bias is <f8 \[4\], declared was <f4 \[4\]",
    ),
    "other type, declared": (declare("1.bias", np.zeros(4)), "not all float32"),
    "pickled objects": (
        lambda e: e.update({"1.bias.npy": npy(np.array([Harm()]), allow_pickle=True)}),
        "Object arrays cannot be",
    ),
    "a pickle": (lambda e: e.update({"1.bias.npy": pickle.dumps(Harm())}), "cannot be read"),
    "no array": (lambda e: e.update({"1.bias.npy": b""}), "cannot be read"),
    "cut array": (lambda e: e.update({"1.bias.npy": e["1.bias.npy"][:-3]}), "cannot be read"),
    "huge array": (
        lambda e: e.update(
            {"1.bias.npy": e["1.bias.npy"].replace(b"(4,), }            ", b"(999999999999999,), }")[:128]}
        ),
        "cannot be read",
    ),
    "huger array": (
        lambda e: e.update(
            {"1.bias.npy": e["1.bias.npy"].replace(b"(4,), }" + b" " * 30, b"(" + b"9" * 31 + b",), }")}
        ),
        "cannot be read",
    ),
    "no header": (lambda e: e.pop("header.json"), "cannot be read: KeyError: .*header.json"),
    "header that is no JSON": (lambda e: e.update({"header.json": b"{'a'"}), "cannot be read: it is not JSON"),
    "header that is no text": (lambda e: e.update({"header.json": b"\xff\xfe\xfa"}), "cannot be read: it is not JSON"),
    "header that is a list": (lambda e: e.update({"header.json": b"[1]"}), "cannot be read"),
    "header without end": (lambda e: e.update({"header.json": b"[" * 100_000}), "cannot be read: it is not JSON"),
    "other format": (with_header(lambda c: c.update(format=2)), "it has format 2, this version reads format 1"),
    "no format": (with_header(lambda c: c.pop("format")), "cannot be read: format is missing"),
    "arrays as a number": (with_header(lambda c: c.update(arrays=3)), "cannot be read"),
    "no network": (with_header(lambda c: c["header"].pop("network")), "holds no network: network is missing"),
    "network as a text": (with_header(lambda c: c["header"].update(network="Dense")), "holds no network"),
    "unknown layer": (layer(0, type="Eval"), "holds no network: .*there is no layer 'Eval'"),
    "abstract layer": (layer(0, type="Layer"), "holds no network"),
    "unknown argument": (layer(0, command="rm"), "holds no network: Flatten.command is unknown to this release"),
    "length that is a text": (
        layer(1, outputs="4"),
        "holds no network: Dense.outputs is '4'; it must be a whole number",
    ),
    "length below 1": (layer(1, outputs=-4), "holds no network: .*at least 1 input"),
    "network larger than the machine": (layer(1, outputs=10**15), "its network needs"),
    "unknown initialiser": (layer(1, initialiser="eval"), "there is no initialiser 'eval'"),
    "other dtype": (with_header(lambda c: c["header"].update(dtype="float64")), "not all float64"),
    "dtype that is none": (
        with_header(lambda c: c["header"].update(dtype="object")),
        "dtype is 'object'; it must be 'float32' or 'float64'",
    ),
    "other input": (
        with_header(lambda c: c["header"].update(input_shape=[1, 2, 2])),
        r"Dense\(6, 4\) after Flatten of",
    ),
    "no input": (with_header(lambda c: c["header"].update(input_shape=[])), "needs an input_shape"),
    "metadata that is none": (with_header(lambda c: c["header"].update(metadata=3)), "holds no network"),
}


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_contents(
    path: Path, change: Callable[[Entries], Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    original = dict(entries)
    change(entries)
    assert entries != original
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in entries.items():
            archive.writestr(name, contents)
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path)
    assert str(caught.value).startswith(str(path))
    assert not Path("harm").exists()


def compressed(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("bomb.npy", bytes(10_000_000))


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("1.bias.npy", npy(np.ones(4, np.float32)))


def flipped(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[contents.index(b"NUMPY") + 140] ^= 1  # one bit of a weight
    path.write_bytes(contents)


DAMAGED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (lambda p: p.write_bytes(b""), "BadZipFile"),
    "text": (lambda p: p.write_text("weights"), "BadZipFile"),
    "a lone array": (lambda p: p.write_bytes(npy(np.zeros(3))), "BadZipFile"),
    "a pickle": (lambda p: p.write_bytes(pickle.dumps(Harm())), "BadZipFile"),
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-30]), "BadZipFile"),
    "without its start": (lambda p: p.write_bytes(p.read_bytes()[50:]), "cannot be read"),
    "one bit flipped": (flipped, "Bad CRC-32"),
    "another program's": (lambda p: np.savez(p, a=np.zeros(3)), "header.json"),
    "a bomb": (compressed, "its contents are larger than the file"),
    "an array twice": (twice, r"unexpected: \['1.bias.npy'\]"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_files(path: Path, damage: Callable[[Path], Any], message: str) -> None:
    damage(path)
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path)
    assert str(caught.value).startswith(f"{path} cannot be read: ")
