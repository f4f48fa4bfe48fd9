"""What others run tools with, timed on no-op tools; runs in the environment of ``requirements/bench.lock``.

For each line on standard input one round is run, and answered by a line of JSON: each way's seconds for ``CALLS``
calls, by the clock and of the processor, and those of this process's own baseline.
Usage: ``python bench/rival_executors.py CALLS CONCURRENCY``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn

import stamina
import tenacity
from langchain_core.messages import AIMessage
from langchain_core.tools import tool as langchain_tool
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from strands import Agent
from strands import tool as strands_tool
from strands.models import Model
from strands.telemetry.metrics import Trace
from strands.tools.executors import ConcurrentToolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import RunnableConfig
    from strands.types.tools import ToolUse

ATTEMPTS = 4
#: Seconds by the clock, and of the processor.
Took = tuple[float, float]


async def noop() -> str:
    """Do nothing."""
    return ""


async def gather(calls: int, concurrency: int) -> Took:
    """Run the baseline: gather and a semaphore."""
    gate = asyncio.Semaphore(concurrency)

    async def one() -> str:
        async with gate:
            return await noop()

    return await _seconds(calls, lambda: asyncio.gather(*[one() for _ in range(calls)]))


async def stamina_retries(calls: int, concurrency: int) -> Took:
    """Run the baseline, with stamina's retries and a time limit an attempt."""
    gate = asyncio.Semaphore(concurrency)

    async def one() -> str:
        async with gate:
            async for attempt in stamina.retry_context(on=Exception, attempts=ATTEMPTS):
                with attempt:
                    async with asyncio.timeout(30):
                        return await noop()
        raise AssertionError

    return await _seconds(calls, lambda: asyncio.gather(*[one() for _ in range(calls)]))


async def threads(calls: int, concurrency: int) -> Took:
    """Run a thread pool whose calls tenacity repeats, awaited by asyncio: what is written by hand round boto3."""
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS), wait=tenacity.wait_exponential_jitter(1), reraise=True
    )
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(concurrency) as pool:
        await asyncio.gather(*[loop.run_in_executor(pool, time.sleep, 0.01) for _ in range(concurrency)])

        async def one() -> str:
            return await asyncio.wait_for(loop.run_in_executor(pool, retrying, str), 30)

        return await _seconds(calls, lambda: asyncio.gather(*[one() for _ in range(calls)]))


async def tool_node(calls: int, concurrency: int) -> Took:
    """Run LangGraph's ToolNode on one message that holds all tool calls; it starts them all at once."""
    node = ToolNode([langchain_tool(noop)])
    asked = [{"name": "noop", "args": {}, "id": f"c{number}", "type": "tool_call"} for number in range(calls)]
    message = AIMessage(content="", tool_calls=asked)
    config: RunnableConfig = {"max_concurrency": concurrency, "configurable": {"__pregel_runtime": Runtime()}}

    async def run() -> list[Any]:
        answered: dict[str, list[Any]] = await node.ainvoke({"messages": [message]}, config)
        return answered["messages"]

    return await _seconds(calls, run)


async def strands(calls: int, _concurrency: int) -> Took:
    """Run Strands' concurrent executor on one turn's tool uses; it starts them all at once."""
    agent = Agent(model=_NoModel(), tools=[strands_tool(noop)], callback_handler=None)
    asked: list[ToolUse] = [{"toolUseId": f"c{number}", "name": "noop", "input": {}} for number in range(calls)]
    executor = ConcurrentToolExecutor()

    async def run() -> list[Any]:
        results: list[Any] = []
        async for _ in executor._execute(agent, asked, results, Trace("cycle"), None, {}):  # noqa: SLF001 - its entrance
            pass
        if not all(result["status"] == "success" for result in results):
            raise SystemExit(f"Strands: {results[0]}")
        return results

    return await _seconds(calls, run)


class _NoModel(Model):
    """A model that is never asked: Strands' agent wants one."""

    def update_config(self, **_config: object) -> None:
        raise AssertionError

    def get_config(self) -> dict[str, object]:
        return {}

    def structured_output(self, *_args: object, **_options: object) -> NoReturn:
        raise AssertionError

    def stream(self, *_args: object, **_options: object) -> NoReturn:
        raise AssertionError


async def _seconds(calls: int, run: Callable[[], Any]) -> Took:
    began, cpu = time.perf_counter(), time.process_time()
    results = await run()
    took = time.perf_counter() - began, time.process_time() - cpu
    if len(results) != calls:
        raise SystemExit(f"{len(results)} of {calls} calls have a result")
    return took


WAYS = {
    "baseline": gather,
    "asyncio with stamina and a timeout": stamina_retries,
    "thread pool with tenacity": threads,
    "LangGraph ToolNode": tool_node,
    "Strands ConcurrentToolExecutor": strands,
}


def main() -> None:
    """Run a round for each line that comes in."""
    calls, concurrency = map(int, sys.argv[1:3])
    for way in WAYS.values():
        asyncio.run(way(calls, concurrency))  # what is imported and compiled at the first call is nobody's time a call
    for _ in sys.stdin:
        print(json.dumps({name: asyncio.run(way(calls, concurrency)) for name, way in WAYS.items()}), flush=True)


if __name__ == "__main__":
    main()
