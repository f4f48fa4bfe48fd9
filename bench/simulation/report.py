"""What a simulation came to: figures, and which promises were kept."""

from __future__ import annotations

import resource
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.call_totals import time_of
from tool_contract.hourly_totals import figures_of
from tool_contract.items import from_item
from tool_executor.costs.prices import list_prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.simulation.deployment import Simulated
    from bench.simulation.executions import Seen
    from bench.simulation.scenario import Scenario

_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_HOTTEST: Final = 6
_MEMORY_MB: Final = {"planner": 1024, "finisher": 512, "tools": 512}
_MILLION: Final = 1_000_000


@dataclass(slots=True)
class Report:
    """Figures of one slice of a simulation, or of all slices: counters add up. ``seconds`` are virtual."""

    seconds: float = 0.0
    real_seconds: float = 0.0
    cpu_seconds: float = 0.0
    slices: int = 1
    most_memory_mb: int = 0
    most_at_once: int = 0
    most_attempts: int = 0
    busiest: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    call_ms: Counter[int] = field(default_factory=Counter)
    execution_ms: Counter[int] = field(default_factory=Counter)
    throughput: list[dict[int, int]] = field(default_factory=list)
    writes: Counter[str] = field(default_factory=Counter)
    half_reads: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    function_seconds: dict[str, float] = field(default_factory=dict)
    functions: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, simulated: Simulated, seen: Seen, real_seconds: float, cpu_seconds: float) -> Self:
        """Return the figures of a simulation that has run."""
        taken, functions, seconds = simulated.dynamodb.taken, simulated.functions, simulated.timeline.now
        busy = max(1.0, max(seen.throughput, default=0) + 1.0)
        counts = {
            "calls": seen.calls,
            "executions": seen.ended,
            "transitions": seen.transitions,
            "executions swept": seen.swept,
            "plans failed": seen.plan_failed,
            "finishes failed": seen.finish_failed,
            "transaction conflicts": taken.conflicts,
            "writes refused after retries": taken.refused_after_retries,
        }
        return cls(
            seconds,
            real_seconds,
            cpu_seconds,
            1,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            functions.most_at_once,
            seen.most_attempts,
            {f"{resource} {key}": units / busy for (resource, key), units in taken.hot.most_common(_HOTTEST)},
            Counter(counts),
            seen.call_ms,
            seen.execution_ms,
            [dict(seen.throughput)],
            taken.writes,
            taken.reads,
            taken.throttled,
            dict(functions.seconds),
            functions.counts,
            list(_broken(simulated, seen)),
        )

    def joined(self, other: Report) -> Report:
        """Return the figures of both: slices are stretches of time of their own, each in a process of its own."""
        hottest = Counter(self.busiest)
        for key, rate in other.busiest.items():
            hottest[key] = max(hottest[key], rate)  # type: ignore[assignment] # a rate, not a count
        return Report(
            self.seconds + other.seconds,
            self.real_seconds + other.real_seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.slices + other.slices,
            max(self.most_memory_mb, other.most_memory_mb),
            max(self.most_at_once, other.most_at_once),
            max(self.most_attempts, other.most_attempts),
            dict(hottest.most_common(_HOTTEST)),
            self.counts + other.counts,
            self.call_ms + other.call_ms,
            self.execution_ms + other.execution_ms,
            self.throughput + other.throughput,
            self.writes + other.writes,
            self.half_reads + other.half_reads,
            self.throttled + other.throttled,
            {
                name: self.function_seconds.get(name, 0) + other.function_seconds.get(name, 0)
                for name in self.function_seconds.keys() | other.function_seconds.keys()
            },
            self.functions + other.functions,
            self.broken + other.broken,
        )

    def of_slice(self, name: str) -> Report:
        """Return the same figures; what is broken says in which slice."""
        return replace(self, broken=[f"{name}: {each}" for each in self.broken])

    @property
    def calls_a_second(self) -> float:
        """How many calls ended in a second, of those in which all went on: the busiest ninety percent."""
        rates = sorted(rate for part in self.throughput for rate in part.values())
        kept = rates[len(rates) // 10 :]
        return sum(kept) / len(kept) if kept else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            **self.counts,
            "slices": self.slices,
            "virtual_seconds": round(self.seconds, 1),
            "real_seconds": round(self.real_seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "cpu_ms_a_call": round(1000 * self.cpu_seconds / self._calls, 3),
            "most_memory_mb": self.most_memory_mb,
            "calls_a_second": round(self.calls_a_second, 1),
            "call_ms": _percentiles(self.call_ms),
            "execution_ms": _percentiles(self.execution_ms),
            "functions": dict(self.functions),
            "most_invocations_at_once": self.most_at_once,
            "most_attempts": self.most_attempts,
            "throttled": dict(self.throttled),
            "write_units_a_second_of_the_hottest_keys": {key: round(rate, 1) for key, rate in self.busiest.items()},
            "write_units_a_call": {name: round(n / self._calls, 3) for name, n in self.writes.items()},
            "read_units_a_call": {name: round(n / 2 / self._calls, 3) for name, n in self.half_reads.items()},
            "dollars_a_million_calls": {name: round(each, 2) for name, each in self._dollars().items()},
            "broken": self.broken,
        }

    @property
    def _calls(self) -> int:
        return max(1, self.counts["calls"])

    def _dollars(self) -> dict[str, float]:
        invoked = sum(number for name, number in self.functions.items() if name.endswith(" invoked"))
        used = {
            "state_transitions": self.counts["transitions"],
            "lambda_requests": invoked,
            "lambda_gb_seconds": sum(s * _MEMORY_MB[name] / 1024 for name, s in self.function_seconds.items()),
            "dynamodb_write_units": sum(self.writes.values()),
            "dynamodb_read_units": sum(self.half_reads.values()) / 2,
        }
        prices = list_prices().prices
        return {name: prices[name].of(count) / self._calls * _MILLION for name, count in used.items()}


def lines_of(report: Report) -> Iterable[str]:
    """Yield the figures for a reader."""
    for name, value in report.to_json().items():
        if isinstance(value, dict):
            yield f"{name.replace('_', ' ')}:"
            yield from (f"    {key}: {_told(each)}" for key, each in value.items())
        elif name != "broken":
            yield f"{name.replace('_', ' ')}: {_told(value)}"
    yield "broken promises: " + ("none" if not report.broken else "; ".join(report.broken))


def seed_line(scenario: Scenario) -> str:
    """Return what makes the same run again."""
    return (
        f"seed {scenario.seed}: {scenario.calls:,} calls at {scenario.rate:,.0f} a second, {scenario.shards} shards,"
        f" {scenario.tools} tools"
    )


def _broken(simulated: Simulated, seen: Seen) -> Iterable[str]:
    scenario = simulated.scenario
    # An execution whose plan was never written down has no records to lose.
    if seen.calls != scenario.calls and not seen.plan_failed:
        yield f"{scenario.calls:,} calls were asked for, and {seen.calls:,} have a record"
    if seen.unfinished:
        yield f"{seen.unfinished:,} executions have not ended"
    if seen.open_calls:
        yield f"{seen.open_calls:,} calls of executions that have ended are open"
    if simulated.dynamodb.taken.rewritten_ends:
        yield f"{simulated.dynamodb.taken.rewritten_ends:,} terminal records were changed"
    if seen.most_attempts > 1 + scenario.max_retries:
        yield f"a call was attempted {seen.most_attempts} times"
    counted = _counted(simulated)
    recorded = {name: number for name, number in seen.recorded.items() if number}
    if counted != recorded:
        apart = {name: (counted.get(name, 0), recorded.get(name, 0)) for name in counted.keys() | recorded.keys()}
        yield f"totals and records differ: { {name: both for name, both in apart.items() if both[0] != both[1]} }"


def _counted(simulated: Simulated) -> dict[str, int]:
    found: Counter[str] = Counter()
    for key, items in simulated.dynamodb.history.items.items():
        if key.startswith("#calls#"):
            for item in items.values():
                found.update(figures_of(from_item(item)))
    return {name: number for name, number in found.items() if number}


def _percentiles(buckets: Mapping[int, int]) -> dict[str, float]:
    whole, found = sum(buckets.values()), {}
    for name, share in _SHARES.items():
        passed = 0
        for bucket, number in sorted(buckets.items()):
            passed += number
            if passed >= share * whole:
                found[name] = round(time_of(bucket), 1)
                break
    return found


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)
