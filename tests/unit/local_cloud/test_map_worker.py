"""A Map's worker goes through any number of items."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tool_executor.local.moto_patches import interpreter


class Frame:
    """An environment frame that opens frames like itself."""

    def __init__(self) -> None:
        self.event_history_context = SimpleNamespace(source_event_id=0, last_published_event_id=7)
        self.closed = 0

    def open_inner_frame(self) -> Frame:
        return Frame()

    def close_frame(self, _: Frame) -> None:
        self.closed += 1


class Pool:
    """Hands out jobs and keeps those that were closed."""

    def __init__(self, count: int) -> None:
        self.open = [SimpleNamespace(number=number, job_output=None) for number in reversed(range(count))]
        self.closed: list[int] = []

    def next_job(self) -> Any:
        return self.open.pop() if self.open else None

    def close_job(self, job: Any) -> None:
        self.closed.append(job.number)


def go_through(pool: Pool, fail_at: int | None = None) -> Frame:
    env = Frame()

    def evaluate(env: Frame, job: Any) -> None:  # noqa: ARG001 - as moto calls it
        job.job_output = ValueError() if job.number == fail_at else "done"

    worker = SimpleNamespace(_job_pool=pool, _env=env, _eval_job=evaluate, stopped=lambda: False)
    interpreter._eval_pool(worker, pool.next_job(), Frame())
    return env


def test_a_worker_does_not_recurse_for_its_items() -> None:
    pool = Pool(50_000)
    env = go_through(pool)
    assert pool.closed == list(range(50_000))
    assert env.closed == 1


def test_a_worker_stops_at_a_failure() -> None:
    pool = Pool(10)
    go_through(pool, fail_at=3)
    assert pool.closed == [0, 1, 2, 3]


def test_a_worker_without_work_closes_its_frame() -> None:
    assert go_through(Pool(0)).closed == 1
