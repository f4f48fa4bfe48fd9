"""What the records of an execution amount to, as metrics. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from tool_contract.attempt import began_at
from tool_contract.envelope import CallStatus
from tool_contract.errors import ErrorCode
from tool_contract.metrics import Metric, outcome_metric
from tool_contract.record import asked_tool, attempt_log_of
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tool_contract.attempt import AttemptEntry

#: A tool's name, a metric, and one of its values.
Figure = tuple[str, Metric, float]
_OUT_OF_TIME: Final = {ErrorCode.TOOL_TIMEOUT, ErrorCode.DEADLINE_EXCEEDED}
_FOLLOWED_BY: Final = {"retry": Metric.RETRIES, "fallback": Metric.FALLBACKS}
_ANSWERED_BY: Final = {"cached": Metric.CACHE_HITS, "replayed": Metric.REPLAYS}


def metrics_of(calls: Iterable[Mapping[str, Any]]) -> dict[str, dict[Metric, list[float]]]:
    """Return the values of each tool's metrics. ``calls`` are records of calls that have ended.

    A count has one value for all: its sum. A time has a value for each call.
    """
    found: defaultdict[str, defaultdict[Metric, list[float]]] = defaultdict(lambda: defaultdict(list))
    for call in calls:
        for tool, metric, value in _figures(call):
            found[tool][metric].append(value)
    return {
        tool: {metric: _summed(metric, given) for metric, given in figures.items()} for tool, figures in found.items()
    }


def _summed(metric: Metric, values: list[float]) -> list[float]:
    return values if metric in {Metric.EXECUTION_TIME, Metric.QUEUE_TIME} else [sum(values)]


def _figures(call: Mapping[str, Any]) -> Iterator[Figure]:
    asked, log = asked_tool(call), attempt_log_of(call)
    status = CallStatus(call["status"])
    yield asked, Metric.CALLS, 1
    yield asked, outcome_metric(status), 1
    yield from _attempts(call, log)
    yield from _hedges(call, log)
    for entry in log:
        if entry.decision in _FOLLOWED_BY:
            yield entry.tool_name, _FOLLOWED_BY[entry.decision], 1
        if entry.decision in _ANSWERED_BY:
            yield asked, _ANSWERED_BY[entry.decision], 1
    yield from _timeouts(call, status, log)
    yield from _times(call, asked, log)


def _attempts(call: Mapping[str, Any], log: Sequence[AttemptEntry]) -> Iterator[Figure]:
    """Yield the attempts that the record counts, each for the tool that it tried.

    One that was not begun has an entry, too, and leaves its number to the next. One that nobody told of has none: it
    was of the tool that the record names last.
    """
    tried = {entry.attempt: entry.tool_name for entry in log}
    for number in range(1, int(call["attempts"]) + 1):
        yield tried.get(number, call["tool_name"]), Metric.ATTEMPTS, 1


def _hedges(call: Mapping[str, Any], log: Sequence[AttemptEntry]) -> Iterator[Figure]:
    """Yield the hedges that the record counts, each for its tool, and the one that answered.

    Of two attempts beside each other at least one has a line; a hedge without one was of the tool that was tried last.
    """
    count = int(call.get("hedges", 0))
    earlier = [entry.tool_name for entry in log if entry.decision == "hedged"][:count]
    for tool in (*earlier, *[call["tool_name"]] * (count - len(earlier))):
        yield tool, Metric.HEDGES, 1
    if any(entry.decision == "overtaken" and entry.attempt < log[-1].attempt for entry in log[:-1]):
        yield log[-1].tool_name, Metric.HEDGES_WON, 1


def _timeouts(call: Mapping[str, Any], status: CallStatus, log: Sequence[AttemptEntry]) -> Iterator[Figure]:
    for entry in log:
        if entry.error_code in _OUT_OF_TIME:
            yield entry.tool_name, Metric.TIMEOUTS, 1
    ended_untold = not log or log[-1].decision in _FOLLOWED_BY
    if status is CallStatus.TIMEOUT and ended_untold:
        yield call["tool_name"], Metric.TIMEOUTS, 1


def _times(call: Mapping[str, Any], asked: str, log: Sequence[AttemptEntry]) -> Iterator[Figure]:
    began = began_at(log) if log else call.get("attempt_started_at")
    if began is None:
        return
    yield asked, Metric.QUEUE_TIME, max(0, ms_from_iso(began) - ms_from_iso(call["started_at"]))
    if "execution_time_ms" in call:
        yield asked, Metric.EXECUTION_TIME, float(call["execution_time_ms"])
