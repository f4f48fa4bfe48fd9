"""What the same calls would cost by other ways of running them. Pure.

Each of the others is given its best case: functions without the runtime's own work, no cold starts, nothing written
down but what the way needs to work at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_executor.costs.bill import bill_of
from tool_executor.costs.execution_usage import function_usage, parts_of
from tool_executor.costs.usage import GB, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.costs.assumptions import Assumptions
    from tool_executor.costs.bill import Bill
    from tool_executor.costs.work import ExecutionWork

#: States that two published agents enter for their tool calls, without those for the model. Counted in the files:
#: aws-samples/serverless-genai-examples, tool-use-with-stepfunctions/statemachine/tool_use.asl.json (Choice,
#: CollectToolNames, CheckToolNames?, the function, ReconcileMessages; one call after another), and
#: guyernest/step-functions-agent, step-functions/agent-with-tools-flow-template.json (For each tool use, Append Map to
#: Messages; for each call Which Tool to Use? and its function).
SAMPLE_A_CALL: Final = 5
AGENT_A_CALL: Final = 2
AGENT_AROUND_CALLS: Final = 2
#: An invocation of a function that does nothing else writes what Lambda writes, and a line.
_LOG_BYTES: Final = 200
_FAILURE_BYTES: Final = 300
#: Durable functions keep an execution for 14 days unless told otherwise.
_RETAINED_MONTHS: Final = 14 / 30


@dataclass(frozen=True, slots=True)
class Option:
    """A way of running an execution, its bill, and what it does without."""

    name: str
    bill: Bill
    without: str

    def to_json(self) -> dict[str, Any]:
        """Return the option as plain JSON values."""
        return {"name": self.name, "without": self.without, **self.bill.to_json()}


def by_express(assumed: Assumptions) -> Assumptions:
    """Return the same with every execution waited for, by the Express state machine."""
    return assumed.model_copy(update={"express": 1})


def options_for(work: ExecutionWork, assumed: Assumptions) -> tuple[Option, ...]:
    """Return this way of running an execution and the others, the dearest first."""
    parts = parts_of(work, assumed)
    express = parts_of(work, by_express(assumed))
    direct = [part for part in parts if not part.usage.state_transitions and part.name != "state machine"]
    kept = "no records, no keys, no metrics"
    found = (
        Option("Tool Executor", bill_of(parts), ""),
        Option("Tool Executor, run --wait sync", bill_of(express), "under 290 s; cannot be stopped"),
        Option("Tool Executor, run --direct", bill_of(direct), "ends with its client"),
        Option("state machine of an AWS sample", bill_of(_sample(work)), f"{kept}; one call at a time"),
        Option("state machine of an open agent", bill_of(_agent(work)), f"{kept}; no timeouts, no fallbacks"),
        Option("durable function", bill_of(_durable(work, assumed)), f"{kept}; tools share a process"),
        Option("Lambda that loops itself", bill_of(_loop(work)), f"{kept}; a crash loses all; 15 minutes"),
    )
    return tuple(sorted(found, key=lambda option: -option.bill.dollars))


def _tools(work: ExecutionWork) -> Part:
    usage = Usage()
    for call in work.calls:
        usage += function_usage(call.memory_mb, call.run_seconds, call.attempts, _LOG_BYTES * call.attempts)
    return Part("tools", usage)


def _sample(work: ExecutionWork) -> Iterator[Part]:
    retries = work.attempts - len(work.calls)
    yield Part("", Usage(state_transitions=SAMPLE_A_CALL * len(work.calls) + retries))
    yield _tools(work)


def _agent(work: ExecutionWork) -> Iterator[Part]:
    retries = work.attempts - len(work.calls)
    yield Part("", Usage(state_transitions=AGENT_AROUND_CALLS + AGENT_A_CALL * len(work.calls) + retries))
    yield _tools(work)


def _durable(work: ExecutionWork, assumed: Assumptions) -> Iterator[Part]:
    """One operation for the start and one for each attempt; a retry waits unpaid, and is another invocation."""
    memory = max(call.memory_mb for call in work.calls)
    again = max(call.retries for call in work.calls)
    written = sum(call.input_bytes + call.result_bytes + _FAILURE_BYTES * call.failed_attempts for call in work.calls)
    replays = assumed.runtime_ms / 1000 * (1 + again)
    seconds = work.makespan_seconds(waits=False) + replays
    yield Part("", function_usage(memory, seconds, 1 + again, _LOG_BYTES * (1 + again)))
    yield Part(
        "",
        Usage(
            durable_operations=1 + work.attempts,
            durable_gb_written=written / GB,
            durable_gb_months=written * _RETAINED_MONTHS / GB,
        ),
    )


def _loop(work: ExecutionWork) -> Iterator[Part]:
    """One function runs all tools side by side and pays for its waits."""
    memory = max(call.memory_mb for call in work.calls)
    yield Part("", function_usage(memory, work.makespan_seconds(waits=True), 1, _LOG_BYTES))
