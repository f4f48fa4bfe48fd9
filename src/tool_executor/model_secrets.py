"""Which secrets a model may use. It knows their names alone, and only those that a program has given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.secret import SECRET_REF, Secret, is_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE_GIVEN = "None was given."


class SecretNotGiven(Exception):
    """An input refers to a secret that the model was not given."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


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
