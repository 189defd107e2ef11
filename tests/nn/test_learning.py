"""Whole trainings of a few seconds: each small task is learned up to a threshold."""

import gzip

import numpy as np
import pytest
from numpy.typing import NDArray

from nn import (
    SGD,
    AdamW,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
    predict,
    schedules,
)
from tests.support.paths import DATA

MNIST = DATA / "mnist"


def test_xor() -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])
    for seed in range(3):
        network = Sequential([Dense(2, 8), Tanh(), Dense(8, 1)], (2,), rng=seed)
        Trainer(network, BinaryCrossEntropy(), SGD(network, 0.5, 0.9), batch_size=4).fit(x, y, epochs=300)
        found = BinaryCrossEntropy().measure(network.forward(x), y)
        assert found["accuracy"] == 1
        assert found["loss"] < 0.01


def spirals(rng: np.random.Generator, N: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return noisy points (N, 2) on two spiral arms of one and a half turns, and the arm of each (N,)."""
    arm = rng.integers(2, size=N)
    along = np.sqrt(rng.uniform(0.02, 1, N))
    angle = 3 * np.pi * along + np.pi * arm
    points = along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + rng.normal(0, 0.02, (N, 2)), arm


def test_two_spirals() -> None:
    rng = np.random.default_rng(0)
    x, y = spirals(rng, 512)
    network = Sequential([Dense(2, 64, "he"), ReLU(), Dense(64, 64, "he"), ReLU(), Dense(64, 2)], (2,), rng=0)
    Trainer(network, SoftmaxCrossEntropy(), AdamW(network), schedules.one_cycle(0.02), batch_size=64).fit(
        x, y, epochs=100
    )
    new, arms = spirals(rng, 1000)
    assert SoftmaxCrossEntropy().measure(predict(network, new), arms)["accuracy"] > 0.98


@pytest.mark.skipif(not MNIST.is_dir(), reason=f"the digits are not there: {MNIST}")
@pytest.mark.parametrize(
    ("layers", "rate", "epochs", "threshold"),
    [
        ([Flatten(), Dense(784, 128, "he"), ReLU(), Dense(128, 10)], 0.005, 15, 0.88),
        (
            [
                *(Conv2D(1, 8), MaxPool2D(), ReLU(), Conv2D(8, 16, bias=False), BatchNorm(16), MaxPool2D(), ReLU()),
                *(Flatten(), Dropout(0.2), Dense(784, 10)),
            ],
            0.01,
            10,
            0.92,
        ),
    ],
    ids=["mlp", "cnn"],
)
def test_a_thousand_digits(layers: list[Layer], rate: float, epochs: int, threshold: float) -> None:
    def read(name: str, count: int, offset: int) -> NDArray[np.uint8]:
        with gzip.open(MNIST / f"{name}.gz") as file:
            return np.frombuffer(file.read(offset + count), np.uint8, offset=offset)

    images = read("train-images-idx3-ubyte", 3000 * 784, 16).reshape(3000, 1, 28, 28) / np.float32(255)
    labels = read("train-labels-idx1-ubyte", 3000, 8)
    network = Sequential(layers, (1, 28, 28), rng=0)
    trainer = Trainer(
        network, SoftmaxCrossEntropy(0.1), AdamW(network), schedules.one_cycle(rate), batch_size=50, ema_decay=0.95
    )
    trainer.fit(images[:1000], labels[:1000], epochs=epochs)
    found = SoftmaxCrossEntropy().measure(predict(network, images[1000:]), labels[1000:])
    assert found["accuracy"] > threshold


def test_a_prediction_needs_a_batch() -> None:
    with pytest.raises(ValueError, match="batch_size is 0; give 1 example or more"):
        predict(Sequential([Dense(2, 1)], (2,), rng=0), np.zeros((3, 2)), batch_size=0)
