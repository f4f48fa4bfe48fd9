"""One tool call as a model made it, whichever API it came by, and the id that the executor knows it by."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem
from tool_contract.request import CALL_ID_PATTERN, IDEMPOTENCY_KEY_PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

_CALL_ID: Final = re.compile(CALL_ID_PATTERN.removesuffix("$") + r"\Z")
_IDEMPOTENCY_KEY: Final = re.compile(IDEMPOTENCY_KEY_PATTERN.removesuffix("$") + r"\Z")
_DIGEST_CHARACTERS: Final = 24


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A tool call of a model. ``id`` is the provider's; ``problem`` says why the call cannot even be read."""

    id: str
    name: str
    arguments: Any = None
    problem: Problem | None = None

    @classmethod
    def of_text(cls, call_id: str, name: str, arguments: str) -> ModelCall:
        """Return a call whose arguments are JSON text; no text at all is an empty object."""
        try:
            return cls.of_value(call_id, name, strict_json.parse(arguments) if arguments.strip() else {})
        except strict_json.JsonError as error:
            message = f"The arguments cannot be read: {error.problem.message}"
            return cls(call_id, name, problem=_problem(message, error.problem.pointer))

    @classmethod
    def of_value(cls, call_id: str, name: str, arguments: object) -> ModelCall:
        """Return a call whose arguments are values already."""
        if isinstance(arguments, dict):
            return cls(call_id, name, arguments)
        return cls(call_id, name, problem=_problem("The arguments of a tool are a JSON object."))

    @classmethod
    def cut_off(cls, call_id: str, name: str) -> ModelCall:
        """Return a call that the model did not end: what there is of it must not be run."""
        return cls(call_id, name, problem=_problem("The call was cut off before its end."))


def call_ids(calls: Sequence[ModelCall]) -> list[str]:
    """Return a ``call_id`` of the contract for each call: the provider's own where it is one and not taken yet."""
    given: list[str] = []
    for position, call in enumerate(calls):
        fits = _CALL_ID.match(call.id) is not None and call.id not in given
        given.append(call.id if fits else f"call-{position}-{_digest(call.id)}")
    return given


def idempotency_key(conversation: str, call: ModelCall) -> str:
    """Return the key by which the same call of the same conversation is run once."""
    key = f"{conversation}/{call.id}"
    return key if _IDEMPOTENCY_KEY.match(key) else _digest(key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:_DIGEST_CHARACTERS]


def _problem(message: str, pointer: str = "") -> Problem:
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_INPUT)
