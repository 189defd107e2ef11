"""Numbers that PyTorch computes in float64, written to a JSON file by

    python -m tests.support.freeze_torch

so that the quick tests need no PyTorch. `network` is also called by the tests that have it, with other seeds.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

import nn

FILE = Path(__file__).with_name("torch_numbers.json")
LOGITS = [[1.5, -0.3, 0.2, 4.0], [-2.0, 0.1, 0.7, 0.4], [0.3, 0.9, -1.2, -0.6]]
CLASSES = [3, 0, 2]
SHARES = [[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.0, 0.25, 0.25, 0.5]]
CLASS_WEIGHTS = [0.5, 1.0, 2.0, 4.0]


def losses() -> dict[str, Any]:
    """By call: value and gradient."""

    def both(function: Any, targets: Any, **options: Any) -> tuple[float, Any]:
        y = torch.tensor(LOGITS, requires_grad=True)
        value = function(y, torch.tensor(targets), **options)
        (gradient,) = torch.autograd.grad(value, y)
        return value.item(), gradient.tolist()

    found = {
        "MeanSquaredError()": both(functional.mse_loss, SHARES),
        "Huber()": both(functional.huber_loss, SHARES),
        "Huber(0.3)": both(functional.huber_loss, SHARES, delta=0.3),
        "BinaryCrossEntropy()": both(functional.binary_cross_entropy_with_logits, SHARES),
    }
    for name, targets in {"classes": CLASSES, "shares": SHARES}.items():
        for smoothing in (0.0, 0.1):
            for weights in (None, CLASS_WEIGHTS):
                as_torch = None if weights is None else torch.tensor(weights)
                found[f"SoftmaxCrossEntropy({smoothing}, {weights}) {name}"] = both(
                    functional.cross_entropy, targets, weight=as_torch, label_smoothing=smoothing
                )
    return found


def optimisers() -> dict[str, Any]:
    """By call: a weight of four and a bias of two, after the first and after the fifth step."""

    def steps(kind: Any, **options: Any) -> tuple[Any, Any]:
        weight = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
        bias = torch.tensor([-1.0, 0.2], requires_grad=True)
        optimiser, path = kind(groups([weight, bias]), **options), []
        for t in range(1, 6):
            gradient = torch.sin(t * torch.arange(1.0, 7.0))
            weight.grad, bias.grad = gradient[:4].reshape(2, 2), gradient[4:]
            optimiser.step()
            path.append([*weight.flatten().tolist(), *bias.tolist()])
        return path[0], path[-1]

    optim = torch.optim
    return {
        "SGD(network, 0.1)": steps(optim.SGD, lr=0.1),
        "SGD(network, 0.1, 0.9)": steps(optim.SGD, lr=0.1, momentum=0.9),
        "SGD(network, 0.1, 0.9, nesterov=True)": steps(optim.SGD, lr=0.1, momentum=0.9, nesterov=True),
        "RMSProp(network)": steps(optim.RMSprop),
        "RMSProp(network, 0.1, 0.8, 0.01)": steps(optim.RMSprop, lr=0.1, alpha=0.8, eps=0.01),
        "Adam(network)": steps(optim.Adam),
        "Adam(network, 0.1, (0.8, 0.95), 0.01)": steps(optim.Adam, lr=0.1, betas=(0.8, 0.95), eps=0.01),
        "AdamW(network)": steps(optim.AdamW),
        "AdamW(network, 0.1, weight_decay=0.3)": steps(optim.AdamW, lr=0.1, weight_decay=0.3),
    }


def groups(tensors: list[torch.Tensor]) -> list[dict[str, Any]]:
    """The matrices and kernels, which AdamW shrinks, and all others, which it does not in `nn`."""
    weights = [tensor for tensor in tensors if tensor.ndim in (2, 4)]
    others = [tensor for tensor in tensors if tensor.ndim not in (2, 4)]
    return [{"params": weights}, {"params": others, "weight_decay": 0.0}]


def schedules() -> dict[str, Any]:
    """The learning rates of 20 steps."""

    def rates(kind: Any, **options: Any) -> list[float]:
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule, path = kind(optimiser, **options), [0.1]
        path[0] = optimiser.param_groups[0]["lr"]
        for _ in range(19):
            optimiser.step()
            schedule.step()
            path.append(optimiser.param_groups[0]["lr"])
        return path

    kinds = torch.optim.lr_scheduler
    return {
        "MultiStepLR": rates(kinds.MultiStepLR, milestones=[5, 15], gamma=0.3),
        "CosineAnnealingLR": rates(kinds.CosineAnnealingLR, T_max=20, eta_min=0.01),
        "OneCycleLR": rates(kinds.OneCycleLR, max_lr=0.1, total_steps=20),
    }


def clipping() -> dict[str, Any]:
    """By limit: the length of LOGITS as a gradient, and what is left of it."""

    def both(limit: float) -> tuple[float, Any]:
        parameter = torch.zeros(3, 4, requires_grad=True)
        parameter.grad = torch.tensor(LOGITS)
        length = torch.nn.utils.clip_grad_norm_(parameter, limit)
        return length.item(), parameter.grad.tolist()

    return {str(limit): both(limit) for limit in (0.5, 3.0, 100.0)}


def network(kind: str, optimiser: str, seed: int) -> dict[str, Any]:
    """Train a network of `nn` and seed in PyTorch.

    Args:
        kind: "images", with a cross-entropy, or "vectors", with the mean squared error of a softmax.
        optimiser: "SGD", with momentum, "Adam" or "AdamW".
        seed: of the shapes, the first weights and the batches.

    Returns:
        layers and input_shape, for `Sequential`; flat: the first weights; optimiser: name and arguments in `nn`; x and
        y: batches; then what PyTorch found: losses and flats, of and after each step, and outputs of the first batch.
    """
    rng = np.random.default_rng(seed)
    N, steps = rng.integers(3, 6), 4
    layers, shape = (_images if kind == "images" else _vectors)(rng)
    ours = nn.Sequential(layers, shape, rng=rng, dtype=np.float64)
    flat = (ours.flat + rng.normal(0, 0.1, ours.size)).round(3)  # biases other than 0
    theirs = torch.nn.Sequential(*(_twin(layer) for layer in ours.layers)).double()
    with torch.no_grad():
        start = 0
        for tensor in _tensors(theirs):
            stop = start + tensor.numel()
            tensor.copy_(torch.tensor(flat[start:stop]).reshape(tensor.shape))
            start = stop
    x = rng.normal(size=(steps, N, *shape)).round(1)
    classes = rng.integers(3, size=(steps, N))
    y = classes if kind == "images" else np.eye(3)[classes]
    loss = functional.cross_entropy if kind == "images" else functional.mse_loss
    options, arguments = {
        "SGD": ({"lr": 0.1, "momentum": 0.9}, {"learning_rate": 0.1, "momentum": 0.9}),
        "Adam": ({"lr": 0.01}, {"learning_rate": 0.01}),
        "AdamW": ({"lr": 0.01, "weight_decay": 0.3}, {"learning_rate": 0.01, "weight_decay": 0.3}),
    }[optimiser]
    step = getattr(torch.optim, optimiser)(groups(list(theirs.parameters())), **options)

    values, flats = [], []
    for inputs, targets in zip(torch.tensor(x), torch.tensor(y), strict=True):
        step.zero_grad()
        value = loss(theirs(inputs), targets)
        torch.autograd.backward(value)
        step.step()
        values.append(value.item())
        flats.append(torch.cat([tensor.flatten() for tensor in _tensors(theirs)]).numpy().round(12).tolist())
    theirs.eval()
    return {
        "layers": ours.config()["layers"],
        "input_shape": list(shape),
        "flat": flat.tolist(),
        "optimiser": [optimiser, arguments],
        "x": x.tolist(),
        "y": y.tolist(),
        "losses": values,
        "flats": flats,
        "outputs": theirs(torch.tensor(x[0])).tolist(),
    }


def _images(rng: np.random.Generator) -> tuple[list[nn.Layer], tuple[int, ...]]:
    C, D, E = (int(n) for n in rng.integers(1, 4, 3))
    H, W = (int(n) for n in rng.integers(7, 11, 2))
    layers: list[nn.Layer] = [
        nn.Conv2D(C, D, kernel=(3, 2), stride=2, padding=1, bias=False),
        nn.BatchNorm(D),
        nn.ReLU(),
        nn.Conv2D(D, E, kernel=2, padding=int(rng.integers(3))),
        nn.MaxPool2D(2, 1),
    ]
    inner = nn.Sequential(layers).output_shape((C, H, W))
    layers += [nn.LayerNorm(inner), nn.LeakyReLU(0.1), nn.AvgPool2D(2), nn.Flatten()]
    (features,) = nn.Sequential(layers).output_shape((C, H, W))
    layers += [nn.Dense(features, 4), nn.Tanh(), nn.BatchNorm(4), nn.Dense(4, 3)]
    return layers, (C, H, W)


def _vectors(rng: np.random.Generator) -> tuple[list[nn.Layer], tuple[int, ...]]:
    F, G = (int(n) for n in rng.integers(2, 7, 2))
    return [nn.Dense(F, G), nn.LayerNorm(G), nn.Sigmoid(), nn.Dense(G, 3), nn.Softmax()], (F,)


def _twin(layer: nn.Layer) -> torch.nn.Module:
    """The same layer in PyTorch."""
    match layer:
        case nn.Dense():
            return torch.nn.Linear(layer.inputs, layer.outputs)
        case nn.Conv2D():
            assert isinstance(layer.padding, int)
            bias = layer.bias is not None
            return torch.nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.padding, bias=bias)
        case nn.BatchNorm():
            images = len(layer.input_shape) == 3
            return (torch.nn.BatchNorm2d if images else torch.nn.BatchNorm1d)(layer.features)
        case nn.LayerNorm():
            return torch.nn.LayerNorm(layer.features)
        case nn.MaxPool2D():
            return torch.nn.MaxPool2d(layer.windows.size, layer.windows.stride)
        case nn.AvgPool2D():
            return torch.nn.AvgPool2d(layer.windows.size, layer.windows.stride)
        case nn.LeakyReLU():
            return torch.nn.LeakyReLU(layer.slope)
        case nn.Softmax():
            return torch.nn.Softmax(dim=-1)
        case _:  # ReLU, Tanh, Sigmoid, Flatten: no arguments, the same names
            module: torch.nn.Module = getattr(torch.nn, type(layer).__name__)()
            return module


def _tensors(network: torch.nn.Module) -> list[torch.Tensor]:
    """Parameters and running statistics as they lie in the flat vector of `nn`, where Dense has its weight turned."""
    tensors: list[torch.Tensor] = []
    for module in network.children():
        own = [tensor.detach() for tensor in module.parameters()]
        if isinstance(module, torch.nn.Linear):
            own[0] = own[0].T
        tensors += own
        tensors += [tensor for name, tensor in module.named_buffers() if name.startswith("running")]
    return tensors


NETWORKS = [("images", "SGD", 9), ("images", "Adam", 6), ("images", "AdamW", 8), ("vectors", "Adam", 0)]


def everything() -> dict[str, Any]:
    """What the file holds."""
    torch.set_default_dtype(torch.float64)
    found = {
        "version": torch.__version__,
        "losses": losses(),
        "optimisers": optimisers(),
        "schedules": schedules(),
        "clipping": clipping(),
        "networks": {f"{kind} {optimiser}": network(kind, optimiser, seed) for kind, optimiser, seed in NETWORKS},
    }
    torch.set_default_dtype(torch.float32)
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(everything(), separators=(",", ":")) + "\n", encoding="utf-8")
