"""The formulas of deep Q-learning: action values, targets and loss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.policies.masks import masked_argmax
from agents.policies.networks import split_heads
from agents.types import BoolArray, FloatArray, IntArray


def action_values(output: FloatArray, *, dueling: bool) -> FloatArray:
    """Return Q (B, A) from a network's output: the output itself, or Q_a = V + D_a - mean(D) from (B, A + 1).

    Source: Wang et al. 2016, arXiv 1511.06581, equation 9, with the advantages D and the value V.
    """
    if not dueling:
        return output
    advantages, value = split_heads(output)
    values: FloatArray = value[:, None] + advantages - advantages.mean(axis=1, keepdims=True)
    return values


def n_step_targets(
    returns: FloatArray, discounts: FloatArray, chooser: FloatArray, values: FloatArray, masks: BoolArray
) -> FloatArray:
    """Targets y = R + γ^m Q'(s', argmax_a Q(s', a)), over the actions that are allowed in s'.

    Args:
        returns: (B,) R, the discounted rewards of m steps.
        discounts: (B,) γ^m; 0 after a termination.
        chooser: (B, A) Q: of the network for double Q-learning, otherwise of the target network.
        values: (B, A) Q' of the target network.
        masks: (B, A) allowed actions.

    Source: van Hasselt et al. 2016, arXiv 1509.06461, equation 4; with m steps Hessel et al. 2018, section "Multi-step
    learning".
    """
    targets: FloatArray = returns + discounts * values[np.arange(len(values)), masked_argmax(chooser, masks)]
    return targets


def q_loss(
    output: NDArray[np.floating[Any]],
    actions: IntArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    dueling: bool,
    delta: float,
) -> tuple[float, NDArray[np.floating[Any]], FloatArray]:
    """Return the sum of the losses of a batch, its gradient with respect to the output, and the errors.

    With the error e = y - Q_a and c = e clipped to [-δ, δ] (Huber 1964, as `nn.Huber`),

        L = Σ w c (e - c / 2)
        dL/dQ_a = -w c        dueling: dL/dD_j = dL/dQ_a (1[j = a] - 1 / A), dL/dV = dL/dQ_a

    Args:
        output: (B, A) values, or (B, A + 1) advantages and value.
        actions: (B,) a.
        targets: (B,) y.
        weights: (B,) w, importance weights.
        dueling: which of the two the output is.
        delta: δ.

    Returns:
        L, dL/doutput in the shape of the output, and (B,) e.
    """
    every = np.arange(len(output))
    errors = targets - action_values(output, dueling=dueling)[every, actions]
    c = np.clip(errors, -delta, delta)
    total = float(np.sum(weights * c * (errors - c / 2), dtype=np.float64))
    slope = (-weights * c).astype(output.dtype)
    gradient = np.zeros_like(output)
    if dueling:
        advantages, value = split_heads(gradient)  # views
        advantages[...] = -slope[:, None] / advantages.shape[1]
        value[...] = slope
    gradient[every, actions] += slope
    return total, gradient, errors
