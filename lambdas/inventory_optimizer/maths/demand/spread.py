"""How uncertain a forecast is: the variance of demand over some days, and how it grows with them.

In the model under SES (a level that moves by a share a of each day's error) demand of t days errs by
v S(t, a), S(t, a) = sum over j < t of (1 + a j)^2 = t + a t (t - 1) + a^2 (t - 1) t (2 t - 1) / 6, where v is the
variance of one day (Hyndman, Koehler, Ord & Snyder 2008, ch. 6; Johnston & Boylan 1994). S grows with t^3: a level that
moves is what makes long horizons uncertain.

What a product's own rolling origins showed is put into the same form: the constant a is the one at which v S(h, a) is
the error of the total over h days, theirs and the model's, weighed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.maths.demand.candidates import Candidates
    from lambdas.inventory_optimizer.maths.demand.rolling_origins import Trial

#: The model weighs as much as so many independent origins.
_MODEL_WEIGHT: Final = 4.0
#: Overlapping origins count half.
_ORIGIN_WEIGHT: Final = 0.5
#: Errors at origins whose data chose the weights are too small; measured on real demand.
_OPTIMISM: Final = 1.5


def growth(days: Floats | float, constant: Floats | float) -> Floats:
    """Return S(t, a): how many times the variance of one day that of ``days`` days is. At least ``days``."""
    t = np.asarray(days, dtype=np.float64)
    before = np.maximum(t - 1, 0.0)
    grown: Floats = t + constant * t * before + np.square(constant) * before * t * (2 * t - 1) / 6
    return grown


def constant_of(times: Floats, days: float) -> Floats:
    """Return the constant a at which ``growth(days, a)`` is ``times``; zero where that is at most ``days``."""
    squared, linear = (days - 1) * days * (2 * days - 1) / 6, days * (days - 1)
    if squared <= 0:
        return np.zeros_like(times)
    root = np.sqrt(np.maximum(linear**2 - 4 * squared * (days - times), 0.0))
    constant: Floats = np.maximum((root - linear) / (2 * squared), 0.0)
    return constant


def effective_constant(tried: Candidates, trial: Trial, variance: Floats, usable_days: Floats) -> Floats:
    """Return the constant a of each product: the model's of its SES constant and what the rolling origins showed.

    ``variance`` is that of one day around its forecast. A level taken from n days errs by v / n at least.
    """
    h = float(trial.horizon)
    by_model = variance * growth(h, tried.alpha)
    observed = _OPTIMISM * trial.squared_error * h**2
    weight = _ORIGIN_WEIGHT * trial.origins
    total = (_MODEL_WEIGHT * by_model + weight * observed) / (_MODEL_WEIGHT + weight)
    total = total + variance * h**2 / np.maximum(usable_days, 1)
    return constant_of(np.divide(total, variance, out=np.full(total.shape, h), where=variance > 0), h)
