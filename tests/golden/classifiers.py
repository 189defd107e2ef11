"""The parameters that small classifiers reach after three epochs: every layer, optimiser and kernel at work."""

import numpy as np

import nn


def classifiers():
    found = {}
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=120)

    def fit(name, layers, shape, kind="adamw", **options):
        x = rng.normal(size=(120, *shape)).astype(np.float32)
        network = nn.Sequential(layers, shape, rng=1)
        optimiser = {
            "adamw": lambda: nn.AdamW(network, 0.005),
            "sgd": lambda: nn.SGD(network, 0.05, 0.9),
            "rmsprop": lambda: nn.RMSProp(network, 0.002),
        }[kind]()
        nn.Trainer(
            network,
            nn.SoftmaxCrossEntropy(0.1),
            optimiser,
            nn.schedules.one_cycle(0.005),
            batch_size=24,
            ema_decay=0.9,
            num_shards=2,
            seed=3,
            **options,
        ).fit(x, labels, epochs=3)
        found[name] = network.flat

    fit("mlp", [nn.Flatten(), nn.Dense(60, 24), nn.ReLU(), nn.Dropout(0.2), nn.Dense(24, 4)], (3, 4, 5))
    fit("mlp sgd", [nn.Dense(20, 24), nn.LayerNorm(24), nn.Tanh(), nn.Dense(24, 4)], (20,), "sgd", max_grad_norm=1.0)
    fit(
        "cnn",
        [
            nn.Conv2D(1, 4, bias=False),
            nn.MaxPool2D(),
            nn.BatchNorm(4),
            nn.ReLU(),
            nn.Conv2D(4, 6, bias=False),
            nn.BatchNorm(6),
            nn.ReLU(),
            nn.AvgPool2D(),
            nn.Flatten(),
            nn.Dense(6 * 12, 4),
        ],
        (1, 16, 12),
    )
    fit(
        "cnn fused",
        [
            nn.Conv2D(3, 8, bias=False),
            nn.BatchNormMaxPool2D(8),
            nn.ReLU(),
            nn.Conv2D(8, 16, kernel=(3, 3)),
            nn.LeakyReLU(),
            nn.Flatten(),
            nn.Dense(16 * 48, 4),
        ],
        (3, 16, 12),
        "rmsprop",
    )
    return found
