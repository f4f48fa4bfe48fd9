"""A tool made from a typed function: schemas from its types, description from its docstring."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from tool_contract import strict_json
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.input_schema import InputSchema
from tool_contract.limits import MAX_RESULT_DEPTH
from tool_contract.problems import Problem, problems_from
from tool_contract.secret_fields import takes_secrets
from tool_contract.tool_spec import ToolAnnotations, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.retry import RetryPolicy


class ToolDefinitionError(TypeError):
    """A function cannot be a tool; the message says what to write."""


class BadToolResponse(ToolError):
    """The tool returned something other than it declares."""

    code = ErrorCode.BAD_TOOL_RESPONSE


class NonFiniteResult(ToolError):
    """The tool's result holds a number that is not finite."""

    code = ErrorCode.NON_FINITE_RESULT


@dataclass(frozen=True, slots=True)
class Tool:
    """A function with everything that is needed to run it by name with an input that came as JSON."""

    spec: ToolSpec
    function: Callable[..., Any]
    is_async: bool
    _schema: InputSchema
    _arguments: type[BaseModel]
    _result: TypeAdapter[Any]

    def arguments(self, value: object) -> dict[str, Any] | list[Problem]:
        """Return the function's arguments for an input, or everything that is wrong with the input."""
        problems = self._schema.problems(value)
        if problems:
            return problems
        try:
            # After the catalog's schema only what no schema can say is left: validators written in Python.
            arguments = self._arguments.model_validate_json(strict_json.dumps(value), strict=True)
        except ValidationError as error:
            return problems_from(error.errors(include_url=False), value)
        return {name: getattr(arguments, name) for name in self._arguments.model_fields}

    def result_json(self, result: object) -> str:
        """Return a result as JSON text. Raises :class:`BadToolResponse` or :class:`NonFiniteResult`."""
        try:
            checked = self._result.validate_python(result)
            plain = self._result.dump_python(checked, mode="json", warnings="error")
        except (ValidationError, ValueError) as error:
            message = f"The tool {self.spec.name!r} did not return what it declares."
            raise BadToolResponse(message) from error
        # Where a type is Any, pydantic writes null for NaN: look at the Python value too.
        problem = strict_json.non_finite_in(self._result.dump_python(checked)) or strict_json.problem_in(
            plain, MAX_RESULT_DEPTH
        )
        if problem is not None:
            message = (
                f"The result of {self.spec.name!r} is not usable JSON at {problem.pointer or '/'}: {problem.message}"
            )
            raise NonFiniteResult(message)
        return strict_json.dumps(plain)


def make_tool(
    function: Callable[..., Any],
    *,
    group: str,
    annotations: ToolAnnotations,
    timeout_seconds: float | None = None,
    max_retries: int | None = None,
    retry: RetryPolicy | None = None,
    cache_ttl_seconds: int | None = None,
) -> Tool:
    """Return the tool that ``function`` is. Raises :class:`ToolDefinitionError`."""
    name = function.__name__
    if cache_ttl_seconds is not None and not annotations.read_only:
        message = f"{name}: only a tool that is marked read_only may have its results cached."
        raise ToolDefinitionError(message)
    arguments, result = _arguments_model(function), TypeAdapter(_hints(function)["return"])
    input_schema = arguments.model_json_schema()
    if cache_ttl_seconds is not None and takes_secrets(input_schema):
        message = f"{name}: a tool that takes a secret cannot have its results cached: one name may hold two values."
        raise ToolDefinitionError(message)
    spec = ToolSpec(
        name=name,
        group=group,
        description=_description(function),
        input_schema=_without_titles(input_schema),
        output_schema=_without_titles(result.json_schema(mode="serialization")),
        annotations=annotations,
        timeout_seconds=timeout_seconds,
        max_retries=max_retries,
        retry=retry,
        cache_ttl_seconds=cache_ttl_seconds,
    )
    is_async = inspect.iscoroutinefunction(function)
    return Tool(spec, function, is_async, InputSchema(spec.input_schema), arguments, result)


def _arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    hints = _hints(function)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            message = f"{function.__name__}: {parameter} cannot be given by name; a tool's input is a JSON object."
            raise ToolDefinitionError(message)
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
    return create_model(f"{function.__name__}_input", __config__=config, **fields)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    for name in (*inspect.signature(function).parameters, "return"):
        if name not in hints:
            message = f"{function.__name__}: annotate {name!r}; the tool's schemas come from its types."
            raise ToolDefinitionError(message)
    return hints


def _description(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function)
    if not text:
        message = f"{function.__name__}: write a docstring; it is the description that a model chooses the tool by."
        raise ToolDefinitionError(message)
    return text


def _without_titles(schema: Any) -> Any:  # noqa: ANN401 - a JSON Schema is any value
    """Drop the titles that pydantic makes from names: they cost a model tokens and say nothing."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(child) for name, child in value.items()}
        if key in {"properties", "$defs"}
        else _without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
