"""What is open lies in several shards, and the sweep sees all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.finisher.history import History
from tests.unit.finisher.executions import PENDING, planned
from tests.unit.runtime.aws import TABLE, Aws
from tool_contract.record import EXECUTION_CALL_ID

if TYPE_CHECKING:
    import pytest


def _in_shards(aws: Aws, name: str) -> list[str]:
    """Write four executions into three shards, the later ones with the nearer deadlines; return their ids."""
    names = [f"{name}-{number}" for number in range(4)]
    for number, each in enumerate(names):
        planned(aws, each, PENDING)
        row = aws.row(each, EXECUTION_CALL_ID)
        aws.put(**{**row, "open": str(number % 3), "deadline": f"1999-01-0{9 - number}T00:00:00.000Z"})
    return names


def test_what_is_overdue_is_found_in_every_shard(aws: Aws, execution_id: str) -> None:
    names = _in_shards(aws, execution_id)

    found = list(History(TABLE, aws.dynamodb, 3).overdue("2000-01-01T00:00:00.000Z"))

    assert found == names[::-1]
    _close(aws, names)


def test_what_is_open_is_counted_in_every_shard(aws: Aws, execution_id: str) -> None:
    before, _ = History(TABLE, aws.dynamodb, 3).open_executions()
    names = _in_shards(aws, execution_id)

    count, first = History(TABLE, aws.dynamodb, 3).open_executions()

    assert (count - before, first) == (4, "1999-01-06T00:00:00.000Z")
    _close(aws, names)


def _close(aws: Aws, names: list[str]) -> None:
    for name in names:
        row = aws.row(name, EXECUTION_CALL_ID)
        del row["open"]
        aws.put(**row)


def test_a_deployment_without_the_setting_has_one_shard(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from lambdas.finisher import handler  # noqa: PLC0415 - reads its environment when it is first asked

    for name, value in {"HISTORY_TABLE": TABLE, "ARTIFACT_BUCKET": "artifacts"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HISTORY_SHARDS", raising=False)
    handler._finisher.cache_clear()

    assert handler._finisher().history._shards == 1

    handler._finisher.cache_clear()
    assert aws
