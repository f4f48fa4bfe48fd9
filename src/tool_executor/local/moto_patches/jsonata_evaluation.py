"""JSONata: moto's evaluator is an empty hook. This one binds variables to a frame and parses each expression once.

moto would paste the variables into the expression's text, to be parsed again each time: strings break on their quotes
and the time grows with the square of the input.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.jsonata.jsonata import _PATTERN_VARIABLE_REFERENCE

from tool_executor.local.moto_patches import states_data
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.jsonata_functions import STEP_FUNCTIONS_FUNCTIONS, BadArgument
from tool_executor.local.moto_patches.jsonata_values import Undefined, Unsupported, from_jsonata, json_text, to_jsonata

_CACHED_EXPRESSIONS = 4096


class QueryFailed(Exception):
    """An expression could not be evaluated; the message is what Step Functions puts into the cause."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression and the paths of variables that it mentions (`$states.input.call`)."""

    parsed: Jsonata
    references: frozenset[str]

    @property
    def variables(self) -> frozenset[str]:
        """Names of the variables mentioned, without the dollar."""
        return frozenset(reference[1:].split(".", 1)[0] for reference in self.references)


@lru_cache(maxsize=_CACHED_EXPRESSIONS)
def compiled(text: str) -> Expression:
    """Parse an expression, once.

    Raises:
        QueryFailed: if it is no JSONata.
    """
    try:
        parsed = Jsonata(text)
    except JException as error:
        raise QueryFailed(f"is not valid JSONata. {error}") from error
    parsed.set_output_convert_nulls(False)
    parsed.set_validate_input(False)
    return Expression(parsed, frozenset(filter(None, _PATTERN_VARIABLE_REFERENCE.findall(text))))


def evaluate(expression: Expression, bindings: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is any value
    """Evaluate with variables bound by name (without the dollar). Values are JSONata's: see `to_jsonata`.

    Raises:
        QueryFailed: if it fails or returns what JSON cannot hold.
    """
    # The library keeps the evaluation's state on the expression and one instance per thread: a copy serves this
    # thread, with this moment's $now().
    instance = copy.copy(expression.parsed)
    Jsonata.CURRENT.jsonata = instance
    try:
        return from_jsonata(instance.evaluate(None, bindings))
    except Undefined:
        raise QueryFailed("returned nothing (undefined).") from None
    except Unsupported as error:
        raise QueryFailed(f"returned an unsupported result type. ({error})") from None
    except (JException, BadArgument) as error:
        raise QueryFailed(f"threw an error during evaluation. {error}") from error
    except Exception as error:
        # jsonata-python fails with Python's own errors as well (a division by zero, a recursion too deep).
        raise QueryFailed(f"threw an error during evaluation. {type(error).__name__}: {error}") from error


def _bindings(expression: Expression, env: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's Environment
    bindings = {name: STEP_FUNCTIONS_FUNCTIONS[name] for name in expression.variables & STEP_FUNCTIONS_FUNCTIONS.keys()}
    if "states" in expression.variables:
        bindings["states"] = states_data.binding(env.states, expression.references)
    store = env.variable_store
    for scope in (store._outer_scope, store._inner_scope):  # noqa: SLF001 - moto has no other way
        for name in expression.variables & scope.keys():
            bindings[name] = to_jsonata(scope[name])
    return bindings


def event_details(**details: Any) -> Any:  # noqa: ANN401 - moto's EventDetails
    """Details of a history event; moto's type wants all kinds of them at once."""
    return details


def query_error(env: Any, cause: str) -> FailureEventException:  # noqa: ANN401 - moto's Environment
    """The failure as Step Functions names it, recorded in the execution's history."""
    error_name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    location = env.next_field_name or ""
    details = EvaluationFailedEventDetails(error=error_name.error_name, cause=cause, location=location)
    failure = FailureEventException(
        FailureEvent(
            env=env,
            error_name=error_name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=event_details(evaluationFailedEventDetails=details),
        )
    )
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=event_details(
            evaluationFailedEventDetails=failure.get_evaluation_failed_event_details(),
        ),
    )
    return failure


def evaluate_in(env: Any, text: str, field: str | None) -> Any:  # noqa: ANN401 - moto's Environment, any JSON
    """Evaluate an expression where a state stands. Raises moto's failure, as Step Functions words it."""
    try:
        expression = compiled(text)
        return evaluate(expression, _bindings(expression, env))
    except QueryFailed as failed:
        raise query_error(
            env, f"The JSONata expression '{text}' specified for the field '{field}' {failed}"
        ) from failed


def _eval_body(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
    env.stack.append(evaluate_in(env, self.expression, env.next_field_name))


_original_string = Functions._string  # noqa: SLF001 - wrapped below


def _string(value: Any, prettify: bool) -> str:  # noqa: ANN401, FBT001 - jsonata-python's signature
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number: str = _original_string(value, prettify)
        return number
    return json_text(value, prettify)


def corrections() -> list[Correction]:
    """The corrections of this module."""
    string = staticmethod(_string)
    return [
        Correction(Functions, "_string", string, "jsonata-python escapes what is not ASCII and keeps all digits"),
        Correction(string_expression.StringJSONata, "_eval_body", _eval_body, "moto has no JSONata evaluator"),
        Correction(string_expression.StringVariableSample, "_eval_body", _eval_body, "moto has no JSONata evaluator"),
    ]
