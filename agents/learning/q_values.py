"""The arithmetic of deep Q-learning: what a network says actions are worth, what they should be worth, and the loss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import BoolArray, FloatArray, IntArray
from agents.policies.masks import best_allowed


def action_values(output: FloatArray, *, dueling: bool) -> FloatArray:
    """(B, A) Q: the output itself, or from (B, A + 1) Q_a = V + D_a - mean(D), with D the advantages and V the last.

    Source: Wang et al. 2016, arXiv 1511.06581, equation 9.
    """
    if not dueling:
        return output
    advantages = output[:, :-1]
    values: FloatArray = output[:, -1:] + advantages - advantages.mean(axis=1, keepdims=True)
    return values


def n_step_targets(
    returns: FloatArray, discounts: FloatArray, chooser: FloatArray, values: FloatArray, masks: BoolArray
) -> FloatArray:
    """Targets y = R + γ^m Q'(s', argmax_a Q(s', a)), over what is allowed in s'.

    Args:
        returns: (B,) R, the discounted rewards of m steps.
        discounts: (B,) γ^m; 0 where nothing follows.
        chooser: (B, A) Q: of the network for double Q-learning, else of the target network too.
        values: (B, A) Q' of the target network.
        masks: (B, A) allowed actions.

    Source: van Hasselt et al. 2016, arXiv 1509.06461, equation 4; with m steps Hessel et al. 2018, section "Multi-step
    learning".
    """
    targets: FloatArray = returns + discounts * values[np.arange(len(values)), best_allowed(chooser, masks)]
    return targets


def q_loss(
    output: NDArray[np.floating[Any]],
    actions: IntArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    dueling: bool,
    huber: float,
) -> tuple[float, NDArray[np.floating[Any]], FloatArray]:
    """The sum over the batch of each step's loss, its gradient with respect to the output, and the errors.

    With δ = y - Q_a and c = δ between -κ and κ (Huber 1964, as `nn.Huber`),

        L = Σ w c (δ - c / 2)
        dL/dQ_a = -w c        dueling: dL/dD_j = dL/dQ_a (1[j = a] - 1 / A), dL/dV = dL/dQ_a

    Args:
        output: (B, A) values, or (B, A + 1) advantages and value.
        actions: (B,) a, taken.
        targets: (B,) y.
        weights: (B,) w, importance.
        dueling: what the output is.
        huber: κ.

    Returns:
        L, dL/doutput in the shape of the output, and (B,) δ.
    """
    every = np.arange(len(output))
    errors = targets - action_values(output, dueling=dueling)[every, actions]
    c = np.clip(errors, -huber, huber)
    total = float(np.sum(weights * c * (errors - c / 2), dtype=np.float64))
    slope = (-weights * c).astype(output.dtype)
    gradient = np.zeros_like(output)
    if dueling:
        A = output.shape[1] - 1
        gradient[:, :-1] = -slope[:, None] / A
        gradient[:, -1] = slope
    gradient[every, actions] += slope
    return total, gradient, errors
