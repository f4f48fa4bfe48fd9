"""Who may call what, and how much of it: a policy for each ``caller`` of a stage. The planner holds requests to them.

Example::

    {"callers": {"report": {"allowed_tools": ["forecast_*"], "max_calls_per_minute": 60},
                 "shop": {"max_open_calls": 20, "max_calls_per_day": 5000, "max_attempts_per_day": 20000}},
     "default": {"allowed_tools": ["get_*"]}}

What nobody limits is not limited: without any policy, every caller may call every tool as often as it likes.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, problems_from, shortened
from tool_contract.request import calls_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.catalog import Catalog

#: Open executions of a caller stand in one item, which DynamoDB lets grow to 400 KB; their names have up to 320 bytes.
MAX_OPEN_CALLS: Final = 1_000
#: It is part of a state machine's name, which has 80 characters at most.
_ENTRANCE_NAME: Final = re.compile("[A-Za-z0-9_-]{1,32}")
_MAX_COUNT: Final = 1_000_000_000
_LONGEST_LIST: Final = 200

Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]
CallerName = Annotated[str, Field(min_length=1, max_length=128)]


class InvalidCallersError(ValueError):
    """Policies that cannot be used. ``problems`` names everything that is wrong, by a pointer into their JSON."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{problem.pointer}: {_sentence(problem)}" for problem in problems))

    def __reduce__(self) -> tuple[type[Self], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # and not the sentence: pickle calls what stands here


class CallerPolicy(BaseModel):
    """What one caller may do. Whatever is None is not limited.

    ``allowed_tools``: names, or patterns with ``*``, ``?`` and ``[...]``; they hold for fallbacks, too. An empty list
    allows no tool. ``max_calls_per_minute``: calls begun in any 60 s. ``max_open_calls``: calls of executions that have
    not ended, at once, 1 to 1,000. ``max_calls_per_day`` and ``max_attempts_per_day`` (the budget): of one day in UTC;
    attempts are those that the calls come to at worst, with every retry and fallback. ``entrance``: whether the caller
    gets a state machine of its own to start, by which IAM can hold it to its name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    allowed_tools: tuple[Annotated[str, Field(min_length=1, max_length=128)], ...] | None = None
    max_calls_per_minute: Count | None = None
    max_open_calls: Annotated[int, Field(ge=1, le=MAX_OPEN_CALLS)] | None = None
    max_calls_per_day: Count | None = None
    max_attempts_per_day: Count | None = None
    entrance: bool = False

    @property
    def counts(self) -> bool:
        """Whether it takes counting to hold a caller to it."""
        per_day = self.max_calls_per_day is not None or self.max_attempts_per_day is not None
        return per_day or self.max_calls_per_minute is not None or self.max_open_calls is not None

    def allows(self, tool_name: str) -> bool:
        """Whether a tool may be called. Case counts."""
        return self.allowed_tools is None or any(fnmatchcase(tool_name, pattern) for pattern in self.allowed_tools)


class CallerPolicies(BaseModel):
    """The policies of a stage.

    ``default`` holds for requests without a caller, and for callers that are not named: all of them together, so that a
    new name is no new allowance. ``require_caller`` refuses them. ``share_cache`` lets callers have each other's kept
    results; otherwise each caller has its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    callers: dict[CallerName, CallerPolicy] = {}
    default: CallerPolicy = CallerPolicy()
    require_caller: bool = False
    share_cache: bool = False

    @model_validator(mode="after")
    def _somebody_may_call(self) -> Self:
        if self.require_caller and not self.callers:
            message = "require_caller refuses everybody where no callers are named"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _entrances_can_be_named(self) -> Self:
        if self.default.entrance:
            message = "the default is of nobody in particular, and can have no entrance"
            raise ValueError(message)
        wrong = [name for name in self.entrances if not _ENTRANCE_NAME.fullmatch(name)]
        if wrong:
            message = f"a caller with an entrance is named by up to 32 of A-Z a-z 0-9 _ -, not {shortened(wrong[0])!r}"
            raise ValueError(message)
        return self

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the policies that a JSON text holds. Raises :class:`InvalidCallersError` with every problem."""
        try:
            value = strict_json.parse(text)
            return cls.model_validate_json(strict_json.dumps(value))
        except strict_json.JsonError as error:
            raise InvalidCallersError([error.problem]) from None
        except ValidationError as error:
            schema = cls.model_json_schema()
            found = problems_from(error.errors(include_url=False), value, ErrorCode.INVALID_REQUEST, schema=schema)
            raise InvalidCallersError(found) from None

    def to_json(self) -> str:
        """Return the policies as JSON: what :meth:`from_json` takes."""
        return strict_json.dumps(self.model_dump(mode="json", exclude_defaults=True))

    @property
    def entrances(self) -> tuple[str, ...]:
        """The callers that have an entrance of their own."""
        return tuple(name for name, policy in self.callers.items() if policy.entrance)

    @property
    def all(self) -> tuple[CallerPolicy, ...]:
        """Every policy, the default last."""
        return (*self.callers.values(), self.default)

    def policy_of(self, caller: str | None) -> CallerPolicy:
        """Return what holds for a caller, or for a request without one."""
        return self.default if caller is None else self.callers.get(caller, self.default)

    def unknown_tools(self, catalog: Catalog) -> list[Problem]:
        """Return a problem for each entry of ``allowed_tools`` that means no tool of the catalog."""
        named = [(("callers", caller), policy) for caller, policy in self.callers.items()]
        return [
            Problem(
                pointer=json_pointer((*path, "allowed_tools", number)),
                message=f"No tool is meant by {shortened(pattern)!r}.",
                error_code=ErrorCode.TOOL_NOT_FOUND,
                hint=close_names(pattern, catalog.by_name),
            )
            for path, policy in (*named, (("default",), self.default))
            for number, pattern in enumerate(policy.allowed_tools or ())
            if not any(fnmatchcase(name, pattern) for name in catalog.by_name)
        ]


def caller_problems(value: object, policies: CallerPolicies, catalog: Catalog) -> Iterator[Problem]:
    """Yield what a request's caller may not do, however broken the request is otherwise.

    Tools that the catalog does not have are left out: that there are none is all there is to say of them.
    """
    caller = value.get("caller") if isinstance(value, dict) else None
    if not isinstance(caller, str | None):
        return
    if policies.require_caller and caller not in policies.callers:
        yield _unknown_caller(caller)
        return
    policy = policies.policy_of(caller)
    for pointer, tool_name in _named_tools(value):
        if tool_name in catalog.by_name and not policy.allows(tool_name):
            yield _not_allowed(caller, policy, tool_name, pointer)


def _named_tools(value: object) -> Iterator[tuple[str, str]]:
    for pointer, call in calls_of(value):
        fallbacks = call.get("fallbacks")
        listed = fallbacks if isinstance(fallbacks, list) else []
        candidates = [(pointer, call), *((f"{pointer}/fallbacks/{number}", each) for number, each in enumerate(listed))]
        for place, candidate in candidates:
            tool_name = candidate.get("tool_name") if isinstance(candidate, dict) else None
            if isinstance(tool_name, str):
                yield f"{place}/tool_name", tool_name


def _unknown_caller(caller: str | None) -> Problem:
    # The names of the callers that there are would be an offer to take one of them.
    said = "The request names no caller" if caller is None else f"The caller {shortened(caller)!r} is not known here"
    return Problem(
        pointer="/caller",
        message=f"{said}, and this stage takes requests of known callers only.",
        error_code=ErrorCode.CALLER_UNKNOWN,
        hint="Give the name that the stage's policies have for you.",
    )


def _not_allowed(caller: str | None, policy: CallerPolicy, tool_name: str, pointer: str) -> Problem:
    allowed = ", ".join(policy.allowed_tools or ()) or "no tool"
    return Problem(
        pointer=pointer,
        message=f"{who(caller)} may not call the tool {tool_name!r}.",
        error_code=ErrorCode.CALLER_NOT_ALLOWED,
        hint=f"It may call {allowed}." if len(allowed) <= _LONGEST_LIST else None,
    )


def who(caller: str | None) -> str:
    """Return a caller as the subject of a sentence."""
    return "A request without a caller" if caller is None else f"The caller {shortened(caller)!r}"


def _sentence(problem: Problem) -> str:
    return f"{problem.message} {problem.hint}" if problem.hint else problem.message
