"""Networks: building them from layers, their vector of parameters, and the messages of their errors."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nn import Conv2D, Dense, Flatten, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, Softmax, Tanh
from nn.types import Array


def small(seed: int = 0) -> Sequential:
    return Sequential([Dense(3, 4), Tanh(), Dense(4, 2)], input_shape=(3,), rng=seed)


def nested(seed: int = 0) -> Sequential:
    inner = Sequential([Dense(5, 5, "orthogonal"), LeakyReLU(0.2), Dense(5, 2)])
    return Sequential([Flatten(), Dense(12, 5, "he"), ReLU(), inner, Softmax()], input_shape=(1, 3, 4), rng=seed)


def test_forward_by_hand() -> None:
    network = Sequential([Dense(2, 2), ReLU(), Dense(2, 1)], (2,), flat=np.array([1.0, -1, 2, 3, 0.5, -8, 10, 100, 7]))
    # [1, 2] [[1, -1], [2, 3]] + [0.5, -8] = [5.5, -3]; ReLU: [5.5, 0]; 5.5 · 10 + 0 · 100 + 7 = 62
    np.testing.assert_array_equal(network.forward([[1, 2]]), [[62]])


def test_backward_by_hand() -> None:
    network = Sequential([Dense(2, 2), ReLU(), Dense(2, 1)], (2,), flat=np.array([1.0, -1, 2, 3, 0.5, -8, 10, 100, 7]))
    network.forward([[1, 2]], training=True)
    # dL/dy = 1: into layer 2 [10, 100]; past ReLU [10, 0]; weight [[1·10, 0], [2·10, 0]]; x: [10 · 1, 10 · 2]
    np.testing.assert_array_equal(network.backward([[1]]), [[10, 20]])
    np.testing.assert_array_equal(network.gradient, [10, 0, 20, 0, 10, 0, 5.5, 0, 1])


def test_layers_are_views_of_one_vector() -> None:
    network = nested()
    parameters = network.parameters()
    assert {name: p.shape for name, p in parameters.items()} == {
        "1.weight": (12, 5),
        "1.bias": (5,),
        "3.0.weight": (5, 5),
        "3.0.bias": (5,),
        "3.2.weight": (5, 2),
        "3.2.bias": (2,),
    }
    network.flat = np.arange(network.size)
    network.gradient = -np.arange(network.size)
    numbers = np.concatenate([p.value.ravel() for p in parameters.values()])
    np.testing.assert_array_equal(numbers, np.arange(107))
    for parameter in parameters.values():
        assert np.shares_memory(parameter.value, network.flat)
        assert np.shares_memory(parameter.gradient, network.gradient)
        np.testing.assert_array_equal(parameter.value, -parameter.gradient)
    inner = network.layers[3]
    assert isinstance(inner, Sequential)
    assert np.shares_memory(inner.flat, network.flat)
    np.testing.assert_array_equal(inner.flat, np.arange(65, 107))
    np.testing.assert_array_equal(inner.gradient, -np.arange(65, 107))


def test_assigning_writes_into_the_vector() -> None:
    network = small()
    memory = network.flat
    network.flat = np.ones(network.size)
    network.flat -= 0.5
    dense = network.layers[0]
    assert isinstance(dense, Dense)
    dense.weight.value = np.full((3, 4), 3)
    dense.weight.value *= 2
    assert network.flat is memory
    np.testing.assert_array_equal(network.flat, [6] * 12 + [0.5] * 14)
    with pytest.raises(ValueError, match="broadcast"):
        network.flat = np.ones(5)


def test_a_given_vector_is_not_copied() -> None:
    genome = np.random.default_rng(0).normal(size=26)
    network = Sequential([Dense(3, 4), Tanh(), Dense(4, 2)], (3,), flat=genome)
    assert network.flat is genome
    assert network.forward(np.ones((1, 3))).dtype == np.float64


def test_a_seed_decides_everything() -> None:
    np.testing.assert_array_equal(small(7).flat, small(7).flat)
    np.testing.assert_array_equal(nested(7).flat, Sequential(**nested().config(), input_shape=(1, 3, 4), rng=7).flat)
    generator = Sequential([Dense(3, 4), Tanh(), Dense(4, 2)], (3,), rng=np.random.default_rng(7))
    np.testing.assert_array_equal(small(7).flat, generator.flat)
    assert (small(7).flat != small(8).flat).any()


def test_float32_starts_where_float64_starts() -> None:
    layers = small().config()
    single, double = (Sequential(**layers, input_shape=(3,), rng=3, dtype=dtype) for dtype in (np.float32, np.float64))
    assert single.flat.dtype == np.float32
    np.testing.assert_array_equal(single.flat, double.flat.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64, np.bool_])
def test_inputs_of_any_type_become_float32(dtype: npt.DTypeLike) -> None:
    x = np.array([[0, 1, 1], [1, 1, 0]])
    network = small()
    y = network.forward(x.astype(dtype), training=True)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, network.forward(x.astype(np.float32)))
    assert network.backward(np.ones((2, 2), np.float64)).dtype == np.float32


def test_an_empty_batch() -> None:
    network = nested()
    assert network.forward(np.empty((0, 1, 3, 4)), training=True).shape == (0, 2)
    assert network.backward(np.empty((0, 2))).shape == (0, 1, 3, 4)
    assert not network.gradient.any()


@pytest.mark.parametrize(
    ("layers", "input_shape", "message"),
    [
        (
            [Flatten(), Dense(1568, 128)],
            (16, 13, 13),
            "Dense(1568, 128) after Flatten of (16, 13, 13) needs 2704 inputs",
        ),
        ([Dense(4, 3), Dense(4, 2)], (4,), "Dense(4, 2) after Dense(4, 3) of (4,) needs 3 inputs"),
        ([Dense(5, 3)], (4,), "Dense(5, 3) on an input of (4,) needs 4 inputs"),
        ([Dense(36, 3)], (4, 3, 3), "Dense(36, 3) on an input of (4, 3, 3) needs a vector: put Flatten() before it"),
        ([Flatten()], (3, 4), "Flatten() on an input of (3, 4) needs (channels, rows, columns)"),
        ([ReLU(), Softmax()], (2, 3), "Softmax() after ReLU of (2, 3) needs a vector of scores"),
        (
            [Tanh(), Sequential([Dense(2, 3), Dense(2, 3)])],
            (2,),
            "Dense(2, 3) after Dense(2, 3) of (2,) needs 3 inputs",
        ),
    ],
)
def test_layers_that_do_not_fit(layers: list[Layer], input_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=r"needs") as caught:
        Sequential(layers, input_shape, rng=0)
    assert str(caught.value) == message


def test_a_class_in_place_of_a_layer() -> None:
    layers: list[Any] = [Dense(3, 4), ReLU]
    with pytest.raises(TypeError, match=r"ReLU'> is no layer: write for example ReLU\(\), with parentheses"):
        Sequential(layers, (3,), rng=0)


def test_a_layer_belongs_to_one_network() -> None:
    tanh = Tanh()
    with pytest.raises(ValueError, match=r"Tanh\(\) already belongs to a network: make a new layer for each place"):
        Sequential([tanh, Dense(3, 3), tanh], (3,), rng=0)
    first = small()
    with pytest.raises(ValueError, match=r"Dense\(3, 4\) already belongs to a network"):
        Sequential(first.layers, (3,), rng=0)
    with pytest.raises(ValueError, match=r"Sequential\(.*\) already belongs to a network"):
        Sequential([first, Tanh()], (3,), rng=0)


@pytest.mark.parametrize(
    "arguments",
    [{"input_shape": (3,)}, {"rng": 0}, {"input_shape": (3,), "rng": 0, "flat": np.zeros(26)}, {"flat": np.zeros(26)}],
)
def test_either_rng_or_flat_is_needed(arguments: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match="needs an input_shape and either rng, which draws its parameters, or their flat"
    ):
        Sequential([Dense(3, 4), Tanh(), Dense(4, 2)], **arguments)


@pytest.mark.parametrize("flat", [np.zeros(25), np.zeros(26, np.int64), np.zeros(26, np.float16), np.zeros((1, 1, 26))])
def test_a_vector_that_does_not_fit(flat: Array) -> None:
    with pytest.raises(ValueError, match=r"this network takes float32 or float64 \(26,\), or \(M, 26\)"):
        Sequential([Dense(3, 4), Tanh(), Dense(4, 2)], (3,), flat=flat)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 3), (2, 1, 3)])
def test_an_input_that_does_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"the input is .*, this network takes \(N, 3\)"):
        small().forward(np.zeros(shape))


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2), (3, 2)])
def test_a_gradient_that_does_not_fit(shape: tuple[int, ...]) -> None:
    network = small()
    network.forward(np.zeros((2, 3)), training=True)
    with pytest.raises(ValueError, match=r"the gradient is .*, the output it belongs to \(2, 2\)"):
        network.backward(np.zeros(shape))


def test_a_layer_outside_of_a_network_has_no_memory() -> None:
    with pytest.raises(
        AttributeError, match="this Parameter has no value yet: a layer gets its memory from the Sequential"
    ):
        Dense(3, 2).forward(np.ones((1, 3)))
    with pytest.raises(AttributeError, match=r"this Sequential has no flat yet: .* needs an input_shape"):
        Sequential([Dense(3, 2)]).forward(np.ones((1, 3)))


def test_config_is_json_and_builds_a_twin() -> None:
    lengths: list[Any] = [np.int64(3), np.int64(4)]  # as Gymnasium's spaces give them
    network = Sequential([Dense(*lengths), LeakyReLU(0.5), Sequential([Sigmoid()])], (3,), 0)
    config = json.loads(json.dumps(network.config()))
    assert config == network.config()
    twin = Sequential(**config, input_shape=(3,), rng=0)
    assert repr(twin) == repr(network) == "Sequential(Dense(3, 4), LeakyReLU(0.5), Sequential(Sigmoid()))"
    np.testing.assert_array_equal(twin.flat, network.flat)


def test_an_unknown_layer_in_a_config() -> None:
    with pytest.raises(ValueError, match=r"no layer 'Conv9', only .*Dense.*: import your own layers before loading"):
        Sequential([{"type": "Conv9"}])


def test_two_modules_cannot_have_layers_of_one_name() -> None:
    with pytest.raises(TypeError, match=r"there is a layer Dense already, in nn.layers.dense: rename the new one"):
        type("Dense", (Layer,), {})


@pytest.mark.parametrize("way", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_have_their_own_memory(way: Callable[[Layer], Layer]) -> None:
    network = nested()
    network.forward(np.ones((2, 1, 3, 4)), training=True)
    twin = way(network)
    assert isinstance(twin, Sequential)
    x = np.random.default_rng(0).normal(size=(2, 1, 3, 4))
    np.testing.assert_array_equal(twin.forward(x), network.forward(x))
    assert not np.shares_memory(twin.flat, network.flat)
    twin.flat = 0  # reaches the twin's layers
    assert (twin.forward(x) == 0.5).all()
    assert (network.forward(x) != 0.5).any()
    assert repr(way(network.layers[3])) == repr(network.layers[3])
    assert repr(way(Sequential([Tanh()]))) == "Sequential(Tanh())"


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    nested().summary()
    assert (
        capsys.readouterr().out
        == """\
      input                           (1, 3, 4)                   \n\
0     Flatten()                       (12,)                      0
1     Dense(12, 5)                    (5,)                      65
2     ReLU()                          (5,)                       0
3.0   Dense(5, 5)                     (5,)                      30
3.1   LeakyReLU(0.2)                  (5,)                       0
3.2   Dense(5, 2)                     (2,)                      12
4     Softmax()                       (2,)                       0
      total                           (2,)                     107
"""
    )


def test_a_summary_makes_room_for_long_names(capsys: pytest.CaptureFixture[str]) -> None:
    network = Sequential([Conv2D(1, 2), Flatten(), Dense(24, 5)], (1, 3, 4), rng=0)
    network.summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "0     Conv2D(1, 2, (3, 3), stride=1, padding='same')  (2, 3, 4)                 20"
    assert {len(line) for line in lines} == {len(lines[1])}
    assert {line.index("(", 50) for line in lines} == {lines[1].index("(2, 3, 4)")}


def test_learns_xor() -> None:
    network = Sequential([Dense(2, 8), Tanh(), Dense(8, 1)], (2,), rng=0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    target = np.array([[0], [1], [1], [0]])
    for _ in range(1000):
        y = network.forward(x, training=True)
        network.gradient = 0
        network.backward(2 * (y - target) / len(x))  # mean squared error
        network.flat -= 0.1 * network.gradient
    assert np.abs(network.forward(x) - target).max() < 0.05
