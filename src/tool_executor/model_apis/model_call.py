"""One tool call as a model made it, whichever API it came by, and the id that the executor knows it by."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem
from tool_contract.request import CALL_ID_PATTERN, IDEMPOTENCY_KEY_PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

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
    def of_text(cls, call_id: str, name: str, arguments: object) -> ModelCall:
        """Return a call whose arguments are JSON text; no text at all is an empty object."""
        if not isinstance(arguments, str):
            return cls(call_id, name, problem=_problem("The arguments of a tool are text, a JSON object."))
        try:
            return cls.of_value(call_id, name, strict_json.parse(arguments) if arguments.strip() else {})
        except strict_json.JsonError as error:
            message = f"The arguments cannot be read: {error.problem.message}"
            return cls(call_id, name, problem=_problem(message, error.problem.pointer))

    @classmethod
    def of_value(cls, call_id: str, name: str, arguments: object) -> ModelCall:
        """Return a call whose arguments are values already."""
        if isinstance(arguments, dict):
            # Looked at first: what comes after walks through them, and they may be deeper than that can go.
            wrong = strict_json.problem_in(arguments)
            if wrong is not None:
                return cls(
                    call_id, name, problem=_problem(f"The arguments cannot be used: {wrong.message}", wrong.pointer)
                )
            return cls(call_id, name, arguments)
        return cls(call_id, name, problem=_problem("The arguments of a tool are a JSON object."))

    @classmethod
    def cut_off(cls, call_id: str, name: str) -> ModelCall:
        """Return a call that the model did not end: what there is of it must not be run."""
        return cls(call_id, name, problem=_problem("The call was cut off before its end."))


def call_ids(calls: Sequence[ModelCall]) -> list[str]:
    """Return a ``call_id`` of the contract for each call: the provider's own where it is one and not taken yet."""
    own = {call.id for call in calls if _CALL_ID.match(call.id)}
    given: list[str] = []
    taken: set[str] = set()
    for position, call in enumerate(calls):
        fits = call.id in own and call.id not in taken
        given.append(call.id if fits else _made_id(position, call.id, own | taken))
        taken.add(given[-1])
    return given


def idempotency_keys(conversation: str, calls: Sequence[ModelCall]) -> list[str | None]:
    """Return the key by which each call of a turn is run once: None where the provider's id is empty.

    A call without an id cannot be told from another one. An id that comes twice in a turn is two calls.
    """
    seen: Counter[str] = Counter()
    keys: list[str | None] = []
    for call in calls:
        keys.append(_key(conversation, call.id, seen[call.id]) if call.id else None)
        seen[call.id] += 1
    return keys


def _key(conversation: str, call_id: str, repeat: int) -> str:
    """Return a key that no other conversation, id or repeat comes to.

    Slashes within the parts are escaped, so that one between them is one between them; a digest has none.
    """
    parts = [conversation, call_id, *([str(repeat)] if repeat else [])]
    key = "/".join(quote(part, safe=":", errors="surrogatepass") for part in parts)
    return key if _IDEMPOTENCY_KEY.match(key) else hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _made_id(position: int, provider_id: str, taken: AbstractSet[str]) -> str:
    made = first = f"call-{position}-{_digest(provider_id)}"
    for number in count(1):
        if made not in taken:
            break
        made = f"{first}-{number}"  # a provider may have made the same one up
    return made


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:_DIGEST_CHARACTERS]


def _problem(message: str, pointer: str = "") -> Problem:
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_INPUT)
