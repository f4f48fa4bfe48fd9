"""The list of prices is whole, each has its source, and says honestly when it was looked up."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tool_executor.costs.prices import Price, list_prices
from tool_executor.costs.usage import Usage

PRICES = list_prices().prices


def test_each_unit_has_a_price_and_each_price_a_unit() -> None:
    assert set(PRICES) == {name for name, _ in Usage()}


@pytest.mark.parametrize("name", PRICES)
def test_a_price_says_where_it_is_from_and_when_it_was_looked_up(name: str) -> None:
    price = PRICES[name]
    assert price.dollars >= 0
    assert price.per >= 1
    assert re.fullmatch(r"https://aws\.amazon\.com/[a-z0-9/-]+/", price.url)
    assert price.page
    assert price.read_in
    assert price.looked_up == "from memory, check" or date.fromisoformat(price.looked_up).year >= 2026


def test_two_units_of_a_service_have_two_names() -> None:
    named = [(price.service, price.unit) for price in PRICES.values()]
    assert len(set(named)) == len(named)


def test_the_list_is_as_old_as_its_oldest_entry() -> None:
    assert list_prices().looked_up == min(
        price.looked_up for price in PRICES.values() if price.looked_up != "from memory, check"
    )


def test_dollars_buy_so_many_units() -> None:
    price = Price("Step Functions", "state transitions", 0.025, 1_000, "", "", "", "")
    assert price.of(2_000_000) == pytest.approx(50)
