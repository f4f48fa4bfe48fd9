"""Distribution of demand over a number of days, given its mean and variance.

Counted demand is Poisson where the variance is at most the mean and negative binomial above; measured demand
(fractions occur) is gamma. The normal is there for comparison and for whoever asks for it: it is never chosen, and
refused where the standard deviation is half the mean or more, for it would then put demand below zero.

Parameters by moments, mean m and variance v:

- negative binomial: r = m^2 / (v - m), p = m / v; F(k) = I_p(r, k + 1)   (Boylan & Syntetos 2021)
- gamma: shape = m^2 / v, scale = v / m                                     (Burgin 1975)

Each family is closed under sums of independent days: mean and variance of t days are t times those of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lambdas.inventory_optimizer.maths.special import special

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats, Integers

#: Closer to its mean than this a negative binomial is a Poisson, and its own parameters lose digits.
_POISSON_RATIO: Final = 1.0 + 1e-4
_NORMAL_LIMIT: Final = 0.5
_NEGLIGIBLE: Final = 1e-9
#: A measured demand that varies by less than this share of its mean is known.
_EXACT: Final = 1e-6


FamilyName: TypeAlias = Literal["none", "poisson", "negative_binomial", "gamma", "normal"]


class Family(IntEnum):
    """Kinds of distribution; ``NONE`` is demand that is known to be its mean."""

    NONE = 0
    POISSON = 1
    NEGATIVE_BINOMIAL = 2
    GAMMA = 3
    NORMAL = 4

    @property
    def label(self) -> FamilyName:
        """The name that results show."""
        return _NAMES[self]


_NAMES: Final[dict[Family, FamilyName]] = {
    Family.NONE: "none",
    Family.POISSON: "poisson",
    Family.NEGATIVE_BINOMIAL: "negative_binomial",
    Family.GAMMA: "gamma",
    Family.NORMAL: "normal",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """Distribution of demand, element by element. Units: those of the product."""

    mean: Floats
    variance: Floats
    family: Integers

    @property
    def sd(self) -> Floats:
        """Standard deviation: the family's own, which is the root of the mean for a Poisson."""
        return np.sqrt(np.where(self.family == Family.POISSON, self.mean, self.variance))

    def take(self, rows: Integers) -> Demand:
        """Return the elements of these indices."""
        return Demand(self.mean[rows], self.variance[rows], self.family[rows])

    def over(self, days: Floats | float) -> Demand:
        """Return the demand of ``days`` independent days, each distributed like this one."""
        mean, variance, family = np.broadcast_arrays(self.mean * days, self.variance * days, self.family)
        return Demand(mean, variance, family)


def choose(mean: Floats, variance: Floats, counted: Flags) -> Demand:
    """Choose a family for each pair of moments. ``counted`` says which demand comes in whole units.

    A mean under a billionth of a unit is no demand. Raises ``ValueError`` on negative or non-finite moments.
    """
    mean, variance, counted = np.broadcast_arrays(np.asarray(mean, float), np.asarray(variance, float), counted)
    if not (np.isfinite(mean).all() and np.isfinite(variance).all() and (mean >= 0).all() and (variance >= 0).all()):
        message = "mean and variance of demand must be finite and not negative"
        raise ValueError(message)
    mean = np.where(mean < _NEGLIGIBLE, 0.0, mean)
    over_dispersed = variance > mean * _POISSON_RATIO
    family = np.select(
        [mean <= 0, counted & ~over_dispersed, counted, variance > (_EXACT * mean) ** 2],
        [Family.NONE, Family.POISSON, Family.NEGATIVE_BINOMIAL, Family.GAMMA],
        Family.NONE,
    )
    return Demand(mean, variance, family.astype(np.int64))


def normal(mean: Floats, sd: Floats) -> Demand:
    """Return a normal demand. Raises ``ValueError`` where sd is half the mean or more."""
    mean, sd = np.broadcast_arrays(np.asarray(mean, float), np.asarray(sd, float))
    if (sd >= _NORMAL_LIMIT * mean).any():
        message = "a normal distribution needs a standard deviation under half the mean"
        raise ValueError(message)
    return Demand(mean, sd**2, np.full(mean.shape, int(Family.NORMAL)))


def cdf(demand: Demand, x: Floats | float) -> Floats:
    """Return P(demand <= x), element by element; x and demand broadcast."""
    mean, variance, family, at = np.broadcast_arrays(demand.mean, demand.variance, demand.family, np.asarray(x, float))
    result = np.where(at >= mean, 1.0, 0.0)
    for kind, evaluate in _CDF.items():
        here = (family == kind) & ((at >= 0) | (kind == Family.NORMAL))
        result[family == kind] = 0.0
        if here.any():
            result[here] = evaluate(at[here], mean[here], variance[here])
    return result


def quantile(demand: Demand, probability: Floats | float) -> Floats:
    """Return the smallest x with P(demand <= x) >= probability (0 < probability < 1).

    For counted families x is a whole number: the discrete quantile, so at least the probability asked is reached.
    """
    mean, variance, family, level = np.broadcast_arrays(
        demand.mean, demand.variance, demand.family, np.asarray(probability, float)
    )
    if not ((level > 0) & (level < 1)).all():
        message = "a probability must lie between 0 and 1"
        raise ValueError(message)
    result = mean.copy()
    here = family == Family.NORMAL
    result[here] = mean[here] + special.ndtri(level[here]) * np.sqrt(variance[here])
    here = family == Family.GAMMA
    result[here] = special.gammaincinv(mean[here] ** 2 / variance[here], level[here]) * variance[here] / mean[here]
    here = (family == Family.POISSON) | (family == Family.NEGATIVE_BINOMIAL)
    if here.any():
        result[here] = _smallest_count(Demand(mean[here], variance[here], family[here]), level[here])
    return result


def smallest_whole(demand: Demand, probability: Floats | float) -> Floats:
    """Return the smallest whole x with P(demand <= x) >= probability: a reorder point in whole units."""
    x = np.maximum(np.ceil(quantile(demand, probability)), 0.0)
    # The inverse of a continuous distribution may miss the level by a rounding error on either side.
    x = np.where((x >= 1) & (cdf(demand, x - 1) >= probability), x - 1, x)
    return np.where(cdf(demand, x) < probability, x + 1, x)


def loss(demand: Demand, x: Floats | float) -> Floats:
    """Return E[(demand - x)^+], the units short of x in closed form (Zipkin 2000, appendix C).

    For counted families x must be whole.
    """
    mean, variance, family, at = np.broadcast_arrays(demand.mean, demand.variance, demand.family, np.asarray(x, float))
    result: Floats = np.maximum(mean - at, 0.0)
    for kind, evaluate in _LOSS.items():
        here = (family == kind) & ((at >= 0) | (kind == Family.NORMAL))
        if here.any():
            result[here] = np.maximum(evaluate(at[here], mean[here], variance[here]), 0.0)
    return result


def _smallest_count(demand: Demand, level: Floats) -> Floats:
    """Bisect for the smallest whole k with F(k) >= level; the invariant is F(low) < level <= F(high)."""
    low = np.full(demand.mean.shape, -1.0)
    high = np.ceil(demand.mean + 2 * demand.sd + 2)
    while (short := cdf(demand, high) < level).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while True:
        middle = np.floor((low + high) / 2)
        # Beyond 2^53 neighbouring floats are more than 1 apart: nothing lies between them then.
        if not ((low < middle) & (middle < high)).any():
            break
        enough = cdf(demand, middle) >= level
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _poisson_cdf(x: Floats, mean: Floats, _variance: Floats) -> Floats:
    return np.asarray(special.gammaincc(np.floor(x) + 1, mean))


def _negative_binomial_cdf(x: Floats, mean: Floats, variance: Floats) -> Floats:
    return np.asarray(special.betainc(mean**2 / (variance - mean), np.floor(x) + 1, mean / variance))


def _gamma_cdf(x: Floats, mean: Floats, variance: Floats) -> Floats:
    return np.asarray(special.gammainc(mean**2 / variance, x * mean / variance))


def _normal_cdf(x: Floats, mean: Floats, variance: Floats) -> Floats:
    sd = np.sqrt(variance)
    return np.asarray(special.ndtr(np.divide(x - mean, sd, out=np.where(x >= mean, np.inf, -np.inf), where=sd > 0)))


def _poisson_loss(x: Floats, mean: Floats, variance: Floats) -> Floats:
    log_mass = special.xlogy(x, mean) - mean - special.gammaln(x + 1)
    return (mean - x) * (1 - _poisson_cdf(x, mean, variance)) + mean * np.exp(log_mass)


def _negative_binomial_loss(x: Floats, mean: Floats, variance: Floats) -> Floats:
    r, p = mean**2 / (variance - mean), mean / variance
    odds = (1 - p) / p
    log_mass = special.gammaln(r + x) - special.gammaln(r) - special.gammaln(x + 1) + r * np.log(p)
    log_mass += special.xlog1py(x, -p)
    survival = 1 - _negative_binomial_cdf(x, mean, variance)
    return (mean - x) * survival + (x + r) * odds * np.exp(log_mass)


def _gamma_loss(x: Floats, mean: Floats, variance: Floats) -> Floats:
    shape, scaled = mean**2 / variance, x * mean / variance
    return mean * special.gammaincc(shape + 1, scaled) - x * special.gammaincc(shape, scaled)


def _normal_loss(x: Floats, mean: Floats, variance: Floats) -> Floats:
    sd = np.sqrt(variance)
    k = np.divide(x - mean, sd, out=np.zeros_like(sd), where=sd > 0)
    unit = np.exp(-(k**2) / 2) / np.sqrt(2 * np.pi) - k * special.ndtr(-k)
    return np.where(sd > 0, sd * unit, np.maximum(mean - x, 0.0))


_CDF: Final = {
    Family.POISSON: _poisson_cdf,
    Family.NEGATIVE_BINOMIAL: _negative_binomial_cdf,
    Family.GAMMA: _gamma_cdf,
    Family.NORMAL: _normal_cdf,
}
_LOSS: Final = {
    Family.POISSON: _poisson_loss,
    Family.NEGATIVE_BINOMIAL: _negative_binomial_loss,
    Family.GAMMA: _gamma_loss,
    Family.NORMAL: _normal_loss,
}
