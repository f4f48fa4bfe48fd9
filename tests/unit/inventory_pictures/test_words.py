"""What the tools say in codes and numbers is told in words that a planner understands."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from lambdas.inventory_optimizer.results import Caution, Notice
from lambdas.inventory_optimizer.risk_results import Action
from tool_executor.inventory_pictures import words
from tool_executor.inventory_pictures.amounts import percent, quantity, tick


@pytest.mark.parametrize(
    ("codes", "table"), [(Caution, words.WARNINGS), (Action, words.ACTIONS), (Notice, words.NOTICES)]
)
def test_every_code_of_the_tools_has_words(codes: Any, table: dict[str, str]) -> None:
    assert set(get_args(codes)) == set(table)


def test_a_code_of_a_newer_tool_is_told_as_it_is() -> None:
    assert words.in_words(words.ACTIONS, "ask_the_boss") == "ask the boss"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"SES": 1}, "forecast by SES 100%"),
        ({"SES": 0.5, "TSB": 0.3, "SBA": 0.2, "ADIDA": 0}, "forecast by SES 50%, TSB 30%, SBA 20%"),
        ({"SES": 0.4, "TSB": 0.3, "SBA": 0.2, "ADIDA": 0.1}, "forecast by SES 40%, TSB 30% and 2 more"),
        ({}, "forecast by a combination"),
    ],
)
def test_a_combination_is_told_by_its_largest_parts(weights: dict[str, float], expected: str) -> None:
    scores = [{"method": "combination", "weight": 1}, *({"method": m, "weight": w} for m, w in weights.items())]
    assert words.method({"method": "combination", "scores": scores}) == expected


def test_an_order_whose_point_is_not_reached_is_told_with_its_day() -> None:
    risk = {"action": "order_now"}
    assert words.action(risk, {"suggested_order": 12, "order_date": "2026-10-31"}) == "order now"
    assert words.action(risk, {"suggested_order": 0, "order_date": "2026-11-03"}) == "order about 3 Nov"
    assert words.action(risk, {"suggested_order": 0, "order_date": None}) == "nothing to order yet"
    assert words.action(risk, None) == "order now"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0001, "-0.0001"),
        (0.79142, "0.791"),
        (9.405, "9.4"),
        (52.42, "52.4"),
        (98.06, "98.1"),
        (1334, "1,334"),
        (1234567.8, "1,234,568"),
        (-16, "-16"),
        (5.0, "5"),
        (10.0, "10"),
        (100.0, "100"),
    ],
)
def test_quantities_keep_whole_units_and_three_digits(value: float, expected: str) -> None:
    assert quantity(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(999_999, "999,999"), (1_500_000, "1.5 M"), (-2e9, "-2,000 M")])
def test_axes_have_millions_short(value: float, expected: str) -> None:
    assert tick(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0%"),
        (0.0001, "under 0.1%"),
        (0.05, "5%"),
        (0.7602, "76%"),
        (0.9966, "99.7%"),
        (0.9995, "over 99.9%"),
        (1, "100%"),
    ],
)
def test_what_is_only_nearly_certain_is_not_told_as_certain(value: float, expected: str) -> None:
    assert percent(value) == expected
