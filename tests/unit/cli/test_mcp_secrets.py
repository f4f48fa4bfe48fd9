"""Which secrets ``tool-executor mcp --secret`` lets clients name."""

from __future__ import annotations

import pytest
import typer

from tool_executor.cli.mcp import secrets_by_name


def test_a_secret_may_have_another_name_for_clients_than_in_the_stage() -> None:
    assert secrets_by_name(["shop=shop/login", "bank/pin"]) == {"shop": "shop/login", "bank/pin": "bank/pin"}


@pytest.mark.parametrize("said", ["", "=", "shop=", "=shop/login", "shop=a b", "a=b=c", "shop//login", "x" * 201])
def test_what_names_no_secret_is_refused_with_how_to_say_it(said: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"is neither NAME nor NAME=KEPT\. A secret's name is"):
        secrets_by_name([said])


def test_one_name_for_two_secrets_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="'shop' stands for two secrets"):
        secrets_by_name(["shop=shop/login", "shop=bank/login"])
