"""Loss functions of a demand at any level: units short of it, and that summed over all higher levels.

First order n(x) = E[(D - x)^+]. Second order: E[((D - x)^+)^2] / 2, the integral of n from x on, for measured demand;
E[(D - x)^+ (D - x - 1)^+] / 2, the sum of n over x + 1, x + 2, ..., for counted demand. With mean m, variance v,
dispersion u = v / m and S(x) = P(D > x), all families have n2(x) = {(m - x + a) n(x) + b} / 2 with

- normal, known: a = 0, b = v S(x)
- gamma: a = u, b = u x S(x)
- negative binomial: a = u - 1, b = u x S(x); Poisson: the same with u = 1

(Zipkin 2000, appendix C, with the density put in terms of n and S; the gamma's by the same steps.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, cdf, loss

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats


def is_counted(demand: Demand) -> Flags:
    """Return where the family is one of whole units."""
    counted: Flags = (demand.family == Family.POISSON) | (demand.family == Family.NEGATIVE_BINOMIAL)
    return counted


def first_loss(demand: Demand, x: Floats | float) -> Floats:
    """Return E[(demand - x)^+] in units. Between whole numbers the loss of counted demand is linear."""
    at = np.asarray(x, float)
    level = np.where(is_counted(demand), np.floor(at), at)
    short = loss(demand, level)
    if (level == at).all():
        return short
    between: Floats = short - (at - level) * (1.0 - cdf(demand, level))
    return between


def second_loss(demand: Demand, x: Floats | float) -> Floats:
    """Return the loss of second order, in units squared. ``x`` must be whole for counted families."""
    mean, variance, family, at = np.broadcast_arrays(demand.mean, demand.variance, demand.family, np.asarray(x, float))
    poisson, binomial, gamma = (family == kind for kind in (Family.POISSON, Family.NEGATIVE_BINOMIAL, Family.GAMMA))
    dispersion = np.divide(variance, mean, out=np.ones_like(mean), where=(binomial | gamma) & (mean > 0))
    shift = np.where(gamma, dispersion, dispersion - 1.0)
    weight = np.where(poisson | binomial | gamma, dispersion * at, np.where(family == Family.NONE, 0.0, variance))
    twice = (mean - at + shift) * loss(demand, at) + weight * (1.0 - cdf(demand, at))
    return np.asarray(np.maximum(twice / 2, 0.0))
