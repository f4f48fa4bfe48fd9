"""Outcomes are counted once, also where the acknowledgement of the close is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.finisher.settlement import Ending
from tests.unit.finisher.executions import finisher, planned, success
from tool_contract.envelope import CallStatus
from tool_contract.metrics import outcome_metric

if TYPE_CHECKING:
    import pytest

    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@dataclass
class Deaf:
    """A client that sends each update twice, as the SDK does where it did not hear the answer to the first."""

    real: Any

    def update_item(self, **arguments: Any) -> Any:
        self.real.update_item(**arguments)
        return self.real.update_item(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    outcomes = {outcome_metric(status).value for status in CallStatus if status.is_terminal}
    return [name for line in lines for name in line if name in outcomes]


def test_a_close_whose_acknowledgement_is_lost_is_counted_once(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(aws, execution_id, success())
    finisher(aws, clock, dynamodb=Deaf(aws.dynamodb)).finish(execution_id, Ending.FINISHED)
    assert _counted(capsys) == ["CallsSuccess"]
    finisher(aws, clock).finish(execution_id, Ending.FINISHED)
    assert _counted(capsys) == []
