"""The tool calls of one turn of a model: checked one by one, run as one execution, answered in the model's order."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tool_contract.envelope import CallStatus, Detail
from tool_contract.errors import RULES, Effect, ErrorCode
from tool_contract.limits import MAX_CALLS
from tool_contract.problems import Problem
from tool_executor.calls import ToolCall
from tool_executor.errors import CallerLimitExceededError, InvalidRequestError, ToolExecutorError
from tool_executor.model_apis.needless_nulls import without_needless_nulls
from tool_executor.model_apis.strict_schema import has_strict_form
from tool_executor.model_secrets import ModelSecrets, SecretNotGiven
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.catalog import Catalog
    from tool_executor.model_apis.model_call import ModelCall
    from tool_executor.model_apis.toolset import Toolset

_OF_A_CALL: Final = re.compile(r"/calls/(\d+)(/.*|$)")
_SKIPPED: Final = Problem(pointer="", message="The sequence stopped before this call.", error_code=ErrorCode.SKIPPED)
_SKIPPED_BY_ERROR: Final = Problem(
    pointer="", message="The turn stopped before this call: an earlier part of it failed.", error_code=ErrorCode.SKIPPED
)
_NO_TIME: Final = Problem(
    pointer="", message="The turn's time was up before this call.", error_code=ErrorCode.DEADLINE_EXCEEDED
)


@dataclass(slots=True)
class Turn:
    """One turn under way: ``ready`` are the calls that can be run, ``done`` what is known, both by place."""

    toolset: Toolset
    catalog: Catalog
    calls: Sequence[ModelCall]
    ids: Sequence[str]
    keys: Sequence[str | None]
    ready: dict[int, ToolCall] = field(default_factory=dict)
    done: dict[int, ToolExecutionResult] = field(default_factory=dict)

    async def check(self) -> None:
        """Find out which calls can be run; the others are refused."""
        for place, call in enumerate(self.calls):
            if place in self.done:
                continue
            problems = self._readable(call)
            if not problems:
                try:
                    self.ready[place] = self._tool_call(place)
                except SecretNotGiven as error:
                    problems = [error.problem]
                else:
                    problems = [_in_input(one) for one in await self.toolset.executor.problems_of(self.ready[place])]
            if problems:
                self._refuse(place, problems)

    async def run(self) -> None:
        """Run what is ready: as one execution, or, where it holds no more calls, as several one after another.

        Never beside each other: a refusal names a call by its place in one execution, and says that nothing of that
        one ran. What was run before it is never asked for again.
        """
        places, timeout = list(self.ready), self.toolset.timeout
        most = MAX_CALLS if self.toolset.mode == "parallel" else len(places) or 1
        ends = None if timeout is None else time.monotonic() + timeout
        for start in range(0, len(places), most):
            left = timeout if ends is None or start == 0 else ends - time.monotonic()
            if left is not None and left <= 0 < start:
                self._give_up(places[start:], [_NO_TIME])
                return
            try:
                await self._run_part(places[start : start + most], left)
            except ToolExecutorError as error:
                if start == 0:
                    raise
                self._give_up(places[start : start + most], [_befell(error)])
                self._give_up(places[start + most :], [_SKIPPED_BY_ERROR])
                return

    async def _run_part(self, places: Sequence[int], timeout: float | None) -> None:  # noqa: ASYNC109 - the execution's
        """Run one execution. What the planner alone refuses is refused, and the rest asked for again: nothing ran."""
        while places:
            try:
                results = await self._executed([self.ready[place] for place in places], timeout)
            except InvalidRequestError as error:
                refused = _by_call(error)
                if not refused:
                    raise
                for number, problems in refused.items():
                    self._refuse(places[number], problems)
                places = [place for place in places if place in self.ready]
            else:
                self.done.update(zip(places, results, strict=True))
                return

    async def _executed(
        self,
        calls: Sequence[ToolCall],
        timeout: float | None,  # noqa: ASYNC109 - as above
    ) -> list[ToolExecutionResult]:
        executor, own_id = self.toolset.executor, self.toolset.correlation_id
        if self.toolset.mode == "parallel":
            return await executor.execute_tools(calls, timeout, correlation_id=own_id, one_execution=True)
        return await executor.execute_sequence(calls, timeout, correlation_id=own_id)

    def _give_up(self, places: Sequence[int], problems: Sequence[Problem]) -> None:
        for place in places:
            if place not in self.done:
                self.done[place] = self._failed(place, problems)

    def _readable(self, call: ModelCall) -> list[Problem]:
        if call.problem is not None:
            return [call.problem]
        return [] if call.name in self.catalog.by_name else [self.catalog.unknown_tool(call.name)]

    def _tool_call(self, place: int) -> ToolCall:
        call, toolset = self.calls[place], self.toolset
        arguments: dict[str, Any] = call.arguments
        schema = self.catalog.by_name[call.name].input_schema
        # A tool without a strict form was offered as it is: there a null was the model's own wish.
        if toolset.strict and has_strict_form(schema, toolset.secrets):
            arguments = without_needless_nulls(schema, arguments)
        parameters = ModelSecrets(toolset.secrets).put_into(arguments)
        return ToolCall(call.name, parameters, call_id=self.ids[place], idempotency_key=self.keys[place])

    def _refuse(self, place: int, problems: Sequence[Problem]) -> None:
        self.ready.pop(place, None)
        self.done[place] = self._failed(place, problems)
        if self.toolset.mode == "sequence":
            for later in range(place + 1, len(self.calls)):
                self.ready.pop(later, None)
                self.done.setdefault(later, self._failed(later, [_SKIPPED]))

    def _failed(self, place: int, problems: Sequence[Problem]) -> ToolExecutionResult:
        code = problems[0].error_code
        return ToolExecutionResult(
            tool_name=self.calls[place].name,
            status=CallStatus.SKIPPED if code is ErrorCode.SKIPPED else CallStatus.FAILED,
            error=" ".join(problem.message for problem in problems),
            error_code=code,
            retryable=RULES[code].retryable,
            # Refused calls were not begun; of an execution that nobody could follow to its end, who knows.
            effect=Effect.UNKNOWN if code is ErrorCode.OUTCOME_UNKNOWN else Effect.NONE,
            details=tuple(Detail.model_validate(problem.as_detail()) for problem in problems),
            attempts=0,
            call_id=self.ids[place],
        )


def _in_input(problem: Problem) -> Problem:
    """Return a call's problem as a model sees its call: pointers into the input."""
    pointer = problem.pointer
    return problem.model_copy(update={"pointer": pointer.removeprefix("/input")}) if pointer else problem


def _befell(error: ToolExecutorError) -> Problem:
    """Return what an execution that came to no results means for each of its calls."""
    code = ErrorCode.INVALID_REQUEST if error.nothing_ran else ErrorCode.OUTCOME_UNKNOWN
    return Problem(pointer="", message=error.sentence, error_code=code, hint=error.hint)


def _by_call(error: InvalidRequestError) -> dict[int, list[Problem]]:
    """Return the problems of a refused request by the number of the call; none if any is of the request itself."""
    if isinstance(error, CallerLimitExceededError):
        return {}
    refused: dict[int, list[Problem]] = {}
    for told in error.problems:
        found = _OF_A_CALL.fullmatch(told.get("pointer", ""))
        if found is None:
            return {}
        problem = Problem.model_validate({**told, "pointer": found[2]})
        refused.setdefault(int(found[1]), []).append(_in_input(problem))
    return refused
