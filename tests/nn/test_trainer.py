"""The trainer: the loop by hand, resuming bit for bit, early stopping, callbacks, time, and errors."""

from typing import Any

import numpy as np
import pytest

import nn
from nn import (
    SGD,
    AdamW,
    BatchNorm,
    BinaryCrossEntropy,
    Dense,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    WeightAverage,
    predict,
    trainer,
)
from nn.types import Examples
from tests.nn.layers.test_images import small_network
from tests.support.same import assert_same
from tests.support.trainers import HELD_OUT, Do, X, Y, build, plain, without_time


def test_the_loop_by_hand() -> None:
    network = Sequential([Dense(5, 3)], (5,), rng=0, dtype=np.float64)
    twin = Sequential([Dense(5, 3)], (5,), rng=0, dtype=np.float64)
    loss = SoftmaxCrossEntropy(0.1, [1.0, 2.0, 3.0])
    history = Trainer(
        network,
        loss,
        SGD(network, 1.0),
        lambda progress: 1 - progress,
        batch_size=20,
        max_grad_norm=0.5,
        ema_decay=0.5,
        seed=7,
    ).fit(X, Y, epochs=2)

    generator, average = np.random.default_rng(7), WeightAverage(twin, 0.5)
    values = []
    generator.integers(1 << 63)  # the seed of augmentation and of the network's random layers, of which there are none
    for epoch in range(2):
        order = generator.permutation(70)
        for batch in range(3):  # the last 10 of 70 are left out
            rows = order[20 * batch : 20 * batch + 20]
            twin.gradient = 0
            value, gradient = loss(twin.forward(X[rows], training=True), Y[rows])
            values.append(value)
            twin.backward(gradient)
            nn.clip_by_global_norm(twin.gradient, 0.5)
            twin.flat -= (1 - (3 * epoch + batch) / 6) * twin.gradient
            average.update()
    np.testing.assert_allclose(network.flat, average.flat, rtol=1e-12)
    assert [row["loss"] for row in history] == pytest.approx([np.mean(values[:3]), np.mean(values[3:])])
    assert [(row["epoch"], row["step"]) for row in history] == [(1, 3), (2, 6)]
    assert [row["learning_rate"] for row in history] == pytest.approx([1 - 2 / 6, 1 - 5 / 6])
    assert list(history[0]) == ["epoch", "step", "seconds", "learning_rate", "loss"]


def test_callbacks_see_each_step_and_epoch() -> None:
    seen: list[tuple[Any, ...]] = []
    see = Do(
        batch=lambda t: seen.append(("batch", t.step, t.epoch, round(t.progress, 3), t.loss_value > 0)),
        epoch=lambda t, row: seen.append(("epoch", row["epoch"], t.history[-1] is row, t.elapsed == row["seconds"])),
    )
    plain(batch_size=32).fit(X, Y, epochs=2, callbacks=[see])
    assert seen == [
        ("batch", 1, 1, 0.25, True),
        ("batch", 2, 1, 0.5, True),
        ("epoch", 1, True, True),
        ("batch", 3, 2, 0.75, True),
        ("batch", 4, 2, 1.0, True),
        ("epoch", 2, True, True),
    ]


def test_a_callback_can_stop_within_an_epoch() -> None:
    one = plain(batch_size=10)

    def stop(trainer: Trainer) -> None:
        trainer.stop = trainer.step == 9

    history = one.fit(X, Y, epochs=5, callbacks=[Do(batch=stop)])
    assert [(row["epoch"], row["step"]) for row in history] == [(1, 7), (2, 9)]
    assert len(one.fit(X, Y, epochs=5)) == 6  # it goes on: 26 steps are left, in four epochs
    assert one.step == 35


def test_after_an_interruption_within_an_epoch_training_continues() -> None:
    one = plain()

    def interrupt(trainer: Trainer) -> None:
        if trainer.step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.fit(X, Y, epochs=5, validation=(X, Y), callbacks=[Do(batch=interrupt)])

    def spoil(trainer: Trainer, _: dict[str, float]) -> None:
        trainer.optimiser.learning_rate = 30.0

    history = one.fit(X, Y, epochs=5, validation=(X, Y), callbacks=[Do(epoch=spoil)])
    assert [(row["epoch"], row["step"]) for row in history] == [(1, 4), (3, 11), (4, 15), (5, 19), (6, 20)]
    best = max(history, key=lambda row: (row["validation_accuracy"], -row["validation_loss"]))
    assert best["epoch"] == one.best.epoch == 3
    found = one.loss.measure(predict(one.network, X, 16), Y)
    assert found["loss"] == pytest.approx(best["validation_loss"], rel=1e-6)


@pytest.mark.parametrize("broken_at", [2, 7])
def test_steps_before_an_interruption_count(broken_at: int) -> None:
    network = build()
    trainer = Trainer(network, SoftmaxCrossEntropy(), SGD(network, 0.1), batch_size=16)
    network.flat = build(seed=5).flat  # after the trainer was made
    np.testing.assert_array_equal(trainer.best_network().flat, network.flat)

    def interrupt(trainer: Trainer) -> None:
        if trainer.step == broken_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, Y, epochs=3, callbacks=[Do(batch=interrupt)])
    reached = network.flat.copy()
    assert (reached != build(seed=5).flat).any()
    trainer.optimiser.learning_rate = 0.0
    trainable = np.concatenate([np.full(p.size, p.trainable) for p in network.parameters().values()])
    trainer.fit(X, Y, epochs=3)
    np.testing.assert_array_equal(network.flat[trainable], reached[trainable])


def test_the_optimiser_leaves_running_statistics_to_the_layers() -> None:
    network = Sequential([BatchNorm(5, momentum=0.5), Dense(5, 3)], (5,), rng=0, dtype=np.float64)
    mean, variance = np.zeros(5), np.ones(5)
    seen: list[Any] = []

    def look(x: Examples, _: np.random.Generator) -> Examples:
        seen.append(x)
        return x

    optimiser = AdamW(network, 0.1, weight_decay=1.0)
    Trainer(network, SoftmaxCrossEntropy(), optimiser, batch_size=16, augment=look).fit(X, Y, epochs=2)
    for x in seen:
        mean = (mean + x.mean(axis=0, dtype=np.float64)) / 2
        variance = (variance + x.var(axis=0, ddof=1, dtype=np.float64)) / 2
    assert len(seen) == 8
    parameters = network.parameters()
    np.testing.assert_allclose(parameters["0.mean"].value, mean, rtol=1e-6)
    np.testing.assert_allclose(parameters["0.variance"].value, variance, rtol=1e-6)


def test_threads_change_no_bit() -> None:
    images = np.random.default_rng(0).normal(size=(64, 3, 12, 14)).astype(np.float32)
    found = []
    try:
        for count in (1, 2):
            nn.threads.use(count)
            network = small_network()
            one = Trainer(
                network, SoftmaxCrossEntropy(), AdamW(network), batch_size=32, max_grad_norm=1.0, ema_decay=0.9
            )
            one.fit(images, Y[:64], epochs=2, validation=(images, Y[:64]))
            found.append((network.flat.copy(), without_time(one.history)))
    finally:
        nn.threads.use(1)
    assert_same(found[0], found[1])


class Clock:
    """A clock that advances by a second at each call."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_seconds_end_training_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "perf_counter", Clock())
    rates: list[float] = []
    one = plain(batch_size=10, schedule=lambda progress: 1 - progress)
    see = Do(batch=lambda t: rates.append(t.optimiser.learning_rate))
    history = one.fit(X, Y, seconds=20, callbacks=[see])
    # a look before each epoch, after each step and after each epoch: 1 | 2 ... 8 | 9; 10 | 11 ... 17 | 18; 19 | 20 | 21
    assert [(row["step"], row["seconds"]) for row in history] == [(7, 9), (14, 18), (15, 21)]
    assert rates[:2] == pytest.approx([1 - 1 / 20, 1 - 2 / 20])
    assert rates[-1] == pytest.approx(1 - 19 / 20)

    resumed = plain(batch_size=10)
    resumed.restore(*one.state())
    assert len(resumed.fit(X, Y, seconds=20)) == 3
    history = resumed.fit(X, Y, seconds=31)  # of which 21 are over
    assert history[-1]["seconds"] >= 31
    assert history[-1]["step"] < 15 + 10


def test_epochs_and_seconds_together_end_with_what_comes_first() -> None:
    assert len(plain().fit(X, Y, epochs=2, seconds=1000)) == 2
    assert len(plain().fit(X, Y, epochs=10**9, seconds=0.05)) < 10**4


def test_raw_examples_are_augmented_into_what_the_network_takes() -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 5), np.uint8)
    seen: list[tuple[Any, ...]] = []

    def augment(x: Examples, _rng: np.random.Generator) -> Examples:
        seen.append((x.dtype, x.shape))
        return x / np.float32(255)

    plain(batch_size=20, augment=augment).fit(images, Y[:40], epochs=1)
    assert seen == [(np.uint8, (20, 5))] * 2
    plain(batch_size=20).fit(images, Y[:40], epochs=1)  # and without augmentation, as they are


def test_a_loss_that_is_not_finite() -> None:
    broken = X.copy()
    broken[3] = np.nan
    with pytest.raises(
        FloatingPointError, match=r"the loss is nan after [0-3] steps, in epoch 1, with learning rate 0.1: l"
    ):
        plain().fit(broken, Y, epochs=1)

    network = Sequential([Dense(5, 8), Dense(8, 1)], (5,), rng=0)
    diverging = Trainer(network, MeanSquaredError(), SGD(network, 1e6), batch_size=70)
    with pytest.raises(
        FloatingPointError, match=r"rate 1e\+06: lower the learning rate, clip gradients \(max_grad_norm=1.0\)"
    ):
        diverging.fit(X, X[:, :1], epochs=100)

    network = Sequential([Dense(5, 1)], (5,), rng=0)
    last_step = Trainer(network, MeanSquaredError(), SGD(network, 1e38), batch_size=70)
    with pytest.raises(FloatingPointError, match="there are weights that are not finite after 1 steps"):
        last_step.fit(10 * X, 1000 * X[:, :1], epochs=1)

    with pytest.raises(FloatingPointError, match="the validation loss is nan after 4 steps, in epoch 1"):
        plain().fit(X, Y, epochs=1, validation=(broken, Y))


def test_bad_arguments() -> None:
    network = build()
    with pytest.raises(ValueError, match="the optimiser belongs to another network"):
        Trainer(build(), SoftmaxCrossEntropy(), SGD(network))
    with pytest.raises(ValueError, match="batch_size is 0 and num_shards is 1: give 1 or more"):
        Trainer(network, SoftmaxCrossEntropy(), SGD(network), batch_size=0)
    with pytest.raises(ValueError, match="max_grad_norm is 0: give a number above 0"):
        Trainer(network, SoftmaxCrossEntropy(), SGD(network), max_grad_norm=0)
    for arguments, message in (
        ({}, "give epochs or seconds"),
        ({"epochs": 0}, "epochs is 0 and seconds is None: give at least 1 epoch"),
        ({"seconds": 0.0}, "epochs is None and seconds is 0.0: give at least 1 epoch"),
        ({"epochs": 1, "patience": 3}, "patience is 3: give 1 or more epochs, and validation"),
        ({"epochs": 1, "patience": 0, "validation": HELD_OUT}, "patience is 0: give 1 or more"),
        ({"epochs": 1, "validation": (X, Y[:3])}, "validation x has 70 examples and y 3: give one target for each"),
        (
            {"epochs": 1, "validation": (X[:0], Y[:0])},
            "validation x has 0 examples and y 0: .* at least one",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            plain().fit(X, Y, **arguments)
    with pytest.raises(ValueError, match="x has 70 examples and y 69: give one target for each"):
        plain().fit(X, Y[:-1], epochs=1)
    with pytest.raises(ValueError, match="x has 70 examples, less than a batch of 71: lower batch_size"):
        plain(batch_size=71).fit(X, Y, epochs=1)


@pytest.mark.parametrize("N", [0, 1, 9, 10, 11, 30])
def test_predict_in_batches(N: int) -> None:
    network = build()
    x = np.random.default_rng(N).integers(0, 256, (N, 5), np.uint8)
    expected = network.forward(x / 255)
    found = predict(network, x, batch_size=10, prepare=lambda part: part / 255)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found.shape == (N, 3)
    assert found.dtype == np.float32


def test_binary_classification() -> None:
    network = Sequential([Dense(5, 1)], (5,), rng=0)
    one = Trainer(network, BinaryCrossEntropy(), SGD(network, 1.0), batch_size=70)
    history = one.fit(X, X[:, :1] > 0, epochs=30, validation=(X, X[:, :1] > 0))
    assert history[-1]["validation_accuracy"] > 0.95
