"""What a request's execution has to do: at best, when all calls succeed at once, and at worst. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tool_contract import strict_json
from tool_contract.limits import MAX_REQUEST_BYTES
from tool_contract.policy import policy_of
from tool_contract.references import references_in
from tool_contract.retry import longest_delays, whole_seconds
from tool_executor.costs.assumptions import BROWSER_GROUP
from tool_executor.costs.work import CallWork, ExecutionWork

if TYPE_CHECKING:
    from tool_contract.catalog import Catalog
    from tool_contract.options import ToolExecutorOptions
    from tool_contract.policy import CandidatePolicy
    from tool_contract.request import CallRequest, ExecutionRequest
    from tool_executor.costs.assumptions import Assumptions

#: A process that a tool hangs in ends itself so long after the tool's limit: see docs/architecture.md, "Deadlines".
_OVERRUN_SECONDS: Final = 12


def best_and_worst(
    request: ExecutionRequest,
    catalog: Catalog,
    options: ToolExecutorOptions,
    assumed: Assumptions,
    request_bytes: int,
) -> tuple[ExecutionWork, ExecutionWork]:
    """Return the work of a checked request's execution at best and at worst.

    At worst all retries and fallbacks are used, each attempt takes all the time it may, every process starts cold, and
    all calls fail for good: of a sequence the last one, for the others would not have run.
    """
    best = tuple(_at_best(call, catalog, options, assumed) for call in request.calls)
    worst = tuple(_at_worst(call, catalog, options, assumed) for call in request.calls)
    if request.mode == "sequence":
        worst = (*(replace(call, failed=0) for call in worst[:-1]), worst[-1])
    browsing = [_browses(call, catalog) for call in request.calls]
    lanes = 1 if request.mode == "sequence" else request.max_concurrency or options.max_concurrent_tools
    common = ExecutionWork(
        calls=_before_the_deadline(best, request.timeout_seconds, lanes),
        sequence=request.mode == "sequence",
        lanes=lanes,
        tools=len({call.tool_name for call in request.calls}),
        by_s3=request_bytes > MAX_REQUEST_BYTES,
        browser_sessions=_sessions(request, [float(each) for each in browsing]),
        browser_seconds=assumed.browser_seconds,
    )
    tried = len({candidate.tool_name for call in request.calls for candidate in call.candidates})
    attempts = [call.attempts * each for call, each in zip(worst, browsing, strict=True)]
    return common, replace(
        common,
        calls=_before_the_deadline(worst, request.timeout_seconds, lanes),
        tools=tried,
        cold=1,
        browser_sessions=_sessions(request, attempts),
        browser_seconds=max(assumed.browser_seconds, request.timeout_seconds),
    )


def _at_best(call: CallRequest, catalog: Catalog, options: ToolExecutorOptions, assumed: Assumptions) -> CallWork:
    spec = catalog.by_name[call.tool_name]
    limit = policy_of(call, spec, options).timeout_seconds
    return CallWork(
        cacheable=float(call.use_cache and spec.cache_ttl_seconds is not None),
        keyed=float(call.idempotency_key is not None),
        refers_to=float(_sources(call.input)),
        run_seconds=min(assumed.tool_ms / 1000, limit),
        memory_mb=assumed.memory_of(spec.group),
        input_bytes=_size(call.input),
        fallback_bytes=_size([{"tool_name": each.tool_name, "input": each.input} for each in call.fallbacks])
        if call.fallbacks
        else 0,
        note_bytes=(_size(call.metadata) if call.metadata else 0) + len((call.reasoning or "").encode()),
        result_bytes=assumed.result_bytes,
    )


def _at_worst(call: CallRequest, catalog: Catalog, options: ToolExecutorOptions, assumed: Assumptions) -> CallWork:
    specs = [catalog.by_name[candidate.tool_name] for candidate in call.candidates]
    policies = [policy_of(each, spec, options) for each, spec in zip(call.candidates, specs, strict=True)]
    cached = call.use_cache and any(spec.cache_ttl_seconds is not None for spec in specs)
    return replace(
        _at_best(call, catalog, options, assumed),
        retries=sum(policy.max_retries for policy in policies),
        fallbacks=len(call.fallbacks),
        failed=1,
        cacheable=float(cached),
        refers_to=float(max(_sources(candidate.input) for candidate in call.candidates)),
        run_seconds=sum(policy.timeout_seconds * (1 + policy.max_retries) for policy in policies),
        wait_seconds=sum(map(_waits, policies)),
        memory_mb=max(assumed.memory_of(spec.group) for spec in specs),
    )


def _waits(policy: CandidatePolicy) -> int:
    return sum(whole_seconds(delay) for delay in longest_delays(policy.retry, policy.max_retries))


def _before_the_deadline(calls: tuple[CallWork, ...], deadline_seconds: float, lanes: int) -> tuple[CallWork, ...]:
    """Return the calls with no more time in all than there is before the deadline, whichever of them has it."""
    wanted, room = sum(call.run_seconds for call in calls), lanes * (deadline_seconds + _OVERRUN_SECONDS)
    if wanted <= room:
        return calls
    most = max(call.memory_mb for call in calls)
    return tuple(replace(call, run_seconds=call.run_seconds * room / wanted, memory_mb=most) for call in calls)


def _browses(call: CallRequest, catalog: Catalog) -> bool:
    return any(catalog.by_name[candidate.tool_name].group == BROWSER_GROUP for candidate in call.candidates)


def _sessions(request: ExecutionRequest, browsing: list[float]) -> float:
    """A sequence shares one browser; other attempts have one each."""
    return float(any(browsing)) if request.mode == "sequence" else sum(browsing)


def _sources(tool_input: object) -> int:
    return len({reference.call_id for reference in references_in(tool_input)})


def _size(value: object) -> int:
    return strict_json.byte_size(strict_json.dumps(value))
