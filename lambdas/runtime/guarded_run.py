"""A run of a tool behind what keeps it from running needlessly: the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.runtime.attempt_outcome import Failed, Succeeded
from lambdas.runtime.tool_run import run_tool

if TYPE_CHECKING:
    from lambdas.runtime.result_cache import ResultCache
    from lambdas.runtime.tool import Tool
    from lambdas.runtime.tool_run import Limit


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be run: the tool, the input as it came and as the function's arguments, for whom and how long."""

    tool: Tool
    value: object
    arguments: dict[str, Any]
    limit: Limit
    owner: str


def run_guarded(run: Run, cache: ResultCache | None) -> Succeeded | Failed:
    """Return the kept result of an equal call, or run the tool and keep its result."""
    found = cache.look_up(run.tool.spec, run.value, run.owner, run.limit.seconds) if cache else None
    if isinstance(found, Succeeded):
        return found
    outcome = run_tool(run.tool, run.arguments, run.limit)
    if cache is not None and found is not None:
        if isinstance(outcome, Succeeded):
            cache.keep(found, outcome)
        else:
            cache.release(found)
    return outcome
