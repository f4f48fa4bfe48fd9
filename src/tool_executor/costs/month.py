"""A month of a deployment: what is there anyway, and what grows with the work. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.hourly_totals import TOTALS_TTL_DAYS
from tool_executor.costs import records
from tool_executor.costs.assumptions import FINISHER_MEMORY_MB
from tool_executor.costs.bill import bill_of
from tool_executor.costs.execution_usage import SWEEP_LOG_BYTES, function_usage, parts_of
from tool_executor.costs.metrics_usage import sweep_metrics, tool_metric_months
from tool_executor.costs.usage import GB, Part, Usage, total
from tool_executor.costs.work import CallWork, ExecutionWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.costs.assumptions import Assumptions
    from tool_executor.costs.bill import Bill

_MILLION: Final = 1_000_000
_DAYS: Final = 30
SWEEPS: Final = _DAYS * 24 * 60
_SECONDS: Final = SWEEPS * 60
#: CloudWatch keeps logs compressed, to about so much of what came in: supposed.
_COMPRESSED: Final = 0.15
#: X-Ray's default rule: the first request of each second, and a share of the others.
_SAMPLED_BEYOND: Final = 0.05
#: The lists of what is overdue, of what is open, and of the first of these, of each shard: reads that may be late.
_SWEEP_QUERIES: Final = 3


def executions_of(assumed: Assumptions) -> float:
    """Return how many executions a month has."""
    return assumed.calls / assumed.calls_per_execution


def mean_execution(assumed: Assumptions) -> ExecutionWork:
    """Return an execution whose calls all go as the month's mean does."""
    run = assumed.tool_ms / 1000
    call = CallWork(
        retries=assumed.retries,
        fallbacks=assumed.fallbacks,
        failed=assumed.failures,
        cacheable=1.0 if assumed.cache_hits else 0.0,
        cache_hits=assumed.cache_hits,
        keyed=assumed.keyed,
        run_seconds=run * (1 + assumed.retries + assumed.fallbacks - assumed.cache_hits),
        wait_seconds=assumed.retries * assumed.wait_ms / 1000,
        memory_mb=assumed.memory_of("inventory-optimizer"),
        input_bytes=assumed.input_bytes,
        result_bytes=assumed.result_bytes,
    )
    return ExecutionWork(
        calls=(call,) * assumed.calls_per_execution,
        lanes=assumed.concurrency,
        tools=min(assumed.tools, assumed.calls_per_execution),
        cold=assumed.cold_starts,
    )


def parts_of_month(assumed: Assumptions) -> tuple[Part, ...]:
    """Return everything that a month uses, when as many records expire as are written."""
    executions = executions_of(assumed)
    each = [part for part in parts_of(mean_execution(assumed), assumed) if not part.usage.traces]
    grown = [part.times(executions) for part in each]
    return (*_fixed(assumed), *grown, *_growing(assumed, executions), *_kept(assumed, executions, grown))


def _fixed(assumed: Assumptions) -> Iterator[Part]:
    sweep = function_usage(FINISHER_MEMORY_MB, SWEEPS * assumed.sweep_ms / 1000, SWEEPS, SWEEPS * SWEEP_LOG_BYTES)
    reads = SWEEPS * (_SWEEP_QUERIES * assumed.history_shards + assumed.catalog_tools) / 2
    yield Part("sweep", sweep, fixed=True)
    yield Part("sweep", Usage(dynamodb_read_units=reads, scheduled_events=SWEEPS), fixed=True)
    yield Part("sweep", Usage(traces=SWEEPS if assumed.tracing else 0), fixed=True)
    yield Part("sweep", Usage(metric_months=sweep_metrics()), fixed=True)
    yield Part("sweep", Usage(log_gb_months=_log_months(sweep.log_gb, assumed)), fixed=True)
    yield Part("", Usage(alarm_months=assumed.alarmed_metrics, dashboard_months=assumed.dashboards), fixed=True)


def _growing(assumed: Assumptions, executions: float) -> Iterator[Part]:
    yield Part("tools", Usage(metric_months=tool_metric_months(assumed)))
    if assumed.tracing:
        sampled = min(executions, _SECONDS) + _SAMPLED_BEYOND * max(0.0, executions - _SECONDS)
        yield Part("executions", Usage(traces=sampled))
    hours = assumed.browser_sessions * assumed.browser_seconds / 3600
    yield Part("", Usage(browser_vcpu_hours=hours * assumed.browser_vcpus, browser_gb_hours=hours * assumed.browser_gb))


def _kept(assumed: Assumptions, executions: float, grown: list[Part]) -> Iterator[Part]:
    months = assumed.history_days / _DAYS
    calls = mean_execution(assumed).calls
    table = records.EXECUTION_BYTES + sum(records.ended_bytes(call) for call in calls)
    entries = records.INDEXES_OF_A_CALL * len(calls) + records.INDEXES_OF_AN_EXECUTION - 1
    indexes = records.INDEXED_BYTES * entries
    in_s3 = sum(size for call in calls for size in (call.input_bytes, call.result_bytes) if records.inline(size) < size)
    scale = executions * months / GB
    totals = records.TOTALS_BYTES * _totals(assumed, executions) * TOTALS_TTL_DAYS / _DAYS / GB
    yield Part(
        "history",
        Usage(
            dynamodb_gb_months=(table + indexes) * scale + totals,
            dynamodb_backup_gb_months=table * scale + totals,
        ),
    )
    yield Part("artefacts", Usage(s3_gb_months=in_s3 * scale))
    yield Part("functions", Usage(log_gb_months=_log_months(total(grown).log_gb, assumed)))


def _totals(assumed: Assumptions, executions: float) -> float:
    """Return how many items hold a month's totals: one a tool, hour and shard, as far as there are executions."""
    return min(executions * mean_execution(assumed).tools, assumed.tools * _DAYS * 24 * assumed.history_shards)


def _log_months(ingested_gb: float, assumed: Assumptions) -> float:
    return ingested_gb * _COMPRESSED * assumed.log_days / _DAYS


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month's bill; ``growth``: what other numbers of calls come to, everything else being equal.

    ``next_million``: what a million calls more would cost, from here on.
    """

    assumed: Assumptions
    bill: Bill
    growth: tuple[tuple[int, float], ...]
    next_million: float

    @classmethod
    def of(cls, assumed: Assumptions) -> MonthReport:
        """Return the report of a month."""
        calls = assumed.calls
        grown = [number for number in (calls, calls * 10, calls * 100) if number]
        bill = bill_of(parts_of_month(assumed))
        return cls(
            assumed,
            bill,
            tuple((number, _dollars(assumed, number)) for number in grown),
            _dollars(assumed, calls + _MILLION) - bill.dollars,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        calls, executions = self.assumed.calls, executions_of(self.assumed)
        grows = self.bill.dollars - self.bill.fixed_dollars
        return {
            "calls": calls,
            "executions": executions,
            **self.bill.to_json(),
            "fixed_dollars": self.bill.fixed_dollars,
            "growing_dollars": grows,
            "dollars_a_call": self.bill.dollars / calls if calls else None,
            "dollars_an_execution": self.bill.dollars / executions if executions else None,
            "dollars_of_the_next_million_calls": self.next_million,
            "growth": [{"calls": number, "dollars": dollars} for number, dollars in self.growth],
        }


def _dollars(assumed: Assumptions, calls: int) -> float:
    return bill_of(parts_of_month(assumed.model_copy(update={"calls": calls}))).dollars
