"""Demands of one product, and of all families, for the tests of what is calculated from them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, choose
from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def counted(mean: float, ratio: float = 1.0) -> Demand:
    """Poisson, or with a ratio of variance to mean above 1 negative binomial."""
    return choose(one(mean), one(mean * ratio), np.array([True]))


def gamma(mean: float, ratio: float) -> Demand:
    return choose(one(mean), one(mean * ratio), np.array([False]))


def normal(mean: float, sd: float) -> Demand:
    """Unlike the product's own, with a standard deviation of any size."""
    return Demand(one(mean), one(sd**2), np.array([int(Family.NORMAL)]))


def known(mean: float) -> Demand:
    return Demand(one(mean), one(0.0), np.array([int(Family.NONE)]))


def costs(ordering: float, holding: float, shortage: float) -> PolicyCosts:
    return PolicyCosts(one(ordering), one(holding), one(shortage))


@st.composite
def counted_demands(draw: st.DrawFn, largest_mean: float = 200.0) -> Demand:
    return counted(draw(st.floats(0.05, largest_mean)), draw(st.one_of(st.just(1.0), st.floats(1.01, 10.0))))


@st.composite
def measured_demands(draw: st.DrawFn, largest_mean: float = 200.0) -> Demand:
    mean, cv = draw(st.floats(0.05, largest_mean)), draw(st.floats(0.05, 2.0))
    return draw(st.sampled_from([gamma(mean, mean * cv**2), normal(mean, mean * cv), known(mean)]))


def demands(largest_mean: float = 200.0) -> st.SearchStrategy[Demand]:
    return counted_demands(largest_mean) | measured_demands(largest_mean)
