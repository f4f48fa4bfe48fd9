"""References in an input: ``{"$from": "c1", "pointer": "/items/0/product_code"}`` stands for a part of c1's result.

Pure: where references stand, what they say, and what they come to in a result. What may be referred to is the matter of
:mod:`tool_contract.reference_checks`; the records are read by the runtime.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.problems import json_pointer, shortened
from tool_contract.secret import SECRET_REF
from tool_contract.secret import is_reference as is_secret_reference
from tool_contract.strict_json import MAX_SAFE_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tool_contract.problems import Problem
    from tool_contract.secret_fields import Path

FROM: Final = "$from"
POINTER: Final = "pointer"
SHAPE: Final = f'Write {{"{FROM}": "c1", "{POINTER}": "/items/0/product_code"}}.'

_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
#: An index of more digits is beyond any array that a result can hold.
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_LONGEST_POINTER: Final = 200


@dataclass(frozen=True, slots=True)
class Reference:
    """A well-formed reference: ``path`` is where it stands in the input, ``pointer`` (RFC 6901) leads into a result."""

    path: Path
    call_id: str
    pointer: str

    @property
    def place(self) -> str:
        """Where it stands, as a JSON pointer into the input."""
        return json_pointer(self.path)


class NothingThereError(LookupError):
    """A pointer leads nowhere in a value. The message is a sentence without anything of the value in it."""


def is_reference(value: object) -> bool:
    """Whether a value of JSON is a reference, or is meant to be one: the key ``$from`` is reserved in inputs."""
    return isinstance(value, dict) and FROM in value


def places_of(tool_input: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield whatever is, or is meant to be, a reference in an input, and where it stands."""
    pending: list[tuple[Path, Any]] = [((), tool_input)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            if FROM in value:
                yield path, value
            else:
                pending.extend(((*path, key), child) for key, child in reversed(value.items()))
        elif isinstance(value, list):
            pending.extend(((*path, index), child) for index, child in reversed(list(enumerate(value))))


def with_meant(problems: Sequence[Problem], tool_input: object) -> list[Problem]:
    """Return what is wrong with an input, with a hint where an object was meant to be a reference, and is misspelt."""
    return [_with_meant(problem, tool_input) for problem in problems]


def _with_meant(problem: Problem, tool_input: object) -> Problem:
    try:
        held = value_at(tool_input, problem.pointer)
    except NothingThereError:
        return problem
    others = held.keys() - {POINTER} if isinstance(held, dict) and isinstance(held.get(POINTER), str) else ()
    meant = len(others) == 1 and difflib.get_close_matches(next(iter(others))[: 2 * len(FROM)], [FROM], cutoff=0.5)
    if not meant or problem.hint is not None:
        return problem
    return problem.model_copy(update={"hint": f"Did you mean {FROM!r}? {SHAPE}"})


def references_in(tool_input: object) -> list[Reference]:
    """Return the references in a checked input, in the order in which they stand there."""
    return [Reference(path, held[FROM], held.get(POINTER, "")) for path, held in places_of(tool_input)]


def is_pointer(text: object) -> bool:
    """Whether a value is a JSON pointer as RFC 6901 has it; ``""`` is the whole result."""
    return isinstance(text, str) and _POINTER.fullmatch(text) is not None


def tokens_of(pointer: str) -> list[str]:
    """Return the keys and indexes of a JSON pointer, as text."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def index_of(token: str) -> int | None:
    """Return the index that a pointer's token is in an array, if it is one."""
    return int(token) if _INDEX.fullmatch(token) else None


def value_at(value: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON is any value
    """Return the part of a value that a pointer leads to. Raises :class:`NothingThereError`."""
    tokens = tokens_of(pointer)
    for number, token in enumerate(tokens):
        index = index_of(token)
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and index is not None and index < len(value):
            value = value[index]
        else:
            raise NothingThereError(_nothing_at(pointer, json_pointer(tokens[:number]), value))
    return value


def with_whole_numbers(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Return a value with ``1337.0`` as ``1337``, wherever it stands.

    So Step Functions passes such numbers on, and so whoever wrote the plan was shown them: it is not for them to know
    that a tool answered with a float.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value
    if isinstance(value, dict):
        return {key: with_whole_numbers(child) for key, child in value.items()}
    return [with_whole_numbers(child) for child in value] if isinstance(value, list) else value


def replaced(value: Any, values: Mapping[Path, Any], path: Path = ()) -> Any:  # noqa: ANN401 - JSON is any value
    """Return an input with ``values`` in place of what stands at their paths. What is put in is not looked into."""
    if path in values:
        return values[path]
    if isinstance(value, dict):
        return {key: replaced(child, values, (*path, key)) for key, child in value.items()}
    if isinstance(value, list):
        return [replaced(child, values, (*path, index)) for index, child in enumerate(value)]
    return value


def with_origins(problems: Sequence[Problem], references: Sequence[Reference]) -> list[Problem]:
    """Return what is wrong with an input after results were put into it, saying which of it came from where."""
    return [_with_origin(problem, references) for problem in problems]


def _with_origin(problem: Problem, references: Sequence[Reference]) -> Problem:
    for reference in references:
        if f"{problem.pointer}/".startswith(f"{reference.place}/"):
            hint = f"This came from the result of {shortened(reference.call_id)!r} at {told(reference.pointer)}."
            return problem.model_copy(update={"hint": hint})
    return problem


def asks_for_a_secret(value: object) -> bool:
    """Whether a value of JSON holds a reference to a secret: only the request may name one."""
    return any(True for _ in secrets_named_in(value))


def secrets_named_in(value: object) -> Iterator[str]:
    """Yield the name in each reference to a secret that a value of JSON holds."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if is_secret_reference(item):
                yield item[SECRET_REF]
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def names_a_secret(reference: Reference) -> bool:
    """Whether a reference stands where a secret's name does, ``{"secret_ref": {"$from": ...}}``, whatever the field."""
    return SECRET_REF in reference.path[-1:]


def told(pointer: str) -> str:
    """Return a reference's pointer as a sentence has it."""
    return repr(shortened(pointer, _LONGEST_POINTER)) if pointer else "''"


def _nothing_at(pointer: str, reached: str, value: object) -> str:
    where = f"{told(reached)} is" if reached else "it is"
    return f"has nothing at {told(pointer)}: {where} {_kind(value)}"


def _kind(value: object) -> str:
    if isinstance(value, list):
        return f"an array of {len(value):,}"
    if isinstance(value, dict):
        return "an object without that field"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"
