"""Which secrets a model may use. It knows their names alone, and only those that a program has given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.secret import SECRET_REF, Secret, is_reference
from tool_executor.arguments import problem

_NONE_GIVEN = "None was given."
_NAMES = "A model says a secret by a name: up to 10 parts of A-Z a-z 0-9 _ . -, slashes between, 200 characters."
_MEANT = "It should be a Secret, or the name of one that the stage keeps."


class SecretNotGiven(Exception):
    """An input refers to a secret that the model was not given."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def given_problems(given: object, pointer: str) -> list[Problem]:
    """Return what is wrong with the secrets that a program gives a model; no value is repeated, it may be one."""
    if not isinstance(given, Mapping):
        return [problem(pointer, "It should be a mapping of names to secrets.")]
    problems = []
    for name, meant in given.items():
        if not is_reference({SECRET_REF: name}):
            problems.append(problem(pointer, _NAMES))
        elif not isinstance(meant, Secret) and not is_reference({SECRET_REF: meant}):
            problems.append(problem(pointer + json_pointer((name,)), _MEANT))
    return problems


@dataclass(frozen=True, slots=True)
class ModelSecrets:
    """``given`` maps what the model says to what is meant: a Secret, or the name of one that the stage keeps.

    A model that was talked into it would otherwise use any secret whose name it can guess.
    """

    given: Mapping[str, Secret | str] = field(default_factory=dict)

    def put_into(self, arguments: dict[str, Any], path: tuple[str | int, ...] = ()) -> dict[str, Any]:
        """Return a tool's input with what is meant in place of each reference.

        Raises SecretNotGiven, with a pointer that begins with ``path``.
        """
        filled: dict[str, Any] = self._filled(arguments, path)
        return filled

    def _filled(self, value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON is any value
        if isinstance(value, dict):
            if is_reference(value):
                return self._meant(value[SECRET_REF], path)
            return {key: self._filled(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [self._filled(child, (*path, place)) for place, child in enumerate(value)]
        return value

    def _meant(self, name: str, path: tuple[str | int, ...]) -> Secret | dict[str, str]:
        meant = self.given.get(name)
        if meant is None:
            message = f"There is no secret named {shortened(name)!r} for you to use."
            hint = close_names(name, self.given) or _NONE_GIVEN
            pointer = json_pointer((*path, SECRET_REF))
            raise SecretNotGiven(Problem(pointer=pointer, message=message, error_code=ErrorCode.REFUSED, hint=hint))
        return meant if isinstance(meant, Secret) else {SECRET_REF: meant}
