"""What training makes small: each loss takes outputs and targets, and returns its value and dL/doutputs.

All are means, so that the size of a step does not depend on the size of a batch. Those for classes take scores, not
probabilities (logits): together with the softmax or the sigmoid, value and gradient are simpler and cannot overflow.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nn.layer import Array


class Loss(ABC):
    """A function of outputs and targets."""

    @abstractmethod
    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/doutputs, an array like outputs.

        Raises:
            ValueError: targets that do not fit the outputs.
        """


def _alike(outputs: Array, targets: npt.ArrayLike) -> Array:
    given = np.asarray(targets, outputs.dtype)
    if given.shape != outputs.shape or not given.size:
        raise ValueError(f"targets are {given.shape}, outputs {outputs.shape}: give one target for each output")
    return given


class MeanSquaredError(Loss):
    """L = mean (y - t)², over all numbers of y and t, both (N, ...)."""

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/dy = 2 (y - t) / size."""
        error = outputs - _alike(outputs, targets)
        return float(np.mean(error * error)), error * (2 / error.size)


class Huber(Loss):
    """L = mean h(y - t), h(e) = e²/2 where |e| ≤ delta, delta (|e| - delta/2) elsewhere: outliers pull no harder.

    Args:
        delta: above 0.

    Raises:
        ValueError: a delta that is not.

    Source: Huber 1964, "Robust Estimation of a Location Parameter".
    """

    def __init__(self, delta: float = 1.0) -> None:
        if not delta > 0:
            raise ValueError(f"Huber({delta}) needs a delta above 0")
        self.delta = float(delta)

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/dy = e / size, with e cut at ±delta."""
        error = outputs - _alike(outputs, targets)
        cut = np.clip(error, -self.delta, self.delta)  # h(e) = cut (e - cut/2) on both branches
        return float(np.mean(cut * (error - cut / 2))), cut / error.size


class SoftmaxCrossEntropy(Loss):
    """L = Σ_n w_n · -Σ_k t[n, k] log p[n, k] / Σ_n w_n, p = softmax of the scores y (N, K).

    Args:
        smoothing: s; each target becomes (1 - s) t + s / K, so that the network need not be certain.
        class_weights: (K,), the weight of each class, for classes with few examples; by default all are 1.

    Targets are classes (N,), whole numbers below K, or probabilities (N, K). As in PyTorch, w[k] weighs each term of
    the sum over k, and the mean is divided by the weights of the classes, or by N for probabilities.

    Raises:
        ValueError: a smoothing outside of [0, 1], weights that are not all above 0.

    Source: label smoothing: Szegedy et al. 2015, section 7, arXiv 1512.00567.
    """

    def __init__(self, smoothing: float = 0.0, class_weights: Sequence[float] | Array | None = None) -> None:
        if not 0 <= smoothing <= 1:
            raise ValueError(f"smoothing is {smoothing}; give a number from 0 to 1")
        self.smoothing = float(smoothing)
        self.class_weights = None if class_weights is None else np.asarray(class_weights, np.float64)
        if self.class_weights is not None and (self.class_weights.ndim != 1 or not (self.class_weights > 0).all()):
            raise ValueError(f"class_weights are {class_weights}; give a number above 0 for each class")

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L and dL/dy[n, k] = (p[n, k] Σ_j w_j t[n, j] - w_k t[n, k]) / total weight."""
        wanted, norm = self._wanted(outputs, np.asarray(targets))
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        value = -float(np.sum(wanted * log_p, dtype=np.float64)) / norm
        gradient = np.exp(log_p) * wanted.sum(axis=1, keepdims=True) - wanted
        gradient /= gradient.dtype.type(norm)
        return value, gradient

    def _wanted(self, outputs: Array, targets: npt.NDArray[np.generic]) -> tuple[Array, float]:
        """Return w_k t[n, k] (N, K), and what the sum is divided by."""
        N, K = outputs.shape
        weights = np.ones(K) if self.class_weights is None else self.class_weights
        if weights.shape != (K,):
            raise ValueError(f"there are {len(weights)} class weights for {K} classes")
        if targets.shape == (N,) and targets.dtype.kind in "iu":
            if not N or targets.min() < 0 or targets.max() >= K:
                raise ValueError(
                    f"{N} targets lie from {min(targets, default=0)} to {max(targets, default=0)}: "
                    f"give classes 0 to {K - 1}"
                )
            wanted = np.zeros((N, K), outputs.dtype)
            wanted[np.arange(N), targets.astype(np.intp)] = 1
            norm = float(weights[targets.astype(np.intp)].sum())
        elif targets.shape == (N, K) and N:
            wanted, norm = targets.astype(outputs.dtype), float(N)
            if not (wanted >= 0).all():
                raise ValueError("a target is negative or NaN: give probabilities")
        else:
            raise ValueError(
                f"targets are {targets.dtype} {targets.shape}, outputs {outputs.shape}: "
                f"give classes ({N},) as whole numbers, or probabilities ({N}, {K})"
            )
        if self.smoothing:
            wanted = wanted * (1 - self.smoothing) + self.smoothing / K
        if self.class_weights is not None:
            wanted = wanted * weights.astype(outputs.dtype)
        return wanted, norm


class BinaryCrossEntropy(Loss):
    """L = mean -(t log p + (1 - t) log(1 - p)), p = sigmoid of the scores y; t from 0 to 1, both (N, ...)."""

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        """Return L = mean(max(y, 0) - y t + log(1 + exp(-|y|))), which cannot overflow, and dL/dy = (p - t) / size."""
        wanted = _alike(outputs, targets)
        if not ((wanted >= 0) & (wanted <= 1)).all():
            raise ValueError("a target lies outside of 0 to 1: give probabilities")
        e = np.exp(-np.abs(outputs))
        value = np.mean(np.maximum(outputs, 0) - outputs * wanted + np.log1p(e))
        p = np.where(outputs >= 0, 1, e) / (1 + e)
        return float(value), (p - wanted) / outputs.dtype.type(outputs.size)
