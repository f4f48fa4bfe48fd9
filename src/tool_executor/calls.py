"""What a program asks for: one call of a tool, in the words of either of the two interfaces.

:class:`ToolCall` says ``parameters`` and ``reasoning``, :class:`ToolExecutionRequest` says ``input_data`` and
``function_name``; they mean the same, and every method takes both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tool_contract.limits import MAX_JSON_DEPTH
from tool_contract.retry import RetryPolicy
from tool_executor.from_call import FromCall


class Call(Protocol):
    """Something that the executor can run."""

    @property
    def correlation_id(self) -> str | None:
        """What ties the call to others in the history."""

    def to_json(self) -> dict[str, Any]:
        """Return the call as the contract's request has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CallOptions:
    """What both interfaces have beyond a tool and its input. What is None is left to the tool and to the stage.

    ``timeout_seconds`` (1 to 840) bounds one attempt; ``max_retries`` (0 to 10) are attempts after the first.
    ``retry`` says when they are made, as a RetryPolicy or a dict of its fields. ``idempotency_key`` makes equal calls
    one for 24 hours, over all executions. ``metadata`` (2 KB of JSON at most) comes back in the result and stands in
    the history.
    """

    timeout_seconds: float | None = None
    max_retries: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    retry: RetryPolicy | Mapping[str, Any] | None = None
    fallbacks: Sequence[Call] = ()
    call_id: str | None = None
    correlation_id: str | None = None
    idempotency_key: str | None = None
    use_cache: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.fallbacks, Iterator):  # it could be read once only
            object.__setattr__(self, "fallbacks", tuple(self.fallbacks))

    @property
    def result(self) -> FromCall:
        """What this call will answer, for the input of a later one in the same sequence: ``call.result["items"][0]``.

        Raises ValueError where the call has no ``call_id`` to be referred to by.
        """
        if self.call_id is None:
            message = "Give the call a call_id: a later call refers to its result by it."
            raise ValueError(message)
        return FromCall(self.call_id)

    def to_json(self) -> dict[str, Any]:
        """Return the call as the contract's request has it."""
        raise NotImplementedError

    def _options(self) -> dict[str, Any]:
        said = {
            "call_id": self.call_id,
            "timeout_seconds": self.timeout_seconds,
            "max_retries": self.max_retries,
            "retry": self.retry.model_dump() if isinstance(self.retry, RetryPolicy) else _plain(self.retry),
            "idempotency_key": self.idempotency_key,
            "metadata": _plain(self.metadata) or None,
            "fallbacks": [as_fallback(fallback) for fallback in self.fallbacks] or None,
            "use_cache": None if self.use_cache else False,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ToolExecutionRequest(_CallOptions):
    """A call by tool, function and input. ``function_name`` may be left out: the catalog knows it."""

    tool_name: str
    function_name: str | None = None
    input_data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the call as the contract's request has it."""
        function = {} if self.function_name is None else {"function_name": self.function_name}
        return {"tool_name": self.tool_name, **function, "input": plain_input(self.input_data), **self._options()}


@dataclass(frozen=True, slots=True)
class ToolCall(_CallOptions):
    """A call as an agent makes it: a tool, its parameters, and why."""

    tool_name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reasoning: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the call as the contract's request has it."""
        why = {} if self.reasoning is None else {"reasoning": self.reasoning}
        return {"tool_name": self.tool_name, "input": plain_input(self.parameters), **why, **self._options()}


#: What a fallback has of a call: its own tool, input and policy; all else belongs to the call.
_OF_A_FALLBACK = frozenset({"tool_name", "function_name", "input", "timeout_seconds", "max_retries", "retry"})


def as_fallback(call: Call) -> dict[str, Any]:
    """Return what a call is as another's fallback."""
    return {name: value for name, value in call.to_json().items() if name in _OF_A_FALLBACK}


@dataclass(frozen=True, slots=True)
class WithFallbacks:
    """A call with other fallbacks than its own."""

    primary: Call
    fallbacks: Sequence[Call]

    def __post_init__(self) -> None:
        if isinstance(self.fallbacks, Iterator):
            object.__setattr__(self, "fallbacks", tuple(self.fallbacks))

    @property
    def correlation_id(self) -> str | None:
        """What ties the call to others in the history."""
        return self.primary.correlation_id

    def to_json(self) -> dict[str, Any]:
        """Return the call as the contract's request has it."""
        return {**self.primary.to_json(), "fallbacks": [as_fallback(fallback) for fallback in self.fallbacks]}


#: What most values are; asking an abstract class about each takes longer.
_SCALARS = frozenset({str, int, float, bool, type(None)})


class CircularReference:
    """Stands where a value holds itself: it is no JSON, and a JSON pointer will say where."""


def plain_input(value: Any) -> Any:  # noqa: ANN401 - what a caller takes for JSON
    """Return an input with references in it as the contract writes them; elsewhere in a call there is none."""
    return _plain(value, references=True)


def _plain(value: Any, above: tuple[int, ...] = (), *, references: bool = False) -> Any:  # noqa: ANN401 - as above
    """Return a value with every mapping in it as a dict: JSON writes no other as an object."""
    if references and isinstance(value, FromCall):
        return value.to_json()
    if type(value) in _SCALARS or len(above) > MAX_JSON_DEPTH or not isinstance(value, (Mapping, list, tuple)):
        return value  # whoever writes it as JSON says what is wrong with it
    if id(value) in above:
        return CircularReference()
    here = (*above, id(value))
    if isinstance(value, Mapping):
        return {key: _plain(child, here, references=references) for key, child in value.items()}
    return [_plain(child, here, references=references) for child in value]
