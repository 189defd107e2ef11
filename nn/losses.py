"""Loss functions with their gradients.

    value, gradient = loss(network.forward(x, training=True), targets)
    network.accumulate_gradients(gradient)

Losses take logits, not probabilities: softmax and sigmoid are part of the loss, where their exponentials cancel, so
that neither overflows. Values and gradients are means over the batch, so that the learning rate does not
depend on its size.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.kernels.reductions import row_maxima, row_sums
from nn.types import Array


class Loss(ABC):
    """L(y, t) and dL/dy, for outputs y and targets t."""

    @abstractmethod
    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return the value, and the gradient in the shape and dtype of the outputs.

        Raises:
            ValueError: targets that do not fit the outputs, or that are not numbers.
        """

    def weight(self, targets: npt.ArrayLike) -> float:
        """Return the weight of these targets when values and gradients are averaged over parts of a batch."""
        return float(len(np.asarray(targets)))

    def measure(self, outputs: Array, targets: npt.ArrayLike) -> dict[str, float]:
        """Return "loss" and, for classes, "accuracy": the fraction of correct predictions."""
        return {"loss": self(outputs, targets)[0]}


class MeanSquaredError(Loss):
    """L = Σ (y - t)² / n, over all n = y.size numbers; y and t of any one shape."""

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/dy = 2 (y - t) / n."""
        difference = outputs - _checked_targets(outputs, targets)
        return float(np.mean(difference**2)), difference * (2 / outputs.size)


class Huber(Loss):
    """L = Σ h(y - t) / n, with h(d) = d² / 2 where |d| ≤ δ, and δ (|d| - δ / 2) elsewhere: quadratic, then linear.

    Args:
        delta: δ, above 0; where the parabola becomes a line.

    Raises:
        ValueError: a delta that is not above 0.

    Source: Huber 1964, "Robust Estimation of a Location Parameter".
    """

    def __init__(self, delta: float = 1.0) -> None:
        if not 0 < delta < np.inf:
            raise ValueError(f"Huber({delta}) needs a delta above 0")
        self.delta = float(delta)

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L, by h(d) = c (d - c / 2) with c = d between -δ and δ, and dL/dy = c / n."""
        difference = outputs - _checked_targets(outputs, targets)
        c = np.clip(difference, -self.delta, self.delta)
        return float(np.mean(c * (difference - c / 2))), c / outputs.size


class SoftmaxCrossEntropy(Loss):
    """L = -Σ_n Σ_k q_nk log p_nk / D, with p = softmax(y): one of K classes for each of N examples.

    y is (N, K). Targets t are (N,) integers from 0 to K - 1, or (N, K) probabilities; as a matrix, [k = t_n]. Then

        q_nk = w_k ((1 - ε) t_nk + ε / K)        ε: label smoothing; w: class weights, 1 if not given

    and D = Σ_n w_{t_n} for integers (a weighted mean), D = N for probabilities: PyTorch's meaning of both.

    Args:
        label_smoothing: ε from 0 to 1, the part of each target that is spread over all classes.
        class_weights: (K,), above 0; larger for rare classes.

    Raises:
        ValueError: a label smoothing outside of 0 to 1, class weights that are no vector of numbers above 0.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs"; smoothing:
    Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7, arXiv 1512.00567.
    """

    def __init__(self, label_smoothing: float = 0.0, class_weights: npt.ArrayLike | None = None) -> None:
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"SoftmaxCrossEntropy(label_smoothing={label_smoothing}) needs a number from 0 to 1")
        self.label_smoothing = float(label_smoothing)
        self.class_weights = None if class_weights is None else np.array(class_weights, np.float64)
        weights = self.class_weights
        if weights is not None and not (weights.ndim == 1 and np.isfinite(weights).all() and (weights > 0).all()):
            raise ValueError(f"class_weights are {weights.tolist()}: give one number above 0 for each class")

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/dy_nk = (p_nk Σ_j q_nj - q_nk) / D; without smoothing and weights it is (p - t) / N."""
        targets = self._checked(outputs, np.asarray(targets))
        N, K = outputs.shape
        if targets.ndim == 1:
            q = np.full((N, K), self.label_smoothing / K, outputs.dtype)
            q[np.arange(N), targets] = 1 - self.label_smoothing + self.label_smoothing / K
        else:
            q = (targets * (1 - self.label_smoothing) + self.label_smoothing / K).astype(outputs.dtype, copy=False)
        D = self.weight(targets)
        if self.class_weights is not None:
            q *= self.class_weights.astype(outputs.dtype)
        log_p, p = log_softmax(outputs)
        p *= row_sums(q)
        p -= q
        p /= D
        return -float(np.vdot(q, log_p)) / D, p

    def weight(self, targets: npt.ArrayLike) -> float:
        """Return D."""
        targets = np.asarray(targets)
        if self.class_weights is None or targets.ndim == 2:
            return float(len(targets))
        # "clip": an unknown class is refused later, by the call that compares it with outputs.
        return float(self.class_weights.take(targets, mode="clip").sum())

    def measure(self, outputs: Array, targets: npt.ArrayLike) -> dict[str, float]:
        """Return "loss", and "accuracy": how often the largest output is that of the (most probable) class."""
        targets = np.asarray(targets)
        classes = targets if targets.ndim == 1 else targets.argmax(axis=1)
        return {**super().measure(outputs, targets), "accuracy": float(np.mean(outputs.argmax(axis=1) == classes))}

    def _checked(self, outputs: Array, targets: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if outputs.ndim != 2 or not outputs.size:
            raise ValueError(
                f"the outputs are {outputs.shape}, softmax cross-entropy takes (N, K) and at least one row"
            )
        N, K = outputs.shape
        if self.class_weights is not None and len(self.class_weights) != K:
            raise ValueError(f"there are {len(self.class_weights)} class weights for {K} outputs: give one for each")
        if targets.shape == (N, K):
            # Comparisons with NaN are false, so this refuses it too.
            if not (np.abs(targets.sum(axis=1) - 1) < 1e-3).all() or not (targets >= 0).all():
                raise ValueError("targets of (N, K) are probabilities: the numbers of a row are 0 or more and sum to 1")
        elif targets.shape != (N,) or targets.dtype.kind not in "iu":
            raise ValueError(
                f"the targets are {targets.dtype} {targets.shape}; "
                f"outputs {outputs.shape} take ({N},) integer classes or {outputs.shape} probabilities"
            )
        elif targets.min() < 0 or targets.max() >= K:
            raise ValueError(f"the targets go from {targets.min()} to {targets.max()}, {K} classes from 0 to {K - 1}")
        return targets


class BinaryCrossEntropy(Loss):
    """L = -Σ (t log p + (1 - t) log(1 - p)) / n, with p = sigmoid(y), for n = y.size independent yes-or-no decisions.

    y and t of any one shape; t from 0 to 1.

    Source: Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.90.
    """

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L, as Σ (max(y, 0) - y t + log(1 + exp(-|y|))) / n, and dL/dy = (p - t) / n."""
        t = _checked_targets(outputs, targets)
        if t.min() < 0 or t.max() > 1:
            raise ValueError(f"the targets go from {t.min()} to {t.max()}, binary cross-entropy takes 0 to 1")
        e = np.exp(-np.abs(outputs))
        p = np.where(outputs >= 0, 1, e) / (1 + e)
        value = np.mean(np.maximum(outputs, 0) - outputs * t + np.log1p(e))
        return float(value), (p - t) / outputs.size

    def measure(self, outputs: Array, targets: npt.ArrayLike) -> dict[str, float]:
        """Return "loss", and "accuracy": how often output > 0 agrees with target > 1/2."""
        measured = super().measure(outputs, targets)  # refuses targets of another shape
        correct = (outputs > 0) == (np.asarray(targets) > 0.5)
        return {**measured, "accuracy": float(np.mean(correct))}


def log_softmax(outputs: Array) -> tuple[Array, Array]:
    """Return log p and p = softmax(y), for logits y: (N, K) twice.

    log p = y - m - log Σ exp(y - m), where m = max y changes nothing and prevents overflow.
    """
    log_p = outputs - row_maxima(outputs)
    p = np.exp(log_p)
    total = row_sums(p)
    log_p -= np.log(total)
    p /= total
    return log_p, p


def _checked_targets(outputs: Array, targets: npt.ArrayLike) -> Array:
    """Return the targets in the dtype of the outputs; refuse another shape, as (N,) would broadcast to (N, 1)."""
    t = np.asarray(targets, outputs.dtype)
    if t.shape != outputs.shape or not t.size:
        raise ValueError(
            f"the targets are {t.shape}, the outputs {outputs.shape}: give one target for each output, and at least one"
        )
    if not np.isfinite(t).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(t))} of {t.size} targets are NaN or infinite")
    return t
