"""The parameters that small classifiers reach after three epochs, with every layer, optimiser and kernel at work."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

OPTIMISERS: dict[str, Callable[[nn.Sequential], nn.Optimiser]] = {
    "adamw": lambda network: nn.AdamW(network, 0.005),
    "sgd": lambda network: nn.SGD(network, 0.05, 0.9),
    "rmsprop": lambda network: nn.RMSProp(network, 0.002),
}


def classifiers() -> dict[str, NDArray[Any]]:
    """Return the parameters of each classifier, by name."""
    found = {}
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=120)

    def fit(name: str, layers: Sequence[nn.Layer], optimiser: str = "adamw", **options: Any) -> None:
        shape = SHAPES[name]
        x = rng.normal(size=(120, *shape)).astype(np.float32)
        network = nn.Sequential(layers, shape, rng=1)
        trainer = nn.Trainer(
            network,
            nn.SoftmaxCrossEntropy(0.1),
            OPTIMISERS[optimiser](network),
            nn.schedules.one_cycle(0.005),
            batch_size=24,
            ema_decay=0.9,
            num_shards=2,
            seed=3,
            **options,
        )
        trainer.fit(x, labels, epochs=3)
        found[name] = network.flat

    fit("mlp", [nn.Flatten(), nn.Dense(60, 24), nn.ReLU(), nn.Dropout(0.2), nn.Dense(24, 4)])
    fit("mlp sgd", [nn.Dense(20, 24), nn.LayerNorm(24), nn.Tanh(), nn.Dense(24, 4)], "sgd", max_grad_norm=1.0)
    first = [nn.Conv2D(1, 4, bias=False), nn.MaxPool2D(), nn.BatchNorm(4), nn.ReLU()]
    second = [nn.Conv2D(4, 6, bias=False), nn.BatchNorm(6), nn.ReLU(), nn.AvgPool2D()]
    fit("cnn", [*first, *second, nn.Flatten(), nn.Dense(6 * 12, 4)])
    fused = [nn.Conv2D(3, 8, bias=False), nn.BatchNormMaxPool2D(8), nn.ReLU()]
    fit(
        "cnn fused",
        [*fused, nn.Conv2D(8, 16, kernel=(3, 3)), nn.LeakyReLU(), nn.Flatten(), nn.Dense(16 * 48, 4)],
        "rmsprop",
    )
    return found


SHAPES = {"mlp": (3, 4, 5), "mlp sgd": (20,), "cnn": (1, 16, 12), "cnn fused": (3, 16, 12)}
