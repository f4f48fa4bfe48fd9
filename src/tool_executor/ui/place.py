"""The deployment that the page shows: found when first needed, found again when it has gone, asked in threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import CapacityLimiter
from botocore.exceptions import EndpointConnectionError

from tool_executor.errors import ServiceError
from tool_executor.history import History
from tool_executor.own_thread import in_own_thread
from tool_executor.planner_catalog import deployed_catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.catalog import Catalog
    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment

_Answer = TypeVar("_Answer")
#: Questions that wait for AWS at once; the others wait for these, and the server's loop for none.
_THREADS: Final = 12
#: A deployment's tools change with a deployment; asking the planner costs an invocation.
_CATALOG_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Found:
    """A deployment, how to call it, what the page calls it, and the options by which commands find it."""

    aws: Aws
    deployment: Deployment
    label: str = ""
    options: str = ""

    @property
    def history(self) -> History:
        """Its history table."""
        return History.of(self.aws, self.deployment)

    def make_clients(self) -> None:
        """Make the clients of AWS before threads share them."""
        _ = (self.aws.dynamodb, self.aws.s3, self.aws.step_functions, self.aws.functions)


@dataclass
class Place:
    """Where the page looks. ``find`` returns the deployment, or raises a ToolExecutorError that says what to do."""

    find: Callable[[], Found]
    label: str
    options: str = ""
    _found: Found | None = None
    _catalog: tuple[float, Catalog] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _limiter: CapacityLimiter | None = None

    @property
    def shown(self) -> str:
        """What the page calls it: with its region, once that is known."""
        return self.label if self._found is None or not self._found.label else self._found.label

    async def ask(self, question: Callable[[Found], _Answer]) -> _Answer:
        """Return a question's answer, found in a thread. Raises what the question raises, and what ``find`` does."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(_THREADS)
        async with self._limiter:
            # Not in a thread of a pool: the end of the command would wait for AWS to answer it.
            return await in_own_thread(self._answer, question)

    async def catalog(self) -> Catalog:
        """Return the deployment's tools, which are asked for once a minute."""
        return await self.ask(self.catalog_of)

    def catalog_of(self, found: Found) -> Catalog:
        """Return the deployment's tools, from within a question."""
        kept = self._catalog
        if kept is None or time.monotonic() - kept[0] > _CATALOG_SECONDS:
            kept = self._catalog = (
                time.monotonic(),
                deployed_catalog(found.aws, found.deployment.planner_function),
            )
        return kept[1]

    def tool_names(self, found: Found) -> list[str]:
        """Return the tools' names, none where the planner fails: what there is to see then is wanted all the more."""
        try:
            return sorted(self.catalog_of(found).by_name)
        except ServiceError as error:
            if isinstance(error.__cause__, EndpointConnectionError):
                raise
            return []

    def _answer(self, question: Callable[[Found], _Answer]) -> _Answer:
        try:
            return question(self._there())
        except ServiceError as error:
            if isinstance(error.__cause__, EndpointConnectionError):
                self._forget()
            raise

    def _there(self) -> Found:
        with self._lock:
            if self._found is None:
                found = self.find()
                found.make_clients()
                self._found = found
            return self._found

    def _forget(self) -> None:
        """Find the deployment anew with the next question: a local cloud that was started again is at another port."""
        with self._lock:
            self._found, self._catalog = None, None
