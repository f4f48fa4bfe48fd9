"""The bare loop that the client is measured against: aiobotocore, a semaphore, and nothing else.

It runs in an environment of its own (requirements/bench.lock): aiobotocore wants another botocore than this project.
Prints ``{"seconds", "cpu_seconds"}``. Usage: ``python bench/bare_loop.py PORT CALLS CONCURRENCY``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session


async def _run(port: int, calls: int, concurrency: int) -> dict[str, float]:
    gate = asyncio.Semaphore(concurrency)
    config = AioConfig(max_pool_connections=concurrency, retries={"total_max_attempts": 1})
    payload = json.dumps({"tool_name": "stub", "input": {}}).encode()
    async with get_session().create_client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - a stand-in's
        config=config,
    ) as client:

        async def one() -> None:
            async with gate:
                answer = await client.invoke(FunctionName="bench-stub", Payload=payload)
                json.loads(await answer["Payload"].read())

        await asyncio.gather(*[one() for _ in range(concurrency)])
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[one() for _ in range(calls)])
        return {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(*map(int, sys.argv[1:4])))))
