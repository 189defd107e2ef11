"""PyTorch and scikit-learn doing the same work as our networks, each in its fastest mode.

The packages are imported only when they are measured.
"""

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

import nn
from scripts.benchmarks.comparison import Measure, fastest, repeat

# So small that a batch repeated thousands of times is not overfitted: tiny gradients are denormal, slow numbers.
LEARNING_RATE = 1e-5
COMPILE_LIMIT = 60.0  # seconds in which a small network must be compiled

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Peer = tuple[str, Measure | None]  # the mode that was fastest, and its speed
ABSENT: Peer = ("", None)


def missing() -> list[str]:
    """Return the packages that are not installed."""
    modules = {"torch": ["torch"], "scikit-learn": ["sklearn", "threadpoolctl"]}
    return [package for package, names in modules.items() if any(find_spec(name) is None for name in names)]


def torch_training(network: nn.Sequential, x: FloatArray, labels: IntArray, threads: int, seconds: float) -> Peer:
    """Return the fastest mode of PyTorch's training on a batch, and its samples per second.

    Tried are eager mode with Adam and fused Adam, both memory formats, both orders of ReLU and pooling, and the best of
    these compiled.
    """
    import torch

    torch.set_num_threads(threads)
    orders = {"": unfused(network.layers)}
    if any(isinstance(layer, nn.MaxPool2D) for layer in orders[""]):
        orders["ReLU first, "] = relu_first(orders[""])
    variants = {
        order + layout + name: (layers, memory_format, fused)
        for order, layers in orders.items()
        for layout, memory_format in layouts(x).items()
        for name, fused in {"Adam": False, "fused Adam": True}.items()
    }
    modes = {f"eager, {name}": repeat(torch_step(x, labels, *variant), len(x)) for name, variant in variants.items()}
    best = fastest(modes, seconds)
    if compiles():
        name = best.removeprefix("eager, ")
        modes[f"compiled, {name}"] = repeat(torch_step(x, labels, *variants[name], compiled=True), len(x))
        best = fastest({mode: modes[mode] for mode in (f"compiled, {name}", best)}, seconds)
    return best, modes[best]


def torch_step(
    x: FloatArray,
    labels: IntArray,
    layers: Sequence[nn.Layer],
    memory_format: Any,  # noqa: ANN401  PyTorch's, which may not be installed
    fused: bool,
    compiled: bool = False,
) -> Callable[[], None]:
    """Return a function that makes one training step in PyTorch."""
    import torch

    module = twin(layers).to(memory_format=memory_format)
    inputs, targets = torch.from_numpy(x).contiguous(memory_format=memory_format), torch.from_numpy(labels)
    optimiser = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE, fused=fused or None)

    def value(x: Any, y: Any) -> Any:  # noqa: ANN401  tensors
        return torch.nn.functional.cross_entropy(module(x), y)

    if compiled:
        torch._dynamo.reset()
        value = torch.compile(value)

    def step() -> None:
        optimiser.zero_grad()
        value(inputs, targets).backward()
        optimiser.step()

    return step


def layouts(x: FloatArray) -> dict[str, Any]:
    """Return PyTorch's memory formats for these inputs."""
    import torch

    formats = {"": torch.contiguous_format}
    return formats | {"channels last, ": torch.channels_last} if x.ndim == 4 else formats


@cache
def compiles() -> bool:
    """Return whether torch.compile works here, in reasonable time."""
    import torch

    started = time.perf_counter()
    try:
        network = nn.Sequential([nn.Dense(4, 4)], input_shape=(4,), rng=0)
        x, labels = np.zeros((8, 4), np.float32), np.zeros(8, np.int64)
        torch_step(x, labels, network.layers, torch.contiguous_format, fused=True, compiled=True)()
    except Exception as error:
        print(f"torch.compile does not work here; left out ({type(error).__name__})", file=sys.stderr)
        return False
    return time.perf_counter() - started < COMPILE_LIMIT


def torch_forward(network: nn.Sequential, x: FloatArray, seconds: float) -> Peer:
    """Return the fastest mode of TorchScript's forward pass on one thread, and its samples per second."""
    import torch

    torch.set_num_threads(1)
    modes: dict[str, Measure] = {}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # PyTorch recommends its newer exporters
        for layout, memory_format in layouts(x).items():
            inputs = torch.from_numpy(x).contiguous(memory_format=memory_format)
            traced = torch.jit.trace(twin(network.layers).eval().to(memory_format=memory_format), inputs)
            frozen = torch.jit.freeze(traced)
            modes[f"{layout}frozen"] = repeat_inference(frozen, inputs)
            modes[f"{layout}optimised"] = repeat_inference(torch.jit.optimize_for_inference(frozen), inputs)
    best = fastest(modes, seconds)
    return best, modes[best]


def repeat_inference(module: Any, x: Any) -> Measure:  # noqa: ANN401
    """Return the samples per second of forward passes in inference mode."""
    import torch

    speed = repeat(lambda: module(x), len(x))

    def run(seconds: float) -> float:
        with torch.inference_mode():
            return speed(seconds)

    return run


def sklearn_training(x: FloatArray, labels: IntArray, batch: int, threads: int, seconds: float) -> Peer:
    """Return the faster number of BLAS threads for scikit-learn's MLP of 128 units, and its samples per second."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((128,), batch_size=batch, learning_rate_init=LEARNING_RATE, shuffle=False, alpha=0.0)
    classes = np.unique(labels)
    speed = repeat(lambda: model.partial_fit(x, labels, classes=classes), len(x))
    modes = {f"BLAS threads: {count}": with_blas(speed, count) for count in sorted({1, threads})}
    best = fastest(modes, seconds)
    return best, modes[best]


def with_blas(speed: Measure, threads: int) -> Measure:
    """Return the speed of the same work with this many BLAS threads."""
    from threadpoolctl import threadpool_limits

    def run(seconds: float) -> float:
        with threadpool_limits(threads, user_api="blas"):
            return speed(seconds)

    return run


def unfused(layers: Sequence[nn.Layer]) -> list[nn.Layer]:
    """Return the same layers, with normalisation and pooling as separate layers."""
    found: list[nn.Layer] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNormMaxPool2D):
            found += [nn.BatchNorm(layer.features, layer.momentum, layer.epsilon), nn.MaxPool2D(layer.windows.size)]
        else:
            found.append(layer)
    return found


def relu_first(layers: Sequence[nn.Layer]) -> list[nn.Layer]:
    """Return the same layers with each ReLU moved before the pooling that it follows."""
    changed = list(layers)
    for i, layer in enumerate(changed[:-1]):
        if isinstance(layer, nn.MaxPool2D) and isinstance(changed[i + 1], nn.ReLU):
            changed[i : i + 2] = changed[i + 1], layer
    return changed


def twin(layers: Sequence[nn.Layer]) -> Any:  # noqa: ANN401
    """Return the same network in PyTorch, with the same weights."""
    import torch

    modules: list[Any] = []
    for layer in unfused(layers):
        module: Any
        match layer:
            case nn.Dense():
                module = torch.nn.Linear(layer.inputs, layer.outputs)
                values = {"weight": layer.weight.value.T, "bias": layer.bias.value}
            case nn.Conv2D():
                padding = (layer.kernel[0] // 2, layer.kernel[1] // 2)
                bias = layer.bias is not None
                module = torch.nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, padding=padding, bias=bias)
                values = {name: parameter.value for name, parameter in layer.parameters().items()}
            case nn.BatchNorm():
                module, values = torch.nn.BatchNorm2d(layer.features, layer.epsilon, layer.momentum), {}
            case nn.MaxPool2D():
                module, values = torch.nn.MaxPool2d(layer.windows.size, layer.windows.stride), {}
            case nn.Dropout():
                module, values = torch.nn.Dropout(layer.rate), {}
            case _:  # ReLU, Tanh and Flatten have the same names
                module, values = getattr(torch.nn, type(layer).__name__)(), {}
        with torch.no_grad():
            for name, value in values.items():
                getattr(module, name).copy_(torch.from_numpy(value))
        modules.append(module)
    return torch.nn.Sequential(*modules)
