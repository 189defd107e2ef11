"""Stopping and resuming bit for bit, and which weights are kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import (
    SGD,
    AdamW,
    Dense,
    MeanSquaredError,
    Optimiser,
    RMSProp,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    predict,
)
from tests.support.same import assert_same
from tests.support.trainers import HELD_OUT, Do, X, Y, everything, plain, without_time, worker_processes


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, other = everything(), everything(), everything(seed=4)
    rows = [each.fit(X, Y, epochs=3, validation=HELD_OUT) for each in (first, second, other)]
    np.testing.assert_array_equal(first.network.flat, second.network.flat)
    assert without_time(rows[0]) == without_time(rows[1])
    assert (first.network.flat != other.network.flat).any()


def test_processes_change_no_bit() -> None:
    alone, together = everything(), everything(processes=True)
    rows = [each.fit(X, Y, epochs=3, validation=HELD_OUT) for each in (alone, together)]
    np.testing.assert_array_equal(alone.network.flat, together.network.flat)
    assert without_time(rows[0]) == without_time(rows[1])
    assert not worker_processes()


def assert_same_training(one: Trainer, other: Trainer) -> None:
    np.testing.assert_array_equal(one.network.flat, other.network.flat)
    assert without_time(one.history) == without_time(other.history)
    (arrays, header), (expected_arrays, expected_header) = one.state(), other.state()
    assert_same(arrays, expected_arrays)
    for name in header.keys() - {"elapsed", "history"}:
        assert header[name] == expected_header[name]


@pytest.mark.parametrize("optimiser", [AdamW, RMSProp, lambda network: SGD(network, 0.1, 0.9, nesterov=True)])
@pytest.mark.parametrize("validation", [HELD_OUT, None])
def test_a_resumed_training_continues_bit_for_bit(
    validation: Any, optimiser: Callable[[Sequential], Optimiser], tmp_path: Path
) -> None:
    whole = everything(optimiser=optimiser)
    whole.fit(X, Y, epochs=6, validation=validation)

    def killed(trainer: Trainer, row: dict[str, float]) -> None:
        if row["epoch"] == 2:
            nn.files.write(tmp_path / "last.npz", *trainer.state())
            raise InterruptedError

    with pytest.raises(InterruptedError):
        everything(optimiser=optimiser).fit(X, Y, epochs=6, validation=validation, callbacks=[Do(epoch=killed)])
    resumed = everything(seed=99, optimiser=optimiser)  # the seed comes with the state
    resumed.restore(*nn.files.read(tmp_path / "last.npz"))
    assert resumed.epoch == 2
    resumed.fit(X, Y, epochs=6, validation=validation)

    assert_same_training(resumed, whole)


@pytest.mark.parametrize("steps", range(1, 13))  # three epochs of four batches
def test_a_training_that_was_stopped_at_any_batch_continues_bit_for_bit(steps: int, tmp_path: Path) -> None:
    whole, part, resumed = everything(), everything(), everything(seed=99)
    whole.fit(X, Y, epochs=3, validation=HELD_OUT)

    def stopped(trainer: Trainer) -> None:
        if trainer.step == steps:
            nn.files.write(tmp_path / "last.npz", *trainer.state())
            trainer.stop = True

    history = part.fit(X, Y, epochs=3, validation=HELD_OUT, callbacks=[Do(batch=stopped)])
    assert history[-1]["step"] == steps  # what was learned is validated, too
    resumed.restore(*nn.files.read(tmp_path / "last.npz"))
    seen: list[int] = []
    resumed.fit(X, Y, epochs=3, validation=HELD_OUT, callbacks=[Do(batch=lambda trainer: seen.append(trainer.step))])
    assert seen == list(range(steps + 1, 13))
    assert_same_training(resumed, whole)


def test_fit_continues_from_the_latest_weights_not_the_best() -> None:
    whole, parts = everything(), everything()
    parts.schedule = whole.schedule = None
    whole.fit(X, Y, epochs=4, validation=HELD_OUT)
    parts.fit(X, Y, epochs=2, validation=HELD_OUT)
    arrays, header = parts.state()
    parts.fit(X, Y, epochs=4, validation=HELD_OUT)
    np.testing.assert_array_equal(parts.network.flat, whole.network.flat)
    assert_same(parts.state()[0], whole.state()[0])
    assert parts.fit(X, Y, epochs=4) is parts.history  # nothing is left to do

    third = everything()
    third.schedule = None
    third.restore(arrays, json.loads(json.dumps(header)))
    third.fit(X, Y, epochs=4, validation=HELD_OUT)
    np.testing.assert_array_equal(third.network.flat, whole.network.flat)
    assert_same(third.state()[0], whole.state()[0])


def test_a_state_before_the_first_epoch() -> None:
    whole, other = plain(), plain(seed=5)
    other.network.flat = 0.5
    other.restore(*whole.state())
    np.testing.assert_array_equal(other.network.flat, whole.network.flat)
    for each in (whole, other):
        each.fit(X, Y, epochs=2)
    np.testing.assert_array_equal(other.network.flat, whole.network.flat)


def test_a_state_is_a_copy() -> None:
    one = everything()
    one.fit(X, Y, epochs=1)
    arrays, header = one.state()
    before = {name: array.copy() for name, array in arrays.items()}
    text = json.dumps(header)
    one.fit(X, Y, epochs=2)
    assert_same(arrays, before)
    assert json.dumps(header) == text


def test_a_state_of_another_trainer() -> None:
    with pytest.raises(
        ValueError, match=r"this is the state of something else: .*float32 \(75,\).*, not .*float32 \(211,\)"
    ):
        everything().restore(*plain().state())


def test_best_weights_are_kept_and_training_stops_early() -> None:
    validations = []

    def spoil(trainer: Trainer, row: dict[str, float]) -> None:
        validations.append((row["validation_accuracy"], -row["validation_loss"]))
        if row["epoch"] == 3:
            trainer.optimiser.learning_rate = 30.0

    one = plain(0.05)
    kept: dict[float, Any] = {}
    keep = Do(epoch=lambda trainer, row: kept.update({row["epoch"]: trainer.network.flat.copy()}))
    history = one.fit(X, Y, epochs=50, validation=(X, Y), patience=4, callbacks=[Do(epoch=spoil), keep])
    best = int(np.argmax([accuracy + 1e-9 * loss for accuracy, loss in validations])) + 1
    assert best == one.best.epoch <= 3
    assert len(history) == best + 4
    np.testing.assert_array_equal(one.network.flat, kept[best])
    np.testing.assert_array_equal(one.best_network().flat, kept[best])
    found = SoftmaxCrossEntropy().measure(predict(one.network, X), Y)
    assert found["accuracy"] == history[best - 1]["validation_accuracy"]
    assert found["loss"] == pytest.approx(history[best - 1]["validation_loss"], rel=1e-6)
    again = plain(0.05)
    again.restore(*one.state())
    assert len(again.fit(X, Y, epochs=50, validation=(X, Y), patience=4)) == best + 4  # it had stopped, and stays so


def test_the_averaged_weights_are_validated_and_kept() -> None:
    one = everything()
    averages: list[Any] = []
    keep = Do(epoch=lambda trainer, _row: averages.append(trainer.ema.flat.copy()))
    history = one.fit(X, Y, epochs=3, validation=HELD_OUT, callbacks=[keep])
    for row, flat in zip(history, averages, strict=True):
        network = Sequential(**one.network.config(), input_shape=(5,), flat=flat)
        found = one.loss.measure(network.forward(HELD_OUT[0]), HELD_OUT[1])
        assert found == {
            "loss": pytest.approx(row["validation_loss"], rel=1e-5),
            "accuracy": row["validation_accuracy"],
        }
    np.testing.assert_array_equal(one.network.flat, averages[one.best.epoch - 1])


def test_regression_is_judged_by_its_loss() -> None:
    network = Sequential([Dense(5, 1)], (5,), rng=0)
    one = Trainer(network, MeanSquaredError(), SGD(network, 0.05), batch_size=10)
    history = one.fit(X, X[:, :1] * 2, epochs=20, validation=(X, X[:, :1] * 2))
    assert "validation_accuracy" not in history[0]
    assert one.best.epoch == 20
    assert history[-1]["validation_loss"] < 1e-3 < history[0]["validation_loss"]


def test_an_incomplete_state_changes_nothing() -> None:
    trainer = plain()
    arrays, header = plain(seed=1).state()
    arrays["last"] += 1
    before = trainer.network.flat.copy()
    with pytest.raises(ValueError, match="epoch is missing"):
        trainer.restore(arrays, {name: value for name, value in header.items() if name not in ("rng", "epoch")})
    np.testing.assert_array_equal(trainer.network.flat, before)
