"""The executor's methods for bulks: calls by the hundred thousand, from any iterable, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from tool_executor.arguments import checked_text
from tool_executor.bulk.errors import BulkNotConfirmedError
from tool_executor.bulk.settings import BulkSettings
from tool_executor.bulk.source import Line

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence

    from tool_executor.bulk.bulks import Bulks
    from tool_executor.bulk.manifest import RunManifest
    from tool_executor.bulk.preparation import Preparation, PreparedRun
    from tool_executor.bulk.report import BulkReport
    from tool_executor.bulk.results import BulkResult
    from tool_executor.calls import Call
    from tool_executor.executor import ToolExecutor

    BulkCall = Call | Mapping[str, Any]
    Confirm = Callable[[PreparedRun], bool]

#: Lines that are checked, or results that are read, in one go of a thread.
_CHUNK: Final = 100
_FIRST_POLL_SECONDS: Final = 0.2
_SLOWEST_POLL_SECONDS: Final = 5.0


class BulkMethods:
    """Bulks of the executor's deployment; each asynchronous method has a twin ``..._sync``.

    ``settings`` say how a bulk is run; None is BulkSettings() with the executor's caller.
    """

    async def execute_bulk(  # type: ignore[misc] # the class that has both
        self: ToolExecutor,
        calls: Iterable[BulkCall] | AsyncIterable[BulkCall],
        settings: BulkSettings | None = None,
        *,
        confirm: Confirm | None = None,
        wait: bool = True,
    ) -> BulkReport:
        """Run calls by the hundred thousand; the report says how many came to what.

        ``calls`` are read once, a few at a time; a mapping is a call as a request has it. All are checked before any
        is run. ``confirm`` is told what is prepared, its ``estimate`` included, and answers whether to begin. Without
        ``wait`` the report comes when the bulk has been started. A task that is cancelled meanwhile cancels the bulk.

        Raises:
            InvalidBulkError: nothing was run; every problem is named with its line, which is the call's number.
            BulkNotConfirmedError: nothing was run, because ``confirm`` said no.
            InvalidRequestError: settings that cannot be used, or no calls.
            CredentialsMissingError, DeploymentNotFoundError, ServiceError: AWS, or the deployment, is not there.
        """
        catalog, bulks = await self.catalog(), await self._bulks()
        own = settings or BulkSettings(caller=self.configuration.caller)
        preparation = await self._connection.in_thread(bulks.new, catalog, own, self._defaults.call)
        with preparation:
            async for chunk in _chunks(calls):
                await self._connection.in_thread(_add, preparation, chunk)
            prepared = await self._connection.in_thread(preparation.prepared)
        return await self._started(bulks, prepared, "first", confirm=confirm, wait=wait)

    async def resume_bulk(  # type: ignore[misc] # as above
        self: ToolExecutor,
        bulk_id: str,
        settings: BulkSettings | None = None,
        *,
        retry_failed: bool = False,
        confirm: Confirm | None = None,
        wait: bool = True,
    ) -> BulkReport:
        """Run what is missing of a bulk, with ``retry_failed`` also what failed. Raises BulkRunningError while it runs.

        Raises BulkNotFoundError, and as :meth:`execute_bulk`.
        """
        checked_text(bulk_id, "bulk_id")
        catalog, bulks = await self.catalog(), await self._bulks()
        resumption = partial(bulks.resumption, bulk_id, catalog, retry_failed=retry_failed, settings=settings)
        preparing = asyncio.ensure_future(self._connection.in_thread(resumption))
        try:
            prepared: PreparedRun | None = await asyncio.shield(preparing)
        except asyncio.CancelledError:
            preparing.add_done_callback(_discard)
            raise
        if prepared is None:
            return await self.bulk_report(bulk_id)
        kind = "retry" if retry_failed else "resume"
        return await self._started(bulks, prepared, kind, confirm=confirm, wait=wait)

    async def bulk_report(self: ToolExecutor, bulk_id: str) -> BulkReport:  # type: ignore[misc] # as above
        """Return how a bulk stands, by its records. Raises BulkNotFoundError."""
        checked_text(bulk_id, "bulk_id")
        bulks, repeatable = await self._bulks(), await self._repeatable()
        return await self._connection.in_thread(bulks.report, bulk_id, repeatable)

    async def cancel_bulk(self: ToolExecutor, bulk_id: str) -> BulkReport:  # type: ignore[misc] # as above
        """Stop a bulk; finished calls keep their results, and a resume runs the rest. Raises BulkNotFoundError."""
        checked_text(bulk_id, "bulk_id")
        bulks, repeatable = await self._bulks(), await self._repeatable()
        return await self._connection.in_thread(bulks.cancel, bulk_id, repeatable)

    async def bulk_results(self: ToolExecutor, bulk_id: str) -> AsyncGenerator[BulkResult, None]:  # type: ignore[misc] # as above
        """Yield the results of a bulk in the order of its calls, a few at a time. Raises BulkNotFoundError."""
        checked_text(bulk_id, "bulk_id")
        bulks, repeatable = await self._bulks(), await self._repeatable()
        results = await self._connection.in_thread(bulks.results, bulk_id, repeatable)
        while some := await self._connection.in_thread(_take, results):
            for result in some:
                yield result

    def execute_bulk_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        calls: Iterable[BulkCall] | AsyncIterable[BulkCall],
        settings: BulkSettings | None = None,
        *,
        confirm: Confirm | None = None,
        wait: bool = True,
    ) -> BulkReport:
        """Run calls by the hundred thousand. See :meth:`execute_bulk`."""
        return self._loop.run(self.execute_bulk(calls, settings, confirm=confirm, wait=wait))

    def resume_bulk_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        bulk_id: str,
        settings: BulkSettings | None = None,
        *,
        retry_failed: bool = False,
        confirm: Confirm | None = None,
        wait: bool = True,
    ) -> BulkReport:
        """Run what is missing of a bulk. See :meth:`resume_bulk`."""
        return self._loop.run(
            self.resume_bulk(bulk_id, settings, retry_failed=retry_failed, confirm=confirm, wait=wait)
        )

    def bulk_report_sync(self: ToolExecutor, bulk_id: str) -> BulkReport:  # type: ignore[misc] # as above
        """Return how a bulk stands. See :meth:`bulk_report`."""
        return self._loop.run(self.bulk_report(bulk_id))

    def cancel_bulk_sync(self: ToolExecutor, bulk_id: str) -> BulkReport:  # type: ignore[misc] # as above
        """Stop a bulk. See :meth:`cancel_bulk`."""
        return self._loop.run(self.cancel_bulk(bulk_id))

    def bulk_results_sync(self: ToolExecutor, bulk_id: str) -> Generator[BulkResult, None, None]:  # type: ignore[misc] # as above
        """Yield the results of a bulk. See :meth:`bulk_results`."""
        results = self.bulk_results(bulk_id)
        try:
            while (result := self._loop.run(_next(results))) is not None:
                yield result
        finally:
            self._loop.run(results.aclose())

    async def _bulks(self: ToolExecutor) -> Bulks:  # type: ignore[misc] # as above
        from tool_executor.bulk.bulks import Bulks  # noqa: PLC0415 - what a program without bulks need not wait for

        connection = self._connection
        return await connection.in_thread(lambda: Bulks(connection.aws, connection.deployment))

    async def _repeatable(self: ToolExecutor) -> frozenset[str]:  # type: ignore[misc] # as above
        from tool_executor.bulk.bulks import repeatable_tools  # noqa: PLC0415 - as above

        return repeatable_tools(await self.catalog())

    async def _started(  # type: ignore[misc] # as above
        self: ToolExecutor, bulks: Bulks, prepared: PreparedRun, kind: str, *, confirm: Confirm | None, wait: bool
    ) -> BulkReport:
        _require_confirmed(prepared, confirm)
        # The start discards what is prepared when it is through: a thread cannot be cancelled.
        start = asyncio.ensure_future(self._connection.in_thread(partial(bulks.start, prepared, kind=kind)))
        try:
            run = await asyncio.shield(start)
            if not wait:
                return await self.bulk_report(run.bulk_id)
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel_started(start))
            raise
        await self._wait_for_bulk(bulks, run)
        return await self.bulk_report(run.bulk_id)

    async def _cancel_started(self: ToolExecutor, start: asyncio.Future[RunManifest]) -> None:  # type: ignore[misc] # as above
        await asyncio.wait([start])
        if not start.cancelled() and start.exception() is None:
            await self.cancel_bulk(start.result().bulk_id)

    async def _wait_for_bulk(self: ToolExecutor, bulks: Bulks, run: RunManifest) -> None:  # type: ignore[misc] # as above
        pause = _FIRST_POLL_SECONDS
        try:
            while (await self._connection.in_thread(bulks.state, run)).is_running:
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)
        except asyncio.CancelledError:
            await asyncio.shield(self.cancel_bulk(run.bulk_id))
            raise


async def _chunks(calls: Iterable[BulkCall] | AsyncIterable[BulkCall]) -> AsyncIterator[Sequence[Line]]:
    """Yield the calls as lines, some at a time: never all of them."""
    number = 0
    if isinstance(calls, AsyncIterable):
        chunk: list[Line] = []
        async for call in calls:
            number += 1
            chunk.append(Line(number, call))
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
        yield chunk
        return
    left = iter(calls)
    while some := list(islice(left, _CHUNK)):
        yield [Line(number + place, call) for place, call in enumerate(some, 1)]
        number += len(some)


def _add(preparation: Preparation, chunk: Sequence[Line]) -> None:
    for line in chunk:
        preparation.add(line)


def _require_confirmed(prepared: PreparedRun, confirm: Confirm | None) -> None:
    is_confirmed = False
    try:
        is_confirmed = confirm is None or confirm(prepared)
    finally:
        if not is_confirmed:
            prepared.discard()
    if not is_confirmed:
        raise BulkNotConfirmedError("The bulk was not begun: it was not confirmed.")


def _discard(preparing: asyncio.Future[PreparedRun | None]) -> None:
    if not preparing.cancelled() and preparing.exception() is None and (prepared := preparing.result()) is not None:
        prepared.discard()


def _take(results: Iterable[BulkResult]) -> list[BulkResult]:
    return list(islice(results, _CHUNK))


async def _next(results: AsyncGenerator[BulkResult, None]) -> BulkResult | None:
    return await anext(results, None)
