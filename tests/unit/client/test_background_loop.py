"""A loop for callers that have none, or that are in one."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tool_executor.background_loop import BackgroundLoop


async def doubled(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_coroutines_run_for_many_threads_and_within_another_loop() -> None:
    loop = BackgroundLoop()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda number: loop.run(doubled(number)), range(50))) == list(range(0, 100, 2))

    async def within() -> int:
        return loop.run(doubled(2))

    assert asyncio.run(within()) == 4
    loop.close()
    loop.close()
    assert loop.run(doubled(3)) == 6
    loop.close()


def test_an_error_is_the_callers() -> None:
    async def failing() -> None:
        message = "no"
        raise ValueError(message)

    loop = BackgroundLoop()
    with pytest.raises(ValueError, match="no"):
        loop.run(failing())
    loop.close()


def test_an_interrupted_wait_lets_the_coroutine_clean_up_first() -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def working() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            cleaned.set()

    loop = BackgroundLoop()
    main = threading.get_ident()

    def interrupt() -> None:
        begun.wait(30)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        loop.run(working())
    assert cleaned.is_set()
    loop.close()
