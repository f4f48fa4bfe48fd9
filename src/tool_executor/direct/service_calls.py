"""The planner and the finisher, as the direct route asks them: repeated where the state machine repeats them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_executor.direct.function_answer import FunctionAnswer, NoAnswer
from tool_executor.errors import ExecutionNotStartedError, ServiceError, planners_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.clock import Clock
    from tool_executor.direct.call_run import Invoke

_TIMEOUT_SECONDS: Final = 60
_PLANNER_TRIES: Final = 4
_FINISHER_TRIES: Final = 5
_LONGEST_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What the planner claims the execution's id with. ``token`` tells two executions of the same id apart."""

    execution_id: str
    token: str
    started_at: str


@dataclass(frozen=True, slots=True)
class ServiceCalls:
    """Invokes the planner and the finisher. Both may be repeated: they change nothing the second time."""

    planner: str
    finisher: str
    invoke: Invoke
    clock: Clock

    async def plan(self, request: object, identity: Identity, *, degraded: bool) -> dict[str, Any]:
        """Return what is to run, written down as PENDING.

        Raises:
            InvalidRequestError: with every problem; nothing was written.
            ExecutionIdTakenError: another execution has that id.
            ExecutionNotStartedError: the planner cannot be reached, or failed.
        """
        event = {
            "request": request,
            "execution": {"name": identity.execution_id, "arn": identity.token, "started_at": identity.started_at},
            "route": "direct",
            "degraded": degraded,
        }
        try:
            planned: dict[str, Any] = await self._asked(self.planner, event, _PLANNER_TRIES)
        except ServiceError as error:
            raise ExecutionNotStartedError(error.sentence) from error
        return planned

    async def finish(self, execution_id: str, unrecorded: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Write down the failures, end what is open, and return the execution's output. Raises ServiceError."""
        event = {"execution_id": execution_id, "unrecorded": list(unrecorded)}
        output: dict[str, Any] = await self._asked(self.finisher, event, _FINISHER_TRIES)
        return output

    async def cancel(self, execution_id: str) -> None:
        """End what is open as cancelled. Raises ServiceError."""
        event = {"detail": {"name": execution_id, "status": "ABORTED"}}
        await self._asked(self.finisher, event, _FINISHER_TRIES)

    async def _asked(self, function: str, event: object, tries: int) -> Any:  # noqa: ANN401 - JSON is any value
        for number in range(tries):
            try:
                answer = await self.invoke(function, event, _TIMEOUT_SECONDS)
            except NoAnswer as error:
                problem = error.reason
            else:
                if answer.status < 300 and answer.function_error is None:  # noqa: PLR2004 - HTTP's "it worked"
                    return answer.value
                problem = _problem_of(answer)
            if number + 1 < tries:
                await self.clock.sleep(random.uniform(0, min(_LONGEST_WAIT_SECONDS, 2.0**number)))  # noqa: S311
        raise ServiceError(f"The function {function!r} did not answer: {problem}.")


def _problem_of(answer: FunctionAnswer) -> str:
    """Return why a function has not answered. Raises what it refused."""
    if answer.function_error is None:
        if 400 <= answer.status < 500 and not answer.was_throttled:  # noqa: PLR2004 - HTTP's "never as it stands"
            raise ServiceError(f"Lambda refused the invocation: {answer.error_type or answer.status}.")
        return answer.error_type or f"HTTP {answer.status}"
    name, message = answer.raised
    if name != "InvalidRequest":
        return name
    raise planners_refusal(strict_json.parse(message))
