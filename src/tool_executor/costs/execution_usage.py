"""What an execution uses of AWS, part by part: what the planner, the tools' functions and the finisher really do. Pure.

`docs/costs.md` says where each count comes from; tests hold requests and invocations against the local cloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_contract.limits import MAX_INLINE_BYTES, MAX_OUTPUT_BYTES
from tool_executor.costs import records
from tool_executor.costs.assumptions import FINISHER_MEMORY_MB, PLANNER_MEMORY_MB
from tool_executor.costs.express_usage import express_usage
from tool_executor.costs.usage import GB, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.costs.assumptions import Assumptions
    from tool_executor.costs.work import CallWork, ExecutionWork

#: What Lambda writes of an invocation itself, as JSON: start and report. Supposed, not measured.
PLATFORM_LOG_BYTES: Final = 800
#: What the functions write: as the local cloud has it, for ids and names of usual length.
PLANNER_LOG_BYTES: Final = 600
ATTEMPT_LOG_BYTES: Final = 280
FAILED_ATTEMPT_LOG_BYTES: Final = 2_400
FINISHER_LOG_BYTES: Final = 700
FINISHER_LOG_BYTES_PER_TOOL: Final = 600
FINISHER_LOG_BYTES_PER_CALL: Final = 20
SWEEP_LOG_BYTES: Final = 500
#: An event of the state machine at the log level ALL, without data: supposed. Events: see tool_contract.preflight.
WORKFLOW_EVENT_BYTES: Final = 450
_EVENTS_AROUND_CALLS: Final = 24
_EVENTS_OF_A_CALL: Final = 2
_EVENTS_OF_A_TRANSITION: Final = 4

_SUCCESSES_A_BREAKER_WRITE: Final = 20
_CACHE_FRAME_BYTES: Final = 150
_HOUR: Final = 3600


def parts_of(work: ExecutionWork, assumed: Assumptions) -> tuple[Part, ...]:
    """Return everything that one execution uses when it runs; what its records take up later is of the month."""
    return (
        Part("", Usage(state_transitions=work.transitions * (1 - assumed.express))),
        Part("", express_usage(work, assumed, sum(_around_seconds(work, assumed))).times(assumed.express)),
        *_functions(work, assumed),
        Part("history", _history(work)),
        Part("tool state", _tool_state(work)),
        Part("tools", Usage(dynamodb_read_units=assumed.tool_reads * work.attempts)),
        Part("artefacts", _artifacts(work)),
        Part("", Usage(traces=1.0 if assumed.tracing else 0.0)),
        Part("", _browser(work, assumed)),
        *_workflow_logs(work, assumed),
    )


def function_usage(memory_mb: int, seconds: float, invocations: float, log_bytes: float) -> Usage:
    """Return what so many invocations of a function use that run so long together and write so much themselves."""
    return Usage(
        lambda_requests=invocations,
        lambda_gb_seconds=seconds * memory_mb / 1024,
        log_gb=(log_bytes + PLATFORM_LOG_BYTES * invocations) / GB,
    )


def tools_usage(work: ExecutionWork, assumed: Assumptions) -> Usage:
    """Return what the tools' functions use."""
    usage = Usage()
    for call in work.calls:
        overhead = (assumed.runtime_ms + work.cold * assumed.cold_start_ms) / 1000 * call.attempts
        logged = ATTEMPT_LOG_BYTES * call.attempts + FAILED_ATTEMPT_LOG_BYTES * call.failed_attempts
        usage += function_usage(call.memory_mb, call.run_seconds + overhead, call.attempts, logged)
    return usage


def _functions(work: ExecutionWork, assumed: Assumptions) -> Iterator[Part]:
    planner, finisher = _around_seconds(work, assumed)
    finisher_log = (
        FINISHER_LOG_BYTES + FINISHER_LOG_BYTES_PER_TOOL * work.tools + FINISHER_LOG_BYTES_PER_CALL * len(work.calls)
    )
    yield Part("planner", function_usage(PLANNER_MEMORY_MB, planner, 1, PLANNER_LOG_BYTES))
    yield Part("tools", tools_usage(work, assumed))
    yield Part("finisher", function_usage(FINISHER_MEMORY_MB, finisher, 1, finisher_log))


def _around_seconds(work: ExecutionWork, assumed: Assumptions) -> tuple[float, float]:
    """Return how long planner and finisher run."""
    cold = work.cold * assumed.cold_start_ms
    planner = assumed.planner_ms + assumed.planner_ms_per_call * len(work.calls) + cold
    finisher = assumed.finisher_ms + assumed.finisher_ms_per_call * len(work.calls) + cold
    return planner / 1000, finisher / 1000


def _history(work: ExecutionWork) -> Usage:
    """The planner's rows, each attempt's beginning, each call's end, the execution's end and its tools' totals.

    Finish reads all once.
    """
    rows = records.EXECUTION_BYTES + sum(records.ended_bytes(call) for call in work.calls)
    # An idempotency key that was used before is answered by another call's record.
    answers = sum(call.keyed * records.read_units(records.ended_bytes(call)) for call in work.calls)
    # An input that refers to earlier results reads their records, and is written down as it then is.
    answers += sum(
        call.refers_to * call.attempts * records.read_units(records.ended_bytes(call)) for call in work.calls
    )
    writes = sum(records.call_write_units(call) for call in work.calls)
    return Usage(
        dynamodb_write_units=records.execution_write_units(work.tools) + writes,
        dynamodb_read_units=records.read_units(rows) + answers,
    )


def _tool_state(work: ExecutionWork) -> Usage:
    usage = Usage()
    for call in work.calls:
        usage += _guards(call) + _cache(call)
    return usage


def _guards(call: CallWork) -> Usage:
    """The breaker is read before each run (at most once a second in a process) and told of failures at once.

    A failure that may be retried takes a token of the retry budget. A key is taken by a write.
    """
    ran = call.attempts - call.cache_hits
    succeeded = max(0.0, ran - call.failed_attempts)
    told = call.failed_attempts + succeeded / _SUCCESSES_A_BREAKER_WRITE
    return Usage(dynamodb_read_units=ran, dynamodb_write_units=told + call.failed_attempts + call.keyed * call.attempts)


def _cache(call: CallWork) -> Usage:
    """Each attempt looks; one that finds nothing leaves a lease, and fills it or gives it back."""
    kept = records.inline(call.result_bytes) + _CACHE_FRAME_BYTES
    looks = call.cacheable * call.attempts
    misses = max(0.0, looks - call.cache_hits)
    return Usage(
        dynamodb_read_units=looks * records.read_units(kept),
        dynamodb_write_units=misses * (1 + records.write_units(kept)),
    )


def _artifacts(work: ExecutionWork) -> Usage:
    """Texts over 8 KB: written once, an input read by each attempt, a result by Finish as far as the output reaches."""
    puts = gets = 1.0 if work.by_s3 else 0.0
    for call in work.calls:
        large_inputs = (call.input_bytes > MAX_INLINE_BYTES) + (call.fallback_bytes > MAX_INLINE_BYTES)
        puts += large_inputs
        gets += call.attempts if large_inputs else 0
        if call.result_bytes > MAX_INLINE_BYTES:
            # A kept result lies in S3 apart from the record's.
            puts += 1 + max(0.0, call.cacheable - call.cache_hits)
    gets += _read_back(work)
    return Usage(s3_puts=puts, s3_gets=gets)


def _read_back(work: ExecutionWork) -> int:
    """How many large results Finish puts into the output, the smallest first."""
    room, count = MAX_OUTPUT_BYTES, 0
    for size in sorted(call.result_bytes for call in work.calls):
        room -= size
        if room < 0:
            break
        count += size > MAX_INLINE_BYTES
    return count


def _browser(work: ExecutionWork, assumed: Assumptions) -> Usage:
    hours = work.browser_sessions * work.browser_seconds / _HOUR
    return Usage(browser_vcpu_hours=hours * assumed.browser_vcpus, browser_gb_hours=hours * assumed.browser_gb)


def _workflow_logs(work: ExecutionWork, assumed: Assumptions) -> Iterator[Part]:
    """The Express state machine always logs every event: Step Functions keeps no history of its executions."""
    share = 1.0 if assumed.workflow_logs else assumed.express
    if share:
        events = _EVENTS_AROUND_CALLS + _EVENTS_OF_A_CALL * len(work.calls) + _EVENTS_OF_A_TRANSITION * work.transitions
        yield Part("state machine", Usage(log_gb=share * events * WORKFLOW_EVENT_BYTES / GB))
