"""Losses: by hand, against numbers frozen from PyTorch, against central differences, and for very large logits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nn
from nn import BinaryCrossEntropy, Huber, Loss, MeanSquaredError, SoftmaxCrossEntropy
from nn.types import Array
from tests.nn.layers.test_gradients import central_differences, relative_error
from tests.support.torch_numbers import LOSSES

LOGITS = np.array([[1.5, -0.3, 0.2, 4.0], [-2.0, 0.1, 0.7, 0.4], [0.3, 0.9, -1.2, -0.6]])
CLASSES = np.array([3, 0, 2])
SHARES = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.0, 0.25, 0.25, 0.5]])
WEIGHTS = (0.5, 1.0, 2.0, 4.0)
ALL: list[Callable[[], Loss]] = [
    MeanSquaredError,
    Huber,
    lambda: Huber(0.3),
    BinaryCrossEntropy,
    SoftmaxCrossEntropy,
    lambda: SoftmaxCrossEntropy(0.1),
    lambda: SoftmaxCrossEntropy(0.2, WEIGHTS),
]


@pytest.mark.parametrize("name", LOSSES)
def test_numbers_frozen_from_pytorch(name: str) -> None:
    value, gradient = LOSSES[name]
    call, _, targets = name.partition(") ")
    loss: Loss = eval(f"nn.{call.removesuffix(')')})", {"nn": nn})
    found = loss(LOGITS, CLASSES if targets == "classes" else SHARES)
    assert found[0] == pytest.approx(value, rel=1e-11)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-10, atol=1e-13)


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(5))
def test_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    rng = np.random.default_rng(seed)
    N, K = rng.integers(1, 30), rng.integers(2, 12)
    logits, classes, weights = 5 * rng.normal(size=(N, K)), rng.integers(K, size=N), rng.uniform(0.1, 3, K)
    shares = rng.dirichlet(np.ones(K), N)
    smoothing, delta = rng.uniform(0, 1, 2)
    as_torch = {"weight": torch.tensor(weights), "label_smoothing": smoothing}
    for ours, theirs, targets in (
        (MeanSquaredError(), F.mse_loss, shares),
        (Huber(delta), lambda y, t: F.huber_loss(y, t, delta=delta), shares),
        (BinaryCrossEntropy(), F.binary_cross_entropy_with_logits, shares),
        (SoftmaxCrossEntropy(), F.cross_entropy, classes),
        (SoftmaxCrossEntropy(smoothing, weights), lambda y, t: F.cross_entropy(y, t, **as_torch), classes),
        (SoftmaxCrossEntropy(smoothing, weights), lambda y, t: F.cross_entropy(y, t, **as_torch), shares),
    ):
        y = torch.tensor(logits, requires_grad=True)
        theirs(y, torch.tensor(targets)).backward()
        value, gradient = ours(logits, targets)
        assert value == pytest.approx(theirs(y, torch.tensor(targets)).item(), rel=1e-12)
        np.testing.assert_allclose(gradient, y.grad.numpy(), rtol=1e-10, atol=1e-14)


def targets_for(loss: Loss, rng: np.random.Generator, N: int, K: int, *, classes: bool) -> Any:
    if isinstance(loss, SoftmaxCrossEntropy):
        return rng.integers(K, size=N) if classes else rng.dirichlet(np.ones(K), N)
    return rng.uniform(0, 1, (N, K))


@pytest.mark.parametrize("make", ALL)
@given(N=st.integers(1, 6), seed=st.integers(0, 2**32 - 1), classes=st.booleans())
@settings(max_examples=20)
def test_gradients_are_central_differences(make: Callable[[], Loss], N: int, seed: int, classes: bool) -> None:
    loss, rng = make(), np.random.default_rng(seed)
    y = rng.normal(0, 2, (N, 4))
    targets = targets_for(loss, rng, N, 4, classes=classes)
    if isinstance(loss, Huber):  # no kink within a step
        assume((np.abs(np.abs(y - targets) - loss.delta) > 1e-4).all())
    gradient = loss(y, targets)[1]
    assert relative_error(gradient, central_differences(lambda: loss(y, targets)[0], y)) < 1e-6


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("classes", [True, False])
def test_values_and_gradients_are_means_over_the_batch(make: Callable[[], Loss], classes: bool) -> None:
    loss, rng = make(), np.random.default_rng(0)
    y, targets = rng.normal(size=(5, 4)), targets_for(loss, rng, 5, 4, classes=classes)
    value, gradient = loss(y, targets)
    thrice, its_gradient = loss(np.tile(y, (3, 1)), np.concatenate([targets] * 3))
    assert thrice == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(its_gradient, np.tile(gradient, (3, 1)) / 3, rtol=1e-12)


def test_softmax_cross_entropy_by_hand() -> None:
    y = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])  # p = [[1, 2, 5], [3, 3, 2]] / 8
    value, gradient = SoftmaxCrossEntropy()(y, [2, 0])
    assert value == pytest.approx(-(np.log(5 / 8) + np.log(3 / 8)) / 2)
    np.testing.assert_allclose(gradient, np.array([[1, 2, -3], [-5, 3, 2]]) / 8 / 2)


def test_integer_classes_and_one_hot_targets_give_the_same() -> None:
    for smoothing in (0.0, 0.3):
        value, gradient = SoftmaxCrossEntropy(smoothing)(LOGITS, CLASSES)
        same, its_gradient = SoftmaxCrossEntropy(smoothing)(LOGITS, np.eye(4)[CLASSES])
        assert value == pytest.approx(same, rel=1e-14)
        np.testing.assert_allclose(gradient, its_gradient, rtol=1e-13)


def test_huber_by_hand() -> None:
    value, gradient = Huber(2.0)(np.array([[1.0, -5.0]]), np.array([[0.0, 0.0]]))
    assert value == (1 / 2 + 2 * (5 - 1)) / 2
    np.testing.assert_array_equal(gradient, [[1 / 2, -2 / 2]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", ALL)
def test_the_dtype_of_the_outputs_stays(make: Callable[[], Loss], dtype: type[np.float32]) -> None:
    loss = make()
    y = LOGITS.astype(dtype)
    before = y.copy()
    for targets in (SHARES, SHARES.astype(np.float32), np.eye(4, dtype=np.uint8)[CLASSES]):
        given_targets = targets.copy()
        value, gradient = loss(y, targets)
        assert type(value) is float
        assert gradient.dtype == dtype
        np.testing.assert_array_equal(targets, given_targets)
    np.testing.assert_array_equal(y, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_classes_of_any_integer_type(dtype: type[np.int64]) -> None:
    assert SoftmaxCrossEntropy(0.1, WEIGHTS)(LOGITS, CLASSES.astype(dtype))[0] == pytest.approx(
        LOSSES["SoftmaxCrossEntropy(0.1, [0.5, 1.0, 2.0, 4.0]) classes"][0]
    )


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SoftmaxCrossEntropy(0.1), BinaryCrossEntropy(), Huber()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_logits(loss: Loss, dtype: type[np.float32]) -> None:
    y = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4]], dtype)
    value, gradient = loss(y, np.array([[0, 1, 0], [0, 0, 1]]))  # warnings are errors
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    if isinstance(loss, SoftmaxCrossEntropy) and not loss.label_smoothing:
        assert value == pytest.approx((2e4 + np.log(2)) / 2)
        np.testing.assert_allclose(gradient, [[0.5, -0.5, 0], [0, 0.25, -0.25]])
    if isinstance(loss, BinaryCrossEntropy):
        assert value == pytest.approx((1e4 + 1e4 + np.log(2) + 0 + 1e4 + 0) / 6)


def test_log_softmax_of_large_logits_stays_finite() -> None:
    log_p, p = nn.log_softmax(np.array([[1e4, 0, -1e4], [0, 0, -1e4]]))
    np.testing.assert_array_equal(p, [[1, 0, 0], [0.5, 0.5, 0]])
    np.testing.assert_allclose(log_p, [[0, -1e4, -2e4], [-np.log(2), -np.log(2), -1e4 - np.log(2)]])


def test_accuracy() -> None:
    assert SoftmaxCrossEntropy().measure(LOGITS, np.array([3, 2, 0])) == {
        "loss": SoftmaxCrossEntropy()(LOGITS, [3, 2, 0])[0],
        "accuracy": pytest.approx(2 / 3),
    }
    assert SoftmaxCrossEntropy(0.1).measure(LOGITS, SHARES)["accuracy"] == pytest.approx(1 / 3)
    assert BinaryCrossEntropy().measure(np.array([[2.0], [-1.0]]), np.array([[1], [1]]))["accuracy"] == 0.5
    assert list(MeanSquaredError().measure(LOGITS, SHARES)) == ["loss"]


@pytest.mark.parametrize("loss", [MeanSquaredError(), Huber(), BinaryCrossEntropy()])
@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros(3), r"the targets are \(3,\), the outputs \(3, 1\)"),
        (np.zeros((1, 1)), r"the targets are \(1, 1\), the outputs \(3, 1\)"),
        ([[0.0], [np.nan], [0.0]], "1 of 3 targets are NaN or infinite"),
    ],
)
def test_targets_that_do_not_fit(loss: Loss, targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss(np.zeros((3, 1)), targets)


@pytest.mark.parametrize("loss", [MeanSquaredError(), Huber(), BinaryCrossEntropy(), SoftmaxCrossEntropy()])
def test_an_empty_batch_has_no_mean(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"and at least one$|at least one row"):
        loss(np.zeros((0, 3)), np.zeros((0, 3)))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([0, 1], r"the targets are int64 \(2,\); outputs \(3, 4\) take \(3,\) integer classes or \(3, 4\) probab"),
        ([0.0, 1.0, 2.0], r"the targets are float64 \(3,\); outputs"),
        ([[0], [1], [2]], r"the targets are int64 \(3, 1\); outputs"),
        ([True, False, True], r"the targets are bool \(3,\); outputs"),
        ([0, 4, 1], "the targets go from 0 to 4, 4 classes from 0 to 3"),
        ([-1, 2, 1], "the targets go from -1 to 2, 4 classes from 0 to 3"),
        (np.full((3, 4), np.nan), "the numbers of a row are 0 or more and sum to 1"),
        (np.full((3, 4), 0.5), "the numbers of a row are 0 or more and sum to 1"),
        ([[2, -1, 0, 0]] * 3, "the numbers of a row are 0 or more and sum to 1"),
    ],
)
def test_classes_that_do_not_fit(targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SoftmaxCrossEntropy()(LOGITS, targets)


@pytest.mark.parametrize("targets", [[[-0.1]], [[1.5]]])
def test_binary_targets_lie_between_0_and_1(targets: Any) -> None:
    with pytest.raises(ValueError, match="binary cross-entropy takes 0 to 1"):
        BinaryCrossEntropy()(np.zeros((1, 1)), targets)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Huber(0), r"Huber\(0\) needs a delta above 0"),
        (lambda: Huber(np.nan), r"Huber\(nan\) needs a delta above 0"),
        (lambda: SoftmaxCrossEntropy(1.1), r"label_smoothing=1.1\) needs a number from 0 to 1"),
        (lambda: SoftmaxCrossEntropy(class_weights=[1, 0]), r"class_weights are \[1.0, 0.0\]: give one number above 0"),
        (lambda: SoftmaxCrossEntropy(class_weights=[[1, 2]]), r"class_weights are .*: give one number above 0"),
        (lambda: SoftmaxCrossEntropy(class_weights=[1, np.nan]), r"class_weights are .*: give one number above 0"),
        (lambda: SoftmaxCrossEntropy(class_weights=[1, 2])(LOGITS, CLASSES), "2 class weights for 4 outputs"),
        (lambda: SoftmaxCrossEntropy()(np.zeros(3), np.array([0])), r"outputs are \(3,\), .* takes \(N, K\)"),
    ],
)
def test_bad_arguments(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_custom_loss() -> None:
    class Absolute(Loss):
        def __call__(self, outputs: Array, targets: Any) -> tuple[float, Array]:
            return float(np.mean(np.abs(outputs - targets))), np.sign(outputs - targets) / outputs.size

    assert Absolute().measure(np.array([[3.0]]), np.array([[1.0]])) == {"loss": 2.0}
