"""A program's task that is cancelled while its bulk is being prepared or started leaves neither a bulk nor files."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.bulk.bulk_lines import catalog, echo
from tests.unit.bulk.fake_cloud import BulkCloud
from tool_executor import ToolExecutor
from tool_executor.bulk.bulks import Bulks
from tool_executor.bulk.preparation import PreparedRun

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path


class Gate:
    """Holds a thread up until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, *_: Any) -> None:
        self.reached.set()
        assert self.opened.wait(60)


@pytest.fixture
def cloud() -> BulkCloud:
    return BulkCloud(outputs={"HistoryTtlDays": "30"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where prepared runs wait."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def cancelled_at(gate: Gate, cloud: BulkCloud, begin: Callable[[ToolExecutor], Coroutine[Any, Any, Any]]) -> None:
    """Begin something, cancel it when its thread is at the gate, and let the thread go on then."""

    async def run() -> None:
        async with ToolExecutor(aws=cloud.aws, deployment=cloud.bulks.deployment) as executor:
            executor._connection.catalog = catalog()
            task = asyncio.ensure_future(begin(executor))
            await asyncio.to_thread(gate.reached.wait, 60)
            task.cancel()
            asyncio.get_running_loop().call_later(0.05, gate.opened.set)
            with pytest.raises(asyncio.CancelledError):
                await task
            gate.opened.set()

    asyncio.run(run())


@pytest.mark.parametrize("wait", [True, False])
def test_a_bulk_that_is_started_nevertheless_is_cancelled(cloud: BulkCloud, folder: Path, wait: bool) -> None:  # noqa: FBT001
    cloud.aws.s3.on_upload = gate = Gate()
    cancelled_at(gate, cloud, lambda executor: executor.execute_bulk([echo()] * 3, wait=wait))

    assert [told["status"] for told in cloud.aws.step_functions.executions.values()] == ["ABORTED"]
    assert list(folder.glob("tool-executor-bulk-*")) == []


def test_so_is_a_resume(cloud: BulkCloud, folder: Path) -> None:
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    cloud.aws.s3.on_upload = gate = Gate()
    cancelled_at(gate, cloud, lambda executor: executor.resume_bulk(run.bulk_id))

    assert [told["status"] for told in cloud.aws.step_functions.executions.values()] == ["FAILED", "ABORTED"]
    assert list(folder.glob("tool-executor-bulk-*")) == []


def test_a_start_that_fails_leaves_nothing_to_cancel(cloud: BulkCloud, folder: Path) -> None:
    gate = Gate()

    def fail(_key: str) -> None:
        gate()
        message = "no room"
        raise OSError(message)

    cloud.aws.s3.on_upload = fail
    cancelled_at(gate, cloud, lambda executor: executor.execute_bulk([echo()]))

    assert cloud.started == []
    assert list(folder.glob("tool-executor-bulk-*")) == []


def test_what_a_resume_prepares_after_it_was_cancelled_is_discarded(
    cloud: BulkCloud, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    gate, discarded = Gate(), threading.Event()
    resumption, discard = Bulks.resumption, PreparedRun.discard

    def slowly(*arguments: Any, **named: Any) -> Any:
        gate()
        return resumption(*arguments, **named)

    def discard_and_say_so(prepared: PreparedRun) -> None:
        discard(prepared)
        discarded.set()

    monkeypatch.setattr(Bulks, "resumption", slowly)
    monkeypatch.setattr(PreparedRun, "discard", discard_and_say_so)

    async def resumed(executor: ToolExecutor) -> None:
        try:
            await executor.resume_bulk(run.bulk_id)
        except asyncio.CancelledError:
            gate.opened.set()
            await asyncio.to_thread(discarded.wait, 30)
            raise

    cancelled_at(gate, cloud, resumed)
    assert cloud.started == [run.name]
    assert discarded.is_set()
    assert list(folder.glob("tool-executor-bulk-*")) == []
