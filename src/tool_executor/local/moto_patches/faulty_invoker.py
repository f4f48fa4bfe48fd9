"""Lambda's Invoke with programmed faults, whoever invokes: a workflow, an event rule, or a client over HTTP."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Final

from tool_executor.local.aws_json import NotJson, compact, parse_json
from tool_executor.local.faults import Fault, FaultKind, SeenInvocation
from tool_executor.local.moto_patches.lambda_functions import InvokeRefused, LambdaInvoker
from tool_executor.local.workers.invocation import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.local.faults import FaultSource
    from tool_executor.local.workers.fleet import WorkerFleet

_throttled: Final = partial(InvokeRefused, HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.")
_failed: Final = partial(InvokeRefused, HTTPStatus.INTERNAL_SERVER_ERROR, "ServiceException", "A programmed fault.")
#: What Step Functions calls an invocation whose answer its own client never got.
_unanswered: Final = partial(
    InvokeRefused, HTTPStatus.INTERNAL_SERVER_ERROR, "SdkClientException", "The answer was lost."
)
_numbers: Final = count(1)
_REFUSALS: Final = {FaultKind.THROTTLE: _throttled, FaultKind.FAIL_BEFORE: _failed}


class FaultyInvoker(LambdaInvoker):
    """The invoker of a cloud with faults; it tells the source of every invocation that it sees."""

    def __init__(self, fleet: WorkerFleet, account_id: str, faults: FaultSource) -> None:
        super().__init__(fleet, account_id)
        self._faults = faults

    def invoke(
        self,
        region: str,
        function_name: str,
        payload: bytes,
        *,
        qualifier: str | None = None,
        context: str | None = None,
        kill_after: float | None = None,
    ) -> Answer:
        """Run a deployed function as the faults will have it. Raises InvokeRefused."""
        name = self.find(region, function_name, qualifier).function_name
        text = _text(payload)
        sent = SeenInvocation(next(_numbers), name, text, time.time_ns() // 1_000_000)
        self._faults.invoked(sent)
        unanswered = [sent]  # a copy of the event is an invocation of its own

        def run(kill_after: float | None = kill_after) -> Answer:
            seen = unanswered.pop() if unanswered else replace(sent, number=next(_numbers))
            answer = LambdaInvoker.invoke(
                self, region, function_name, payload, qualifier=qualifier, context=context, kill_after=kill_after
            )
            said = answer.payload.decode("utf-8", "replace")
            self._faults.invoked(replace(seen, answer=said))
            return answer

        fault = self._faults.strike(f"lambda.{name}", text)
        refusal = None if fault is None else _REFUSALS.get(fault.kind)
        if refusal is not None:
            self._faults.invoked(replace(sent, refused=refusal().code))
            raise refusal()
        return run() if fault is None else _struck(fault, run)


def _struck(fault: Fault, run: Callable[..., Answer]) -> Answer:
    if fault.kind is FaultKind.DELAY:
        fault.pause()
        return run()
    if fault.kind is FaultKind.STAND_IN:
        return Answer(fault.answer.encode())
    if fault.kind is FaultKind.REPEAT_AT_ONCE:
        couriers = ThreadPoolExecutor(fault.copies)
        answers = [couriers.submit(run) for _ in range(fault.copies)]
        couriers.shutdown(wait=False)  # the caller gets the first answer as soon as there is one
        return next(as_completed(answers)).result()
    answer = run(kill_after=fault.seconds) if fault.kind is FaultKind.KILL else run()
    return _afterwards(fault, answer, run)


def _afterwards(fault: Fault, answer: Answer, run: Callable[..., Answer]) -> Answer:
    """What befalls an invocation when its work is done."""
    if fault.kind is FaultKind.FAIL_AFTER:
        raise _failed()
    if fault.kind is FaultKind.DROP_ANSWER:
        raise _unanswered()
    if fault.kind is FaultKind.GARBLE_ANSWER:
        return replace(answer, payload=fault.answer.encode())
    if fault.kind is FaultKind.REPEAT:
        for _ in range(fault.copies - 1):
            run()
    if fault.kind is FaultKind.DELAY_ANSWER:
        fault.pause()
    return answer


def _text(payload: bytes) -> str:
    """Return an event as tests look for it, however its sender spaces JSON."""
    try:
        return compact(parse_json(payload))
    except NotJson:
        return payload.decode("utf-8", "replace")
