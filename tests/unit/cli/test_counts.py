"""One call is one call, in whatever the command line says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tool_executor.cancellation import Cancellation
from tool_executor.cli.cancel import print_cancellation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 call cancelled"), (2, "2 calls cancelled"), (0, "0 calls cancelled")]
)
def test_a_cancel_counts_its_calls(count: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = {"tool_name": "echo", "attempts": 0, "effect": "none"}
    cancelled = tuple({"call_id": f"c{number}", "status": "cancelled", **call} for number in range(count))
    ended = {"call_id": "ended", "status": "success", **call}

    print_cancellation(
        Cancellation("e", stopped=True, status="cancelled", calls=(ended, *cancelled)), Console(width=200)
    )

    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("count", "said"), [(1, ": 1 call, parallel"), (2, ": 2 calls, parallel")])
def test_a_valid_requests_calls_are_counted(count: int, said: str, command: Callable[..., Ran], tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    calls = [{"tool_name": "forecast_demand", "input": {"product_code": "P001", "warehouse_code": "WH001"}}] * count
    request.write_text(json.dumps({"calls": calls}), encoding="utf-8")

    ran = command("validate", request)

    assert said in ran.out, ran
