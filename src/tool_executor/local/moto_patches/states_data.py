"""`$states`: what an expression sees, without copying a state's whole input for each of them."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from moto.stepfunctions.parser.asl.eval import states as moto_states
from moto.stepfunctions.parser.asl.eval.states import States

from tool_executor.local.aws_json import copy_json
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.jsonata_values import to_jsonata

_PARTS = ("input", "result", "errorOutput")


def binding(states: Any, references: frozenset[str]) -> dict[str, Any]:  # noqa: ANN401 - moto's States
    """The value of `$states` for an expression that mentions `references`. Converted once per state."""
    data = states._states_data  # noqa: SLF001 - moto has no other way
    cache = vars(states).setdefault("_converted", {})
    bound = {}
    for part in _PARTS:
        if part in data and _mentioned(references, f"$states.{part}"):
            if part not in cache:
                cache[part] = to_jsonata(data[part])
            bound[part] = cache[part]
    if _mentioned(references, "$states.context"):
        bound["context"] = _context(data["context"], references)
    return bound


def _mentioned(references: frozenset[str], path: str) -> bool:
    """Whether the path, something in it, or something that holds it is mentioned."""
    return any(
        reference == path or reference.startswith(f"{path}.") or path.startswith(f"{reference}.")
        for reference in references
    )


def _context(context: Any, references: frozenset[str]) -> dict[str, Any]:  # noqa: ANN401 - moto's ContextObjectData
    bound: dict[str, Any] = {}
    for name, value in context.items():
        path = f"$states.context.{name}"
        if value is None or not _mentioned(references, path):
            continue
        fields = {field: item for field, item in value.items() if _mentioned(references, f"{path}.{field}")}
        bound[name] = {field: to_jsonata(_as_aws_writes(field, item)) for field, item in fields.items()}
    return bound


def _as_aws_writes(field: str, value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Times of the context object as AWS gives them: UTC with milliseconds and a Z."""
    if field not in {"StartTime", "EnteredTime"}:
        return value
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    utc = moment.astimezone(dt.UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _reset(self: Any, input_value: Any) -> None:  # noqa: ANN401 - a method of moto's
    share_input(self, copy_json(input_value), {})


def share_input(states: Any, value: Any, converted: dict[str, Any]) -> None:  # noqa: ANN401 - moto's States
    """Begin a state with an input that is not copied; `converted` holds its conversion, for others to use as well."""
    data = states._states_data  # noqa: SLF001 - moto has no other way
    data["input"] = value
    data.pop("result", None)
    data.pop("errorOutput", None)
    states._converted = converted  # noqa: SLF001 - our own attribute on moto's object


def _set_result(self: Any, result: Any) -> None:  # noqa: ANN401 - a method of moto's
    # After a failure moto sets the error as the result too; in AWS a Catch has no $states.result.
    if result is not vars(self).get("_error"):
        _set_part(self, "result", result)


def _set_error_output(self: Any, error_output: Any) -> None:  # noqa: ANN401 - a method of moto's
    self._error = error_output
    self._states_data.pop("result", None)
    _set_part(self, "errorOutput", error_output)


def _set_part(states: Any, part: str, value: Any) -> None:  # noqa: ANN401 - moto's States
    states._states_data[part] = copy_json(value)  # noqa: SLF001 - moto has no other way
    vars(states).setdefault("_converted", {}).pop(part, None)


class _CopyModule:
    """Stands in for the module `copy` where moto copies JSON."""

    @staticmethod
    def deepcopy(value: Any, memo: Any = None) -> Any:  # noqa: ANN401 - as copy.deepcopy
        """JSON the fast way, anything else as before."""
        if isinstance(value, (str, int, float)) or value is None:
            return value
        if type(value) in {dict, list} and memo is None:
            items = value.items() if isinstance(value, dict) else enumerate(value)
            copied = [(key, _CopyModule.deepcopy(item)) for key, item in items]
            return dict(copied) if isinstance(value, dict) else [item for _, item in copied]
        return copy.deepcopy(value, memo)


FAST_COPY = _CopyModule()


def corrections() -> list[Correction]:
    """The corrections of this module."""
    slow = "copying JSON is most of the interpreter's time on large inputs"
    return [
        Correction(States, "reset", _reset, slow),
        Correction(States, "set_result", _set_result, "AWS defines $states.result after success only"),
        Correction(States, "set_error_output", _set_error_output, slow),
        Correction(moto_states, "copy", FAST_COPY, slow),
    ]
