"""The faults of one execution, at random. Each names the execution, and some a call of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.faults.chaos.scenario import ID
from tests.faults.faulty_cloud import (
    ATTEMPT_BEGINS,
    ATTEMPT_SUCCEEDS,
    FAILURE_IS_RECORDED,
    FINISHER,
    FINISHER_ENDS_CALL,
    LEDGER_FUNCTION,
    PLANNER,
)
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from random import Random

#: What only the finisher's write of an execution's end holds.
CLOSE: Final = "REMOVE #open"
_NUMBERS: Final = (0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6)
_REFUSED_OR_LOST: Final = (FaultKind.THROTTLE, FaultKind.FAIL_BEFORE, FaultKind.FAIL_AFTER, FaultKind.DROP_ANSWER)
_OF_STORES: Final = (*_REFUSED_OR_LOST, FaultKind.DELAY, FaultKind.DELAY_ANSWER)
_OF_FUNCTIONS: Final = (*_OF_STORES, FaultKind.KILL, FaultKind.REPEAT, FaultKind.REPEAT_AT_ONCE)
_ANSWER_WRONGLY: Final = (FaultKind.GARBLE_ANSWER, FaultKind.STAND_IN)
#: What comes late or more than once is what the fences are for: more of it.
_OF_TOOLS: Final = (
    *_OF_FUNCTIONS,
    *_ANSWER_WRONGLY,
    FaultKind.DELAY,
    FaultKind.REPEAT_AT_ONCE,
    FaultKind.REPEAT_AT_ONCE,
)
_WRONG_ANSWERS: Final = ("null", '"done"', "[]", "{}", '{"call_id": "another"}')
#: Requests to DynamoDB, and a text that occurs in one kind of them alone. The last is the finisher's reading.
_TABLE_REQUESTS: Final = (
    ("dynamodb.UpdateItem", ATTEMPT_BEGINS),
    ("dynamodb.UpdateItem", ATTEMPT_SUCCEEDS),
    ("dynamodb.UpdateItem", FAILURE_IS_RECORDED),
    ("dynamodb.UpdateItem", FINISHER_ENDS_CALL),
    ("dynamodb.UpdateItem", CLOSE),
    ("dynamodb.UpdateItem", ""),
    ("dynamodb.PutItem", '"#execution"'),
    ("dynamodb.PutItem", "idempotency#"),
    ("dynamodb.PutItem", ""),
    ("dynamodb.GetItem", ""),
    ("dynamodb.Query", "execution_id = :id"),
)


def draw_faults(random: Random, calls: int) -> tuple[Fault, ...]:
    """Return the faults of an execution of so many calls."""
    makers = random.choices(
        (_of_a_tool, _of_a_table, _of_the_bucket, _of_the_planner, _of_the_finisher, _of_the_start),
        (40, 32, 6, 8, 10, 4),
        k=random.choice(_NUMBERS),
    )
    return tuple(maker(random, calls) for maker in makers)


def _of_a_tool(random: Random, calls: int) -> Fault:
    call = f'"call_id":"c{random.randint(1, calls)}"'
    kind = random.choice(_OF_TOOLS)
    times = random.choice([1, 1, 2, 30]) if kind is FaultKind.THROTTLE else random.choice([1, 1, 1, 2])
    return _fault(random, kind, LEDGER_FUNCTION, call, times=times, nth=random.choice([1, 1, 1, 2]))


def _of_a_table(random: Random, calls: int) -> Fault:
    operation, text = random.choice(_TABLE_REQUESTS)
    call = f'"c{random.randint(1, calls)}"' if operation != "dynamodb.Query" and random.random() < 0.3 else ""
    # A client tries four times, so that four take away the last try.
    times = random.choice([1, 1, 1, 2, 4, 8])
    return _fault(random, random.choice(_OF_STORES), operation, text, call, times=times)


def _of_the_bucket(random: Random, _calls: int) -> Fault:
    operation, times = random.choice(["s3.PUT", "s3.GET"]), random.choice([1, 2, 4])
    return _fault(random, random.choice(_OF_STORES), operation, times=times)


def _of_the_planner(random: Random, _calls: int) -> Fault:
    return _fault(random, random.choice(_OF_FUNCTIONS), PLANNER, times=random.choice([1, 1, 1, 2, 6]))


def _of_the_finisher(random: Random, _calls: int) -> Fault:
    # The workflow tries five times, the status event once: nine leave the execution to the sweep.
    return _fault(random, random.choice(_OF_FUNCTIONS), FINISHER, times=random.choice([1, 1, 1, 2, 5, 9]))


def _of_the_start(random: Random, _calls: int) -> Fault:
    kind = random.choice([FaultKind.FAIL_BEFORE, FaultKind.FAIL_AFTER, FaultKind.DROP_ANSWER])
    return _fault(random, kind, "states.StartExecution")


def _fault(random: Random, kind: FaultKind, request: str, *texts: str, **fields: Any) -> Fault:
    if kind in {FaultKind.DELAY, FaultKind.DELAY_ANSWER}:
        # Lambda's callers wait for ever, a store's client for 4 s: the longest goes beyond a task's own limit.
        longest = 14 if request == LEDGER_FUNCTION else 5
        fields["seconds"] = random.choice([0.2, 0.5, 1, 2, longest])
        fields["times"] = min(fields.get("times", 1), 2)
    if kind is FaultKind.KILL:
        fields["seconds"] = random.choice([0.0, 0.05, 0.3])
    if kind in _ANSWER_WRONGLY:
        fields["answer"] = random.choice(_WRONG_ANSWERS)
    if kind in {FaultKind.REPEAT, FaultKind.REPEAT_AT_ONCE}:
        fields["copies"] = random.choice([2, 2, 3, 4])
    return Fault(kind=kind, request=request, containing=(ID, *(text for text in texts if text)), **fields)
