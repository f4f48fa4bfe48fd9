"""A tool's time limit strikes while the driver's loop works: what the loop has begun is cleaned up before the end."""

from __future__ import annotations

import asyncio

import pytest

from lambdas.browser.driver import Driver
from lambdas.runtime.time_limit import TimeLimitReached, time_limit


def test_what_is_interrupted_has_cleaned_up_when_the_call_ends() -> None:
    driver, done = Driver(), []

    async def slow_to_end() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            done.append("cleaned up")

    with pytest.raises(TimeLimitReached), time_limit(0.1):
        driver.run(slow_to_end)

    assert done == ["cleaned up"]


def test_the_loop_is_whole_for_the_next_call() -> None:
    driver = Driver()

    async def answered() -> str:
        await asyncio.sleep(0)
        return "answer"

    with pytest.raises(TimeLimitReached), time_limit(0.1):
        driver.run(lambda: asyncio.sleep(60))

    assert driver.run(answered) == "answer"
